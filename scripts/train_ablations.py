"""A small model and its ablations: `python -m scripts.train_ablations --data corpus -o runs`.

Each is trained alike, from the same seed and with the same examples, but for the part that is left out:

    small           the recipe of the model that ships, narrower, shallower and with fewer steps
    absolute        motion as it is instead of differences from the reference frame
    no amplitude    head and eyes do not hear the envelope, and noise has its anchors at even distances
    no emotion      face and jaw do not hear the emotion features
    white noise     every frame starts from noise of its own

Runs that are complete are left alone, others are gone on with. `scripts.benchmark --runs` compares them.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from flametalk.generate.config import NetworkConfig
from flametalk.train.loop import TrainSettings, train
from flametalk.train.recipes import Recipe, builtin
from flametalk.train.state import STATE_FILE, load_state

STEPS = 2_000
FULL = "small"


@dataclass(frozen=True)
class Ablation:
    """The folder of its run, and what becomes of the network's settings."""

    folder: str
    change: Callable[[NetworkConfig], NetworkConfig]


def small() -> Recipe:
    """About 0.3 million parameters: minutes on a CPU."""
    recipe = builtin()
    network = replace(
        recipe.network, width=64, n_heads=2, depth=2, time_width=32, amplitude_widths=(64,), reach=3
    )
    return replace(
        recipe, name=FULL, network=network, crop=75, batch=8, steps=STEPS, peak=2e-3, validate_every=1_000,
        validate_on=16, save_every=250,
    )  # fmt: skip


def deaf(network: NetworkConfig, condition: str) -> NetworkConfig:
    """Heads that listened to `condition` listen to nothing."""
    heads = tuple(
        replace(head, condition="none") if head.condition == condition else head for head in network.heads
    )
    return replace(network, heads=heads)


ABLATIONS = {
    FULL: Ablation("ablation_small", lambda network: network),
    "absolute": Ablation("ablation_absolute", lambda network: replace(network, relative=False)),
    "no amplitude": Ablation(
        "ablation_no_amplitude", lambda network: replace(deaf(network, "amplitude"), noise="segments")
    ),
    "no emotion": Ablation("ablation_no_emotion", lambda network: deaf(network, "emotion")),
    "white noise": Ablation("ablation_white_noise", lambda network: replace(network, noise="white")),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a corpus")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs"), metavar="DIR")
    parser.add_argument("--only", choices=ABLATIONS, metavar="NAME", help="one of them")
    parser.add_argument("--steps", type=int, default=STEPS, metavar="N", help="default: %(default)s")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args()
    for name, ablation in ABLATIONS.items():
        if options.only not in (None, name):
            continue
        folder = options.output / ablation.folder
        begun = (folder / STATE_FILE).is_file()
        if begun and load_state(folder).step >= options.steps:
            print(f"{name}: complete")
            continue
        recipe = replace(small(), name=name, steps=options.steps)
        recipe = replace(recipe, network=ablation.change(recipe.network))
        done = train(recipe, TrainSettings(options.data, folder, resume=begun, quiet=options.quiet))
        if done.step < options.steps:
            raise SystemExit(f"{name}: stopped at step {done.step}")
        print(f"{name}: {done.step} steps, {done.seconds:.0f} s, lips {done.best:.2f} mm off", flush=True)


if __name__ == "__main__":
    main()
