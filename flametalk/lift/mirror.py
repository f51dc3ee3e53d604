"""Landmarks in a mirror: which of the 478 is the counterpart of which on the other side of the face."""

from typing import Final

import numpy as np
from jaxtyping import Float, Int

MIDDLE: Final = (
    0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175, 195, 197,
    199, 200,
)  # fmt: skip
FACE, LEFT = 468, 248  # landmarks without irises; the first of the left side, which follows the right's order
IRISES: Final = (473, 476, 475, 474, 477, 468, 471, 470, 469, 472)  # counterparts of 468 … 477


def _counterparts() -> Int[np.ndarray, "478"]:
    """Found by looking at renders and at their mirror images; tests find it again on the mean face."""
    mirror = np.concatenate([np.arange(FACE), IRISES])
    right = np.setdiff1d(np.arange(LEFT), MIDDLE)
    mirror[right], mirror[LEFT:FACE] = np.arange(LEFT, FACE), right
    return mirror


MIRROR: Final = _counterparts()


def unmirrored(marks: Float[np.ndarray, "478 3"], width: int) -> Float[np.ndarray, "478 3"]:
    """Landmarks of a mirror image, `width` pixels wide, as those of the picture."""
    turned = marks[MIRROR]
    return np.concatenate([width - turned[:, :1], turned[:, 1:]], 1).astype(np.float32)
