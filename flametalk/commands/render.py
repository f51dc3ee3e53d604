"""`flametalk render`: a video or pictures of a clip."""

import argparse

from .options import add_command, add_picture_options


def add(commands) -> None:
    parser = add_command(
        commands,
        "render",
        run,
        "Make a video, a picture, or numbered pictures of a clip.",
        "flametalk render clip.npz -o out.mp4 --view three-quarter --mode shaded",
    )
    parser.add_argument("clip", metavar="CLIP", help="any clip file or folder")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="x.mp4, x.png, or frames/*.png for every frame"
    )
    parser.add_argument("--layout", metavar="NAME", help="of the clip, where the file does not tell")
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
    from ..head import Head

    clip = Clip.load(options.clip, options.layout)
    clip.render(
        options.output,
        head=None if options.head is None else Head.load(options.head),
        view=options.view,
        mode=options.mode,
        look=options.look,
        size=options.size,
        at=options.at,
        detail=options.detail,
        backend=options.backend,
        progress=not options.quiet,
    )
    print(f"wrote {options.output}")
