"""What finds faces and their landmarks. MediaPipe does (`mediapipe_tracker.py`); others fit in here."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, UInt8

from ..errors import InputError

SMALLEST = 24.0  # pixels: below this width a face says too little


@dataclass(frozen=True, eq=False)
class Face:
    """Landmarks with MediaPipe's numbers, in pixels (x, y); the third, depth, is only the tracker's guess."""

    landmarks: Float32[np.ndarray, "478 3"]

    @property
    def box(self) -> Float[np.ndarray, "4"]:
        """left, top, right, bottom"""
        return np.concatenate([self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)])

    @property
    def middle(self) -> Float[np.ndarray, "2"]:
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def width(self) -> float:
        """Pixels, of the larger side of the box."""
        return float((self.box[2:] - self.box[:2]).max())


@runtime_checkable
class Tracker(Protocol):
    """Pictures of one video in order, or photos. Faces in any order."""

    name: str

    def faces(self, picture: UInt8[np.ndarray, "h w 3"]) -> list[Face]: ...


def choose(faces: list[Face], face: int | None) -> Face | None:
    """The largest, or number `face` counted from the left, from 0; None where there is none."""
    if not faces:
        return None
    if face is None:
        return max(faces, key=lambda one: one.width)
    if not 0 <= face < len(faces):
        raise InputError(f"face {face} was asked for, there are {len(faces)}: give 0 to {len(faces) - 1}")
    return sorted(faces, key=lambda one: float(one.middle[0]))[face]


def follow(faces: list[Face], last: Face, face: int | None) -> Face | None:
    """The face that `last` has become; where none is near, the largest (or none, for a chosen face)."""
    near = [one for one in faces if np.linalg.norm(one.middle - last.middle) < last.width]
    if near:
        return min(near, key=lambda one: float(np.linalg.norm(one.middle - last.middle)))
    return None if face is not None else choose(faces, None)
