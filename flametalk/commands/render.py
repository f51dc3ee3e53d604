"""`flametalk render`: a video or pictures of a clip."""

import argparse

from .options import add_clip, add_command, add_layout, add_picture_options, picture_options


def add(commands) -> None:
    parser = add_command(
        commands,
        "render",
        run,
        "Make a video, a picture, or numbered pictures of a clip.",
        "flametalk render clip.npz -o out.mp4 --view three-quarter --mode shaded",
    )
    add_clip(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="x.mp4, x.png, or frames/*.png for every frame"
    )
    add_layout(parser)
    parser.add_argument("--at", type=float, default=0.0, metavar="SECONDS", help="which frame becomes x.png")
    parser.add_argument(
        "--detail", action="store_true", help="wrinkles on a finer mesh (heads with a detail basis)"
    )
    parser.add_argument(
        "--backend",
        default="cpu",
        metavar="NAME",
        help="who draws: cpu, gl, pyrender, pytorch3d, blender (docs/rendering.md); default: %(default)s",
    )
    add_picture_options(parser)


def run(options: argparse.Namespace) -> None:
    from ..clip import Clip

    clip = Clip.load(options.clip, options.layout)
    clip.render(
        options.output,
        at=options.at,
        detail=options.detail,
        backend=options.backend,
        **picture_options(options),
    )
    print(f"wrote {options.output}")
