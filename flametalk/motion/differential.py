"""The reference-relative form: every frame as its difference from one frame of the same person.

Rotations are subtracted as axis-angle triples, as 3DXTalker does: heads turn far less than half a circle.
Differences are double precision. Adding the reference gives back every single-precision number between
1e-6 and 1e3 (and zero) bit by bit; smaller ones are kept to 1e-13.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from ..clip import Clip
from ..errors import InputError
from .space import FLAME_284, MotionSpace


@dataclass(frozen=True, eq=False)
class Differential:
    """Differences from a reference frame."""

    space: MotionSpace
    reference: Float32[np.ndarray, "width"]
    values: Float64[np.ndarray, "t width"]

    def rows(self) -> Float32[np.ndarray, "t width"]:
        """Reference plus differences."""
        return (self.reference.astype(np.float64) + self.values).astype(np.float32)


def to_differential(clip: Clip, reference: int = 0, space: MotionSpace = FLAME_284) -> Differential:
    """Differences of every frame of `clip` from its frame number `reference`."""
    if not -clip.n_frames <= reference < clip.n_frames:
        raise InputError(f"reference frame {reference} is not in a clip of {clip.n_frames} frames")
    rows = space.pack(clip)
    frame = rows[reference]
    return Differential(space, frame, rows.astype(np.float64) - frame.astype(np.float64))


def from_differential(differential: Differential, like: Clip | None = None) -> Clip:
    """The clip. Parts outside the space, frame rate, sound and origin come from `like`, the clip it was."""
    rows = differential.rows()
    if like is None:
        return differential.space.unpack(rows)
    if like.n_frames != len(rows):
        raise InputError(f"{len(rows)} frames of differences cannot replace the {like.n_frames} of a clip")
    moving = {name: rows[:, where] for name, where in differential.space.slices.items()}
    return like.replace(**moving)
