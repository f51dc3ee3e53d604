"""The square around a face that the encoders look at: DECA's and EMOCA's, from landmarks or from a box.

Pixels are counted from the middle of the top left one, as detectors do. Outside the picture is black.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Shaped

from ..errors import InputError

PIXELS: Final = 224  # a side of the crop
MARGIN: Final = 1.25  # of the crop over the face
OF_LANDMARKS: Final = 1.1  # a face over the box of its landmarks
LOWER: Final = 0.12  # of a detector's box, by which its middle lies above the face's
SMOOTH: Final = 3.0  # frames, of the boxes of a video


# MediaPipe's numbers of the jaw's edge and of the brows: what bounds 68 points, without the forehead.
LIKE_68: Final = (
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
)  # fmt: skip


@dataclass(frozen=True)
class FaceBox:
    """A square: middle and side in pixels."""

    x: float
    y: float
    side: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.x, self.y, self.side]).all() and self.side > 0):
            raise InputError(f"face box {self}: expected finite numbers and a side above 0")


def box_of_landmarks(points: Float[np.ndarray, "n 2"]) -> FaceBox:
    """Around the landmarks of a face, in pixels: 68 of them in DECA; of MediaPipe's 478 take `LIKE_68`."""
    points = np.asarray(points, np.float64)[:, :2]
    if not len(points) or not np.isfinite(points).all():
        raise InputError("landmarks are none, or have NaN or infinite values")
    low, high = points.min(0), points.max(0)
    face = float((high - low).sum()) / 2 * OF_LANDMARKS
    x, y = (low + high) / 2
    return FaceBox(float(x), float(y), float(max(int(face * MARGIN), 1)))


def box_of_detection(left: float, top: float, right: float, bottom: float) -> FaceBox:
    """Around a detector's box."""
    face = (right - left + bottom - top) / 2
    return FaceBox((left + right) / 2, (top + bottom) / 2 + LOWER * face, float(max(int(face * MARGIN), 1)))


def smooth_boxes(boxes: Sequence[FaceBox | None], sigma: float = SMOOTH) -> list[FaceBox]:
    """The boxes of a video: missing ones from their neighbours, then a Gaussian of `sigma` frames."""
    from scipy.ndimage import gaussian_filter1d

    known = [k for k, box in enumerate(boxes) if box is not None]
    if not known:
        raise InputError("no frame has a face")
    rows = np.array([[box.x, box.y, box.side] for box in boxes if box is not None])
    whole = np.stack([np.interp(np.arange(len(boxes)), known, column) for column in rows.T], 1)
    if sigma > 0:
        whole = gaussian_filter1d(whole, sigma, axis=0, mode="nearest")
    return [FaceBox(*(float(value) for value in row)) for row in whole]


def crop(
    picture: Shaped[np.ndarray, "h w 3"], box: FaceBox, pixels: int = PIXELS, cubic: bool = False
) -> Float32[np.ndarray, "n n 3"]:
    """The square in `pixels` a side, 0 … 1, between pixels linear.

    `cubic` is how EMOCA's video pipeline cuts: bicubic, then cut to 256 steps.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise InputError(f"picture is {picture.shape} {picture.dtype}, expected (h, w, 3) uint8")
    height, width = picture.shape[:2]
    steps = np.arange(pixels) * (box.side / (pixels - 1)) - box.side / 2
    down, rows = _weights(box.y + steps, height, cubic)
    across, columns = _weights(box.x + steps, width, cubic)
    if not rows.size or not columns.size:
        return np.zeros((pixels, pixels, 3), np.float32)
    part = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / np.float32(255)
    found = np.einsum("yi,ijc->yjc", down, part, optimize=True)
    found = np.einsum("xj,yjc->yxc", across, found, optimize=True)
    if not cubic:
        return np.clip(found, 0, 1).astype(np.float32)
    return np.floor(np.clip(found, 0, 1) * 255).astype(np.float32) / np.float32(255)


def _weights(
    places: Float64[np.ndarray, "n"], length: int, cubic: bool
) -> tuple[Float32[np.ndarray, "n k"], np.ndarray]:
    """How much each pixel of a row adds to each place; and which pixels add anything."""
    first = np.floor(places).astype(np.int64)
    t = places - first
    if cubic:
        taps = np.arange(-1, 3)
        near = 0.5 * np.stack(
            [
                -t + 2 * t**2 - t**3,
                2 - 5 * t**2 + 3 * t**3,
                t + 4 * t**2 - 3 * t**3,
                -(t**2) + t**3,
            ],
            1,
        )
    else:
        taps, near = np.arange(2), np.stack([1 - t, t], 1)
    index = first[:, None] + taps
    inside = (index >= 0) & (index < length)
    if not inside.any():
        return np.zeros((len(places), 0), np.float32), np.zeros(0, np.int64)
    used = np.arange(index[inside].min(), index[inside].max() + 1)
    weights = np.zeros((len(places), len(used)), np.float32)
    rows = np.broadcast_to(np.arange(len(places))[:, None], index.shape)
    weights[rows[inside], index[inside] - used[0]] = near[inside]
    return weights, used
