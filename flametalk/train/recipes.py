"""Recipes: everything that decides a training run, documented where it stands; kept with the run as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ..errors import InputError, UnknownNameError
from ..generate.config import HeadConfig, NetworkConfig, paper_config
from ..motion.space import BUILTIN_162

REFERENCES = ("first", "silent", "portrait")


def _option(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Recipe:
    """A run. The defaults are 3DXTalker's."""

    name: str = _option("3dxtalker", "what the checkpoint is called")
    network: NetworkConfig = _option(NetworkConfig(), "sizes and parts")  # noqa: RUF009 (a field, and frozen)
    # data
    crop: int = _option(250, "frames of a training example")
    batch: int = _option(128, "examples a step, over all processes")
    reference: str = _option(
        "first", "reference frames: the first of a performance, silent ones, or portraits (portrait.py)"
    )
    any_reference: float = _option(0.0, "chance that any frame at all is the reference")
    gain: float = _option(0.0, "decibels by which the loudness varies, either way")
    told: tuple[float, float] = _option(
        (0.0, 0.0), "share of time, drawn from this span, in which phones are heard as they were spoken"
    )
    blur: float = _option(0.0, "chance that the linguistic features are made less sure")
    hoarse: float = _option(0.0, "spread of noise added to the emotion features")
    statistics_from: int = _option(2000, "performances that mean and spread are measured on")
    # optimisation
    steps: int = _option(9_000, "optimiser steps; 100 epochs of the released data are 9,000")
    peak: float = _option(1e-4, "highest learning rate of the one cycle")
    warm: float = _option(0.3, "part of the cycle in which the rate rises")
    decay: float = _option(0.01, "weight decay")
    clip: float = _option(1.0, "norm that gradients are clipped to")
    average: float = _option(0.999, "decay of the moving average of the weights, which is what is kept")
    drop: float = _option(0.1, "chance that each audio condition, and all, are dropped, for guidance")
    times: int = _option(512, "flow times are drawn from so many steps; 0: any time")
    seed: int = _option(0, "of the weights, of the order of the data, and of all noise")
    # objective; all but the first need a head that ships or was added
    lips: float = _option(0.0, "weight of the lip vertices' error")
    gap: float = _option(0.0, "weight of the lip gap's error, which counts most where lips meet")
    speed: float = _option(0.0, "weight of the same errors of frame-to-frame changes")
    mouth_noise: float = _option(1.0, "noise of the dimensions that move the lips; see noise_scale")
    # watching
    validate_every: int = _option(500, "steps between validations")
    save_every: int = _option(200, "steps between checkpoints")
    validate_on: int = _option(32, "performances of the validation set that are looked at")
    sample_steps: int = _option(32, "solver steps of the samples, and what the checkpoint recommends")

    def __post_init__(self) -> None:
        if self.reference not in REFERENCES:
            raise UnknownNameError("reference", self.reference, REFERENCES)
        whole = (self.crop, self.batch, self.steps, self.validate_every, self.save_every, self.sample_steps)
        if min(whole) < 1 or not 0 <= self.warm < 1 or self.peak <= 0:
            raise InputError("crop, batch, steps and intervals must be positive, warm 0 to 1, peak above 0")

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"network": self.network.to_json()}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Recipe":
        if unknown := set(value) - {f.name for f in fields(Recipe)}:
            raise InputError(
                f"recipe settings {sorted(unknown)} are unknown to this version: update flametalk"
            )
        network, told = NetworkConfig.from_json(value["network"]), value["told"]
        return Recipe(**(dict(value) | {"network": network, "told": (float(told[0]), float(told[1]))}))


def three_dx_talker() -> Recipe:
    """The paper's size and schedule on the released data-set layout, with WavLM and emotion2vec features."""
    return Recipe(network=paper_config())


def builtin() -> Recipe:
    """The model that ships: small enough to learn on two CPU cores, and to run faster than real time."""
    heads = (
        HeadConfig("identity", ("shape",), 0, "none"),  # the corpus changes nobody's identity
        HeadConfig("pose", ("head", "eyes"), 1, "amplitude"),
        HeadConfig("face", ("expression", "jaw"), 1, "emotion"),  # jaw and lips close together
    )
    network = NetworkConfig(
        space=BUILTIN_162,
        heads=heads,
        d_linguistic=42,
        d_emotion=20,
        width=128,
        n_heads=4,
        depth=3,
        mlp_ratio=2,
        time_width=64,
        amplitude_widths=(128,),
        amplitude_bins=8,
        loudness="log",
        reach=5,
        dropout=0.0,
        predicts="motion",
        scaled_jaw=False,
        aligned=True,
    )
    return Recipe(
        name="builtin",
        network=network,
        crop=112,
        batch=8,
        reference="portrait",
        any_reference=0.15,
        gain=6.0,
        told=(0.0, 1.0),
        blur=0.3,
        hoarse=0.3,
        steps=8_000,
        peak=1.5e-3,
        warm=0.1,
        average=0.998,
        times=0,
        lips=1.0,
        gap=0.3,
        speed=1.0,
        mouth_noise=0.25,
        sample_steps=6,
    )


def tiny() -> Recipe:
    """For tests: seconds, not hours."""
    small = builtin()
    network = replace(small.network, width=32, n_heads=2, depth=1, time_width=16, amplitude_widths=(16,))
    return replace(
        small,
        name="tiny",
        network=network,
        crop=40,
        batch=3,
        steps=20,
        validate_every=10,
        save_every=5,
        validate_on=2,
        sample_steps=2,
    )


RECIPES: dict[str, Callable[[], Recipe]] = {
    "builtin": builtin,
    "3dxtalker": three_dx_talker,
    "tiny": tiny,
}


def recipe(name: str) -> Recipe:
    """A recipe by its name."""
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]()
