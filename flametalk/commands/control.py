"""`flametalk control`: emotion, pose and finer controls on a finished clip."""

import argparse
from pathlib import Path

from ..errors import InputError
from .options import add_clip, add_command, add_layout, add_picture_options, picture_options

EMOTIONS = "angry, contempt, disgust, fear, happy, sad, surprise, neutral, or auto: what the voice tells"
CAMERA = (
    "of a video: orbit, orbit zoom, beat bounce, energetic talk, parallax, hero push, whip pan, hand-held"
)


def add(commands) -> None:
    parser = add_command(
        commands,
        "control",
        run,
        "Change how a finished clip feels and moves.",
        "flametalk control clip.npz -o out.npz --emotion happy --pose 'calm, nods on the key words'",
    )
    add_clip(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="x.npz or x.mp4")
    add_layout(parser)
    add_control_options(parser)
    add_picture_options(parser)


def add_control_options(parser: argparse.ArgumentParser) -> None:
    """The options that `animate` shares."""
    parser.add_argument("--emotion", metavar="NAME", help=EMOTIONS)
    parser.add_argument("--intensity", type=float, default=1.0, metavar="X", help="0 to 1.5; default: 1")
    parser.add_argument(
        "--emotion-track",
        metavar="KEYS",
        help="seconds:name[:intensity], …; such as '0:neutral, 2.5:happy:0.8'",
    )
    parser.add_argument(
        "--pose", metavar="WORDS|FILE", help="'energetic presentation', audio, or script.json"
    )
    parser.add_argument(
        "--pose-by", default="phrases", metavar="WHO", help="phrases (offline), endpoint[:URL], local:FOLDER"
    )
    parser.add_argument(
        "--pose-fallback", action="store_true", help="where a language model fails, phrases step in"
    )
    parser.add_argument("--pose-mode", default="add", metavar="NAME", help="add (default) or replace")
    parser.add_argument("--controls", metavar="FILE", help="a JSON list of further controls, in their order")
    parser.add_argument("--camera", metavar="MOVE", help=CAMERA)


def wishes(options: argparse.Namespace) -> dict:
    """What the options ask of `control.apply.apply_controls` and of `animate`."""
    from ..control.compose import load_controls

    if options.emotion is not None and options.emotion_track is not None:
        raise InputError("give --emotion or --emotion-track, not both")
    track = None if options.emotion_track is None else read_track(options.emotion_track)
    return {
        "emotion": options.emotion if track is None else track,
        "intensity": options.intensity,
        "pose": options.pose,
        "pose_by": options.pose_by,
        "pose_mode": options.pose_mode,
        "pose_fallback": options.pose_fallback,
        "controls": load_controls(options.controls) if options.controls else [],
    }


def read_track(text: str) -> list[tuple]:
    """Keyframes of '0:neutral, 2.5:happy:0.8'."""
    keys: list[tuple] = []
    for part in text.split(","):
        pieces = [piece.strip() for piece in part.split(":")]
        try:
            if len(pieces) not in (2, 3):
                raise ValueError
            keys.append((float(pieces[0]), pieces[1], *map(float, pieces[2:])))
        except ValueError:
            raise InputError(
                f"'{part.strip()}' is no keyframe: say seconds:name or seconds:name:intensity"
            ) from None
    return keys


def run(options: argparse.Namespace) -> None:
    from ..clip import Clip
    from ..control.apply import apply_controls
    from ..film import PICTURES, VIDEOS
    from ..render.moves import check_move

    ending = options.output.suffix.lower()
    if ending not in (".npz", ".safetensors", *VIDEOS, *PICTURES):
        raise InputError(
            f"'{options.output.name}' has no known ending: say x.npz for a clip, x.mp4 for a video"
        )
    wanted = wishes(options)
    if options.camera is not None:
        check_move(options.camera)
    elif wanted["emotion"] is None and wanted["pose"] is None and not wanted["controls"]:
        raise InputError("nothing to change: give --emotion, --emotion-track, --pose, --controls or --camera")
    before = Clip.load(options.clip, options.layout)
    clip = apply_controls(before, **wanted)
    if options.camera is not None:
        clip = clip.replace(provenance={**clip.provenance, "camera": options.camera})
    if ending in (*VIDEOS, *PICTURES):
        clip.render(options.output, **picture_options(options))
    else:
        clip.save(options.output)
    if options.camera is not None:
        print(f"camera     {options.camera}")
    for line in story(clip, len(before.provenance.get("controls", []))):
        print(line)
    print(f"wrote      {options.output}")


def story(clip, first: int = 0) -> list[str]:
    """What was applied, a line each."""
    lines = []
    for control in clip.provenance.get("controls", [])[first:]:
        settings = ", ".join(f"{key} {value}" for key, value in control.items() if key != "control")
        lines.append(f"{control['control']:<10} {settings[:160]}")
    if lines and (pose := clip.provenance.get("pose")) and any(line.startswith("pose") for line in lines):
        lines.append(f"pose by    {pose['by']}")
        if pose.get("not_understood"):
            lines.append(f"passed over {', '.join(pose['not_understood'])}")
    return lines
