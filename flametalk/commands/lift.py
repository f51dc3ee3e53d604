"""`flametalk lift`: a photo or a video becomes a clip."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .options import add_command

if TYPE_CHECKING:
    from ..head import Head
    from ..lift.result import Lifted

CLIPS = (".npz", ".safetensors")


def add(commands) -> None:
    parser = add_command(
        commands,
        "lift",
        run,
        "Read a face from a photo or a video (extra 'lift').",
        "flametalk lift talk.mp4 -o me.npz --overlay check.mp4",
    )
    parser.add_argument("source", type=Path, metavar="FILE", help="a photo or a video with a face")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="x.npz or x.safetensors"
    )
    parser.add_argument(
        "--overlay", type=Path, metavar="FILE", help="also draw the head over it: x.png for a photo, x.mp4"
    )
    parser.add_argument("--face", type=int, metavar="N", help="from the left, from 0; default: the largest")
    parser.add_argument("--fps", type=float, default=25.0, help="of a video's clip; default: 25")
    parser.add_argument("--weak", action="store_true", help="a weak-perspective camera")
    parser.add_argument("--head", metavar="NAME|FILE", help="default: the built-in head")
    parser.add_argument(
        "--encoder",
        metavar="NAME|FILE",
        help="read by this network instead of fitting landmarks: EMOCA or DECA (a folder, or a name that "
        "`flametalk assets add emoca` gave), or what `flametalk train encoder` wrote",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    from ..lift.overlay import write_overlay

    if options.output.suffix.lower() not in CLIPS:
        raise InputError(f"'{options.output.name}': a clip ends in {' or '.join(CLIPS)}")
    lifted, head = _fitted(options) if options.encoder is None else _encoded(options)
    lifted.clip.save(options.output)
    if options.overlay is not None:
        write_overlay(lifted, options.source, options.overlay, head)
    clip, missing = lifted.clip, int((~lifted.found).sum())
    frames = f"{clip.n_frames} frames at {clip.fps:g} a second"
    print(f"source     {options.source}: {frames}, {missing} without face")
    print(f"head       {clip.made_for}, {clip.provenance['lifted']}, {clip.provenance['tracker']}")
    print(f"error      {_error(lifted)}")
    away = int(lifted.turned_away.sum())
    if away:
        print(f"careful    {away} of {clip.n_frames}: turned away by 45° or more; the far side is a guess")
    took = lifted.seconds
    rate = clip.n_frames / max(sum(took.values()), 1e-9)
    print(f"took       {', '.join(f'{k} {v:.1f} s' for k, v in took.items())}: {rate:.1f} frames a second")
    wrote = [options.output, *([options.overlay] if options.overlay else [])]
    print(f"wrote      {', '.join(str(path) for path in wrote)}")


def _fitted(options: argparse.Namespace) -> "tuple[Lifted, Head]":
    from ..head import Head
    from ..lift.sources import lift_file

    head = Head.load(options.head)
    with _bar(options) as bar:
        lifted = lift_file(
            options.source,
            head,
            options.face,
            options.fps,
            not options.weak,
            progress=lambda done: bool(bar.update(done - bar.n)),
        )
    return lifted, head


def _encoded(options: argparse.Namespace) -> "tuple[Lifted, Head | None]":
    from ..head import Head
    from ..head.store import BUILTIN, added_heads
    from ..lift.neural import load_emoca
    from ..lift.neural.lifted import lift_encoded

    if options.weak:
        raise InputError("--weak is about fitting; an encoder has a weak-perspective camera in any case")
    model = load_emoca(options.encoder)
    here = model.made_for in added_heads() or model.made_for.startswith(BUILTIN)
    if options.overlay is not None and not here and options.head is None:
        raise InputError(
            f"the encoder reads {model.made_for}, which is not here to be drawn: "
            "leave --overlay out, or add the head with `flametalk assets add flame FILE`"
        )
    head = Head.load(options.head or model.made_for) if here or options.head else None
    with _bar(options) as bar:
        lifted = lift_encoded(
            options.source,
            model,
            head,
            options.face,
            options.fps,
            progress=lambda done: bool(bar.update(done - bar.n)),
        )
    return lifted, head


def _bar(options: argparse.Namespace):
    from tqdm import tqdm

    return tqdm(desc="looking", unit="frame", delay=2.0, disable=options.quiet)


def _error(lifted: "Lifted") -> str:
    import numpy as np

    if np.isnan(lifted.error).all():
        return f"not known: it takes {lifted.clip.made_for} with its MediaPipe landmarks to tell"
    return f"{lifted.error_pixels:.2f} pixels, {lifted.error_of_eyes:.1%} of the distance of the eyes"
