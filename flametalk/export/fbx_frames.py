"""Axes and units of FBX files, one preset for each program."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True)
class Frame:
    """Axes and units of a file. Everything in it is written in these, nothing is left to a root node."""

    turn: tuple[tuple[float, ...], ...]  # from ours (+y up, +z out of the face) to the file's axes
    up: tuple[int, int]  # axis, sign
    front: tuple[int, int]
    unit: float  # metres

    @property
    def matrix(self) -> Float64[np.ndarray, "3 3"]:
        return np.array(self.turn)

    @property
    def scale(self) -> float:
        """Numbers of the file for one metre."""
        return 1.0 / self.unit


_AS_OURS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_Z_UP = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0))
FRAMES: Final = {
    # metres, z up, looking toward −y: Blender imports it without scale and without rotation
    "blender": Frame(_Z_UP, (2, 1), (1, -1), 1.0),
    # centimetres, y up, looking toward +z, as Maya writes and Unity expects
    "unity": Frame(_AS_OURS, (1, 1), (2, 1), 0.01),
    # centimetres, z up, looking toward −y: what Unreal converts every other file to
    "unreal": Frame(_Z_UP, (2, 1), (1, -1), 0.01),
}
