"""`flametalk lift`: a photo or a video becomes a clip."""

import argparse
from pathlib import Path

from ..errors import InputError
from .options import add_command

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
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ..head import Head
    from ..lift.overlay import write_overlay
    from ..lift.sources import lift_file

    if options.output.suffix.lower() not in CLIPS:
        raise InputError(f"'{options.output.name}': a clip ends in {' or '.join(CLIPS)}")
    head = Head.load(options.head)
    with tqdm(desc="looking", unit="frame", delay=2.0, disable=options.quiet) as bar:
        lifted = lift_file(
            options.source,
            head,
            options.face,
            options.fps,
            not options.weak,
            progress=lambda done: bool(bar.update(done - bar.n)),
        )
    lifted.clip.save(options.output)
    if options.overlay is not None:
        write_overlay(lifted, options.source, options.overlay, head)
    clip, missing = lifted.clip, int((~lifted.found).sum())
    frames = f"{clip.n_frames} frames at {clip.fps:g} a second"
    print(f"source     {options.source}: {frames}, {missing} without face")
    print(f"head       {head.name}, landmark fitting, {clip.provenance['tracker']}")
    print(
        f"error      {lifted.error_pixels:.2f} pixels, {lifted.error_of_eyes:.1%} of the distance of the eyes"
    )
    took = lifted.seconds
    rate = clip.n_frames / max(sum(took.values()), 1e-9)
    print(f"took       {', '.join(f'{k} {v:.1f} s' for k, v in took.items())}: {rate:.1f} frames a second")
    wrote = [options.output, *([options.overlay] if options.overlay else [])]
    print(f"wrote      {', '.join(str(path) for path in wrote)}")
