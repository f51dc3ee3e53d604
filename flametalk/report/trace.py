"""One pass over the vertices of a pair of clips: everything of it that needs vertices."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..head import Head
from ..head.lips import face_height, lip_gap, lip_height
from ..metrics.distance import Errors, ErrorSum
from ..metrics.dynamics import Liveliness, rest_of
from ..metrics.keypoints import LANDMARKS
from ..metrics.masks import Mask, mask_of
from ..metrics.motion import JerkSum
from ..metrics.vertices import FRAMES, in_space, to_world


@dataclass(frozen=True, eq=False)
class Masks:
    """Those of one head, looked up once."""

    every: Mask
    face: Mask
    lips: Mask
    upper: Mask

    @staticmethod
    def of(head: Head) -> "Masks":
        return Masks(*(mask_of(name, head) for name in ("all", "face", "lips", "upper_face")))


@dataclass(frozen=True, eq=False)
class Trace:
    """What is kept of the vertices of one clip."""

    aperture: Float64[np.ndarray, "t"]
    gaps: Float64[np.ndarray, "t"]  # metres
    face: Float64[np.ndarray, "t 68 3"]  # landmarks
    world: Float64[np.ndarray, "t 68 3"]
    jerk: float
    lively: dict[str, float]  # variant of FDD → the number whose difference it is


@dataclass(frozen=True, eq=False)
class PairErrors:
    """Errors of a prediction, by space."""

    world: Errors
    face: Errors
    canonical: Errors


class _Gatherer:
    """Keeps what a `Trace` needs, chunk after chunk."""

    def __init__(self, clip: Clip, truth: Clip, head: Head, masks: Masks) -> None:
        self.clip, self.head = clip, head
        self.upright, self.bare = in_space(clip, "face"), in_space(clip, "canonical")
        still = clip.eyes is None and not clip.shape.any()
        self.same = still  # then the canonical face is the upright one
        self._jerk = JerkSum(masks.lips)
        self._signed = Liveliness("signed", masks.upper, rest_of(truth, head, "face"))
        self._artalk = Liveliness("artalk", masks.upper, rest_of(truth, head, "canonical"))
        self._rows: list[tuple[Tensor, ...]] = []

    def step(self, start: int) -> tuple[Float[Tensor, "b v 3"], ...]:
        """World, face and canonical vertices of the next frames."""
        stop = min(start + FRAMES, self.clip.n_frames)
        face = self.upright.vertices(self.head, start, stop)
        bare = face if self.same else self.bare.vertices(self.head, start, stop)
        world = to_world(self.clip, self.head, face, start)
        self._jerk.add(face)
        self._signed.add(face)
        self._artalk.add(bare)
        marks = self.head.landmark_points(face, LANDMARKS)
        turned = self.head.landmark_points(world, LANDMARKS)
        self._rows.append((lip_height(self.head, face), lip_gap(self.head, face), marks, turned))
        return world, face, bare

    def trace(self) -> Trace:
        heights, gaps, face, world = (
            torch.cat(part).double().cpu().numpy() for part in zip(*self._rows, strict=True)
        )
        frames = self.clip.n_frames
        return Trace(
            np.maximum(heights, 0.0) / self._face_height(),
            gaps,
            face,
            world,
            self._jerk.result(self.clip.fps) if frames > 3 else float("nan"),
            {"signed": self._signed.result(), "artalk": self._artalk.result()},
        )

    def _face_height(self) -> np.ndarray | float:
        shape = self.clip.shape[None] if self.clip.shape.ndim == 1 else self.clip.shape
        changes = bool((shape != shape[:1]).any())
        still = Clip.neutral(len(shape) if changes else 1, shape=shape if changes else shape[0])
        parts = [face_height(self.head, v) for v in still.vertex_chunks(self.head)]
        height = torch.cat(parts).double().cpu().numpy()
        return height if changes else float(height[0])


def trace_pair(
    sample: Clip, truth: Clip, head: Head, masks: Masks
) -> tuple[Trace, Trace, PairErrors, Float64[np.ndarray, "v"]]:
    """Traces of prediction and truth, their errors, and the mean error of each vertex in millimetres."""
    ours, theirs = (_Gatherer(clip, truth, head, masks) for clip in (sample, truth))
    world = ErrorSum([masks.every, masks.lips])
    face = ErrorSum([masks.face, masks.lips, masks.upper])
    bare = ErrorSum([masks.every, masks.lips])
    for start in range(0, truth.n_frames, FRAMES):
        for errors, a, b in zip((world, face, bare), ours.step(start), theirs.step(start), strict=True):
            errors.add(a, b)
    measured = PairErrors(world.result(), face.result(), bare.result())
    return ours.trace(), theirs.trace(), measured, measured.face.vertices * MILLIMETRES
