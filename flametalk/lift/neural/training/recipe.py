"""All that decides a run of `flametalk train encoder`, documented where it stands."""

from dataclasses import dataclass, field, fields
from typing import Any

from ....errors import InputError, UnknownNameError
from ..encoder import Sizes
from .losses import Weights

SMALL = Sizes(blocks=(1, 1, 1, 1), width=16, hidden=256, pixels=96)
SIZES = {"small": SMALL, "official": Sizes()}


@dataclass(frozen=True)
class EncoderRecipe:
    """The defaults make the small encoder."""

    sizes: Sizes = SMALL
    steps: int = 4000  # optimiser steps
    batch: int = 32  # pictures a step
    peak: float = 1e-3  # highest learning rate of the one cycle
    decay: float = 0.01  # weight decay
    memory: int = 6000  # pictures that are kept and looked at again
    fresh: int = 4  # steps between one batch of new pictures
    photometric_every: int = 8  # steps between one look at colours, which costs most
    photometric_batch: int = 4  # pictures of it
    seed: int = 0
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "memory", "fresh", "photometric_every", "photometric_batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, expected at least 1")
        if not self.peak > 0:
            raise InputError(f"peak is {self.peak}, expected more than 0")


def sizes_of(name: str) -> Sizes:
    """By name."""
    if name not in SIZES:
        raise UnknownNameError("size of encoder", name, SIZES)
    return SIZES[name]


def as_json(recipe: EncoderRecipe) -> dict[str, Any]:
    """For the checkpoint."""
    plain = {f.name: getattr(recipe, f.name) for f in fields(recipe) if f.name not in ("sizes", "weights")}
    return plain | {"weights": vars(recipe.weights)}
