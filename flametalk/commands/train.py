"""`flametalk train`: a generator from a corpus."""

import argparse
from dataclasses import replace
from pathlib import Path

from .options import add_command

RECIPES = "builtin (the model that ships), 3dxtalker (the paper's size, on the released data), tiny (a trial)"
CHANGED = ("steps", "batch", "crop", "peak", "seed", "validate_every", "save_every", "sample_steps")


def add(commands) -> None:
    parser = add_command(
        commands,
        "train",
        run,
        "Train a generator; Ctrl-C saves, --resume goes on.",
        "flametalk train builtin --data corpus -o runs/mine",
    )
    parser.add_argument("recipe", metavar="RECIPE", help=RECIPES)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="a corpus, or 3DXTalker's set"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="RUN", help="default: runs/RECIPE")
    parser.add_argument("--resume", action="store_true", help="go on where the run in RUN stopped")
    parser.add_argument("--steps", type=int, metavar="N", help="optimiser steps")
    parser.add_argument("--batch", type=int, metavar="N", help="examples a step")
    parser.add_argument("--crop", type=int, metavar="N", help="frames of an example")
    parser.add_argument("--peak", type=float, metavar="X", help="highest learning rate")
    parser.add_argument("--seed", type=int, metavar="N", help="of weights, data order and noise")
    parser.add_argument("--validate-every", type=int, metavar="N", help="steps")
    parser.add_argument("--save-every", type=int, metavar="N", help="steps")
    parser.add_argument("--sample-steps", type=int, metavar="N", help="solver steps of samples")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda; default: %(default)s")
    parser.add_argument("--stop-after", type=float, metavar="MINUTES", help="save and end after that long")
    parser.add_argument("--linguistic", metavar="NAME", help="for 3DXTalker's set: wavlm:FOLDER")
    parser.add_argument("--emotion-features", metavar="NAME", help="for 3DXTalker's set: emotion2vec:FOLDER")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    from ..train.loop import TrainSettings, train
    from ..train.recipes import recipe

    chosen = recipe(options.recipe)
    changes = {name: value for name in CHANGED if (value := getattr(options, name)) is not None}
    folder = options.output or Path("runs") / options.recipe
    features = {"linguistic": options.linguistic, "emotion": options.emotion_features}
    done = train(
        replace(chosen, **changes),
        TrainSettings(
            data=options.data,
            run=folder,
            resume=options.resume,
            device=options.device,
            features={name: value for name, value in features.items() if value},
            stop_after=None if options.stop_after is None else 60 * options.stop_after,
            quiet=options.quiet,
        ),
    )
    if not done.accelerator.is_main_process:
        return
    print(f"step       {done.step:,} of {done.recipe.steps:,}, {done.seconds / 60:.1f} minutes of training")
    print(f"model      {folder / 'model.safetensors'}")
    if (folder / "best.safetensors").exists():
        print(f"best       {folder / 'best.safetensors'}: lips {done.best:.2f} mm off in validation")
    if done.step < done.recipe.steps:
        again = f"flametalk train {options.recipe} --data {options.data} -o {folder} --resume"
        print(f"stopped    go on with: {again}")
