"""`flametalk export`: a clip as a file for games, editors and other programs."""

import argparse
from pathlib import Path

from .options import add_clip, add_command, add_head, add_layout, add_look, chosen_head


def add(commands) -> None:
    from ..export import FORMATS

    parser = add_command(
        commands,
        "export",
        run,
        "Write a clip for games, editors and other programs; the ending chooses the format.",
        "flametalk export clip.npz -o head.glb",
    )
    add_clip(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=f"head.glb, frames/*.obj …; endings: {' '.join(FORMATS)}",
    )
    add_layout(parser)
    add_head(parser)
    parser.add_argument(
        "--blendshapes",
        default="expression",
        metavar="NAME",
        help="expression (the head's own, exact) or arkit (52, solved); default: %(default)s",
    )
    parser.add_argument(
        "--preset",
        default="blender",
        metavar="NAME",
        help="units and axes where a format leaves them open: blender, unity, unreal; default: %(default)s",
    )
    parser.add_argument("--fps", type=float, metavar="N", help="resample the motion first")
    parser.add_argument(
        "--identity",
        default="exact",
        metavar="NAME",
        help="of a clip whose shape varies: exact (extra targets) or mean; default: %(default)s",
    )
    parser.add_argument(
        "--detail",
        action="store_true",
        help="the fine mesh with wrinkles: .obj, .ply, .stl, .abc, .pc2, .fbx with --point-cache",
    )
    parser.add_argument(
        "--point-cache", action="store_true", help="fbx: a .pc2 beside it moves the mesh, not skin and shapes"
    )
    add_look(parser)
    parser.add_argument("--texture-size", type=int, default=2048, metavar="N", help="default: %(default)s")


def run(options: argparse.Namespace) -> None:
    import time

    from ..clip import Clip
    from ..export import export, format_of

    about = format_of(options.output).about
    clip = Clip.load(options.clip, options.layout)
    begin = time.perf_counter()
    export(
        clip,
        options.output,
        chosen_head(options),
        blendshapes=options.blendshapes,
        preset=options.preset,
        fps=options.fps,
        identity=options.identity,
        detail=options.detail,
        point_cache=options.point_cache,
        look=options.look,
        texture_size=options.texture_size,
    )
    print(f"wrote {options.output} in {time.perf_counter() - begin:.2f} s: {about}")
