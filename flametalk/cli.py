"""The command line: thin commands over the library. Heavy imports wait until a command needs them."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import FlametalkError, InputError
from .version import __version__

VIEWS = "front, three-quarter, profile, back, above, below; default: %(default)s"
MODES = "shaded, depth, normals, wire, mask, uv; default: %(default)s"
LOOKS = "skin, clay, porcelain, light, medium, tan, brown, deep; default: %(default)s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Our own errors become one line and an exit code, never a traceback."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        return 0
    except FlametalkError as error:
        print(f"flametalk: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("flametalk: stopped; no half-written file was left", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flametalk",
        description="Speech and one photo become a talking 3D head in FLAME parameters.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"flametalk {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_animate, _add_demo, _add_render, _add_compare, _add_info, _add_convert, _add_assets):
        add(commands)
    return parser


def _command(commands, name, run, text, example):
    parser = commands.add_parser(
        name,
        help=text[0].lower() + text[1:],
        description=text,
        epilog=f"example: {example}",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def _add_picture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--view", default="three-quarter", metavar="NAME", help=VIEWS)
    parser.add_argument("--mode", default="shaded", metavar="NAME", help=MODES)
    parser.add_argument("--look", default="skin", metavar="NAME", help=LOOKS)
    parser.add_argument("--size", type=_size, default=(512, 512), metavar="N|WxH", help="default: 512")
    parser.add_argument("--head", metavar="NAME|FILE", help="default: the head the clip was made for")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _size(text: str) -> tuple[int, int]:
    try:
        numbers = [int(part) for part in text.lower().split("x")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(16 <= n <= 8192 for n in numbers):
        raise argparse.ArgumentTypeError(f"'{text}' is no size: say 512 or 1280x720, 16 to 8192 a side")
    return numbers[0], numbers[-1]


# --- animate --------------------------------------------------------------------------------------


def _add_animate(commands) -> None:
    parser = _command(
        commands,
        "animate",
        _animate,
        "Make a talking head of a speech file.",
        "flametalk animate speech.wav -o talk.mp4",
    )
    parser.add_argument("speech", metavar="SPEECH", help="any audio or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="x.mp4 or x.npz")
    parser.add_argument("--text", metavar="TRANSCRIPT", help="what is said, in English: sharpens the lips")
    parser.add_argument("--seed", type=int, default=0, help="head, brows, blinks; default: %(default)s")
    parser.add_argument(
        "--emotion", metavar="NAME", help="happy, sad, angry, fear, disgust, surprise, contempt"
    )
    parser.add_argument("--intensity", type=float, default=1.0, metavar="X", help="0 to 1.5; default: 1")
    parser.add_argument("--shape", metavar="CLIP", help="a clip whose identity speaks")
    _add_picture_options(parser)


def _animate(options: argparse.Namespace) -> None:
    import time

    from .api import animate
    from .film import PICTURES, VIDEOS

    ending = options.output.suffix.lower()
    clips = (".npz", ".safetensors")
    if ending not in (*VIDEOS, *PICTURES, *clips):
        raise InputError(
            f"'{options.output.name}' has no known ending: say x.mp4 for a video, x.npz for a clip"
        )
    clip = animate(
        options.speech,
        text=options.text,
        seed=options.seed,
        emotion=options.emotion,
        intensity=options.intensity,
        shape=options.shape,
    )
    begin = time.perf_counter()
    if ending in clips:
        clip.save(options.output)
    else:
        clip.render(
            options.output,
            view=options.view,
            mode=options.mode,
            look=options.look,
            size=options.size,
            progress=not options.quiet,
        )
    story = clip.provenance
    took = story["seconds"] | {"writing": time.perf_counter() - begin}
    print(f"speech     {options.speech}: {clip.duration:.1f} s, {clip.n_frames} frames")
    for part, what in story["features"].items():
        print(f"{part:<10} {what}")
    print(f"generator  {story['generator']}, no learned weights, seed {story['seed']}")
    print("took       " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in took.items()))
    print(f"wrote      {options.output}")


# --- demo -----------------------------------------------------------------------------------------


def _add_demo(commands) -> None:
    parser = _command(commands, "demo", _demo, "Make the demo reel.", "flametalk demo -o out")
    parser.add_argument("-o", "--output", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    parser.add_argument("--seed", type=int, default=7, help="which people appear; default: %(default)s")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _demo(options: argparse.Namespace) -> None:
    from .film import picture_strip
    from .head import Head
    from .reel import make_reel

    head = Head.load()
    clip = make_reel(head, options.seed)
    folder = options.output
    clip.save(folder / "demo.npz")
    clip.render(folder / "demo.mp4", head=head, view="front", progress=not options.quiet)
    picture_strip(clip, folder / "demo.png", head=head)
    print(f"head    {head.name}: {head.n_vertices:,} vertices, made by scripts/build_head")
    print("motion  hand-written score, formant voice (no speech model ran)")
    for name, what in (
        ("demo.mp4", f"{clip.duration:.0f} s of video with sound"),
        ("demo.npz", f"its {clip.n_frames} frames of FLAME-style parameters"),
        ("demo.png", "a picture strip"),
    ):
        print(f"wrote   {folder / name}: {what}")


# --- render, compare --------------------------------------------------------------------------------


def _add_render(commands) -> None:
    parser = _command(
        commands,
        "render",
        _render,
        "Make a video, a picture, or numbered pictures of a clip.",
        "flametalk render clip.npz -o out.mp4 --view three-quarter --mode shaded",
    )
    parser.add_argument("clip", metavar="CLIP", help="any clip file or folder")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="x.mp4, x.png, or frames/*.png for every frame"
    )
    parser.add_argument("--layout", metavar="NAME", help="of the clip, where the file does not tell")
    parser.add_argument("--at", type=float, default=0.0, metavar="SECONDS", help="which frame becomes x.png")
    _add_picture_options(parser)


def _render(options: argparse.Namespace) -> None:
    from .clip import Clip
    from .head import Head

    clip = Clip.load(options.clip, options.layout)
    clip.render(
        options.output,
        head=None if options.head is None else Head.load(options.head),
        view=options.view,
        mode=options.mode,
        look=options.look,
        size=options.size,
        at=options.at,
        progress=not options.quiet,
    )
    print(f"wrote {options.output}")


def _add_compare(commands) -> None:
    parser = _command(
        commands,
        "compare",
        _compare,
        "Put several clips side by side in one labelled video.",
        "flametalk compare truth.npz ours.npz -o side_by_side.mp4",
    )
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="x.mp4, with the first sound")
    parser.add_argument("--labels", metavar="A,B,…", help="default: the file names")
    _add_picture_options(parser)


def _compare(options: argparse.Namespace) -> None:
    from .clip import Clip
    from .film import compare
    from .head import Head

    clips = [Clip.load(path) for path in options.clips]
    labels = options.labels.split(",") if options.labels else [Path(path).stem for path in options.clips]
    if len(labels) != len(clips):
        raise InputError(f"{len(labels)} labels for {len(clips)} clips")
    compare(
        list(zip(labels, clips, strict=True)),
        options.output,
        head=None if options.head is None else Head.load(options.head),
        view=options.view,
        mode=options.mode,
        look=options.look,
        size=options.size,
        progress=not options.quiet,
    )
    print(f"wrote {options.output}")


# --- info, convert ------------------------------------------------------------------------------------


def _add_info(commands) -> None:
    parser = _command(
        commands, "info", _info, "Say what a clip, head or export holds.", "flametalk info demo.npz"
    )
    parser.add_argument("files", nargs="+", metavar="FILE")


def _info(options: argparse.Namespace) -> None:
    from .describe import describe

    for path in options.files:
        print("\n".join(describe(path)))


def _add_convert(commands) -> None:
    parser = _command(
        commands,
        "convert",
        _convert,
        "Read a clip in one layout and write it in another.",
        "flametalk convert clip.npz -o coefficients.npz --to diffposetalk",
    )
    parser.add_argument("clip", metavar="CLIP")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument("--layout", metavar="NAME", help="of the input, where the file does not tell")
    parser.add_argument("--to", metavar="NAME", help="layout to write; default: by the ending of the file")
    parser.add_argument("--lossy", action="store_true", help="leave out what the layout cannot hold")


def _convert(options: argparse.Namespace) -> None:
    from .formats import read_clip, write_clip

    write_clip(read_clip(options.clip, options.layout), options.output, options.to, lossy=options.lossy)
    print(f"wrote {options.output}")


# --- assets -------------------------------------------------------------------------------------------

KINDS = {
    "flame": "a FLAME model: generic_model.pkl, FLAME2020.zip, FLAME2023Open.zip …",
    "masks": "FLAME_masks.pkl: named regions",
    "landmarks": "landmark_embedding.npy and its kin, mediapipe_landmark_embedding.npz",
    "uv": "head_template.obj: texture coordinates",
}


def _add_assets(commands) -> None:
    parser = _command(
        commands,
        "assets",
        _assets,
        "Add, list and remove your own model files.",
        "flametalk assets add flame FLAME2020.zip",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    kinds = "\n".join(f"  {kind:<10} {what}" for kind, what in KINDS.items())
    add = actions.add_parser(
        "add",
        help="check a file, convert it, keep it",
        description=f"Kinds of file:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    add.add_argument("file", metavar="FILE")
    add.add_argument("--name", help="flame: name for a file that is not recognised; others: which head")
    add.add_argument("--member", help="flame: which file of an archive, such as female_model.pkl")
    actions.add_parser("list", help="what can be loaded by name", allow_abbrev=False)
    remove = actions.add_parser("remove", help="delete an added head", allow_abbrev=False)
    remove.add_argument("name")


def _assets(options: argparse.Namespace) -> None:
    from .head import assets

    if options.action == "list":
        print("\n".join(str(asset) for asset in assets.list_assets()))
    elif options.action == "remove":
        print(f"removed {assets.remove_asset(options.name)}")
    elif options.kind == "flame":
        print(assets.add_flame(options.file, options.name, options.member))
    elif options.member:
        raise InputError("--member goes with flame archives only")
    else:
        attach = {"masks": assets.add_masks, "landmarks": assets.add_landmarks, "uv": assets.add_uv}
        print("\n".join(str(asset) for asset in attach[options.kind](options.file, options.name)))
