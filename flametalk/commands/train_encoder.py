"""`flametalk train encoder`: an encoder that reads faces off pictures, from renders of the built-in head."""

import argparse
from pathlib import Path

from .options import add_command

NAME = "train-encoder"  # what argparse knows it by; people write it as two words
CHANGED = ("steps", "batch", "peak", "seed")


def add(commands) -> None:
    parser = add_command(
        commands,
        NAME,
        run,
        "Train an encoder that reads identity, expression and pose off a picture of a face.",
        "flametalk train encoder -o encoder.safetensors --stop-after 15",
    )
    parser.prog = parser.prog.replace(NAME, "train encoder")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".safetensors")
    parser.add_argument("--size", default="small", help="small or official (ResNet-50); default: %(default)s")
    parser.add_argument("--steps", type=int, metavar="N", help="optimiser steps")
    parser.add_argument("--batch", type=int, metavar="N", help="pictures a step")
    parser.add_argument("--peak", type=float, metavar="X", help="highest learning rate")
    parser.add_argument("--seed", type=int, metavar="N", help="of weights, people and pictures")
    parser.add_argument("--stop-after", type=float, metavar="MINUTES", help="end after that long")
    parser.add_argument("--held-out", type=int, default=200, metavar="N", help="renders to be judged by")
    stage = parser.add_argument_group("EMOCA's stage: an expression encoder, the rest as it is")
    stage.add_argument("--expression", type=Path, metavar="FILE", help="the encoder to begin from")
    stage.add_argument(
        "--emotion-recogniser", type=Path, metavar="FILE", help="TorchScript: faces to numbers"
    )
    stage.add_argument("--lip-reader", type=Path, metavar="FILE", help="TorchScript: mouths to numbers")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from ..errors import InputError
    from ..head import Head
    from ..lift.neural.store import load_encoder, save_encoder
    from ..lift.neural.training.held_out import measure
    from ..lift.neural.training.recipe import EncoderRecipe, sizes_of
    from ..lift.neural.training.recogniser import recogniser
    from ..lift.neural.training.stage_one import train_encoder
    from ..lift.neural.training.stage_two import Plugs, train_expression

    if options.output.suffix != ".safetensors":
        raise InputError(f"{options.output}: the encoder is written as .safetensors")
    if options.held_out < 1:
        raise InputError(f"--held-out is {options.held_out}, expected at least 1")
    if options.expression is None and (options.emotion_recogniser or options.lip_reader):
        raise InputError(
            "recognisers belong to EMOCA's stage: name the encoder to begin from, --expression FILE"
        )
    changes = {name: value for name in CHANGED if (value := getattr(options, name)) is not None}
    recipe = replace(EncoderRecipe(sizes=sizes_of(options.size)), **changes)
    stop_after = None if options.stop_after is None else 60 * options.stop_after
    head = Head.load()
    bar = _bar(recipe.steps, options.quiet)
    if options.expression is None:
        trained = train_encoder(recipe, head, stop_after, bar)
    else:
        plugs = Plugs(
            emotion=recogniser(options.emotion_recogniser) if options.emotion_recogniser else None,
            lips=recogniser(options.lip_reader) if options.lip_reader else None,
        )
        trained = train_expression(load_encoder(options.expression), recipe, head, plugs, stop_after, bar)
    save_encoder(trained.model, options.output, half=True)
    print(f"steps      {trained.steps:,} in {trained.seconds / 60:.1f} minutes")
    print("losses     " + " · ".join(f"{name} {value:.3f}" for name, value in trained.losses.items()))
    own, mean = measure(load_encoder(options.output), head, options.held_out)
    print(f"held out   {options.held_out} renders of people never seen")
    print(f"encoder    {own}")
    print(f"mean face  {mean}")
    print(f"file       {options.output} ({options.output.stat().st_size / 1e6:.1f} MB)")


def _bar(steps: int, quiet: bool):
    from tqdm import tqdm

    bar = tqdm(total=steps, unit="step", disable=quiet)

    def report(step: int, losses: dict[str, float]) -> None:
        bar.update(step - bar.n)
        if step % 20 == 0:
            bar.set_postfix({name: f"{losses[name]:.3f}" for name in ("face", "landmark") if name in losses})

    return report
