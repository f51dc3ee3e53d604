"""Vertex errors: LVE, MVE, UFVE, MHD. Same name, several formulas: the variant says which.

Every one of them is a mean over frames of one of three numbers a frame, over the vertices of a mask: the
largest squared distance, the mean distance, the mean squared distance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ..conventions import MILLIMETRES
from ..errors import UnknownNameError
from ..head import Head
from .masks import Mask, mask_of
from .score import Score
from .vertices import Motion, Space, described, head_of, vertex_pairs

MM, MM2 = MILLIMETRES, MILLIMETRES**2
LVE_VARIANTS = {
    "max_sq": "mean over frames of the largest squared distance (FaceFormer, CodeTalker, FaceDiffuser)",
    "max_l2": "mean over frames of the largest distance (3DXTalker's second figure)",
    "rms_mm": "root of the mean over frames of the largest squared distance, canonical space (ARTalk)",
}
MVE_VARIANTS = {
    "mean_l2": "mean distance over vertices and frames (3DXTalker, FaceDiffuser)",
    "rms_mm": "root of the mean squared distance, canonical space: ARTalk's MHD",
}
MaskLike = str | Mask | Sequence[int] | np.ndarray


@dataclass(frozen=True, eq=False)
class FrameErrors:
    """Distances of the vertices of one mask, frame by frame; metres and square metres."""

    mask: Mask
    max_sq: Float64[np.ndarray, "t"]
    mean_l2: Float64[np.ndarray, "t"]
    mean_sq: Float64[np.ndarray, "t"]


@dataclass(frozen=True, eq=False)
class Errors:
    """Frame errors by the name of the mask, and each vertex's mean distance over time."""

    frames: Mapping[str, FrameErrors]
    vertices: Float64[np.ndarray, "v"]


class ErrorSum:
    """Gathers the errors of all masks in one pass over the vertices."""

    def __init__(self, masks: Sequence[Mask]) -> None:
        self.masks = tuple(masks)
        self._picks = [None if m.indices is None else torch.from_numpy(m.indices) for m in masks]
        self._rows: list[list[np.ndarray]] = [[] for _ in masks]
        self._total: torch.Tensor | None = None
        self._frames = 0

    def add(self, ours: Float[Tensor, "b v 3"], theirs: Float[Tensor, "b v 3"]) -> None:
        """The next frames of both."""
        squared = (ours - theirs).square_().sum(-1)
        apart = squared.sqrt()
        part = apart.sum(0)  # few frames: single precision is enough within a chunk
        self._total = part.double() if self._total is None else self._total + part
        self._frames += len(squared)
        for rows, pick in zip(self._rows, self._picks, strict=True):
            square, plain = (squared, apart) if pick is None else (squared[:, pick], apart[:, pick])
            figures = torch.stack([square.amax(1), plain.mean(1), square.mean(1)])
            rows.append(figures.double().cpu().numpy())

    def result(self) -> Errors:
        by_mask = {
            mask.name: FrameErrors(mask, *np.concatenate(rows, axis=1))
            for mask, rows in zip(self.masks, self._rows, strict=True)
        }
        assert self._total is not None
        return Errors(by_mask, (self._total / self._frames).cpu().numpy())


def measure_errors(
    prediction: Motion, truth: Motion, masks: Sequence[Mask], head: Head | None, space: Space
) -> Errors:
    """All masks of two motions."""
    errors = ErrorSum(masks)
    for ours, theirs in vertex_pairs(prediction, truth, head, space):
        errors.add(ours, theirs)
    return errors.result()


def lve(
    prediction: Motion,
    truth: Motion,
    head: Head | None = None,
    variant: str = "max_sq",
    mask: MaskLike = "lips",
    space: Space | None = None,
) -> Score:
    """Lip vertex error of clips, or of vertices (t, v, 3) in metres with vertex numbers as the mask.

    `space` is "face" unless given (FaceFormer's and its followers' data have no head motion); "canonical" for
    `rms_mm`.
    """
    if variant not in LVE_VARIANTS:
        raise UnknownNameError("variant of LVE", variant, LVE_VARIANTS)
    space = space or ("canonical" if variant == "rms_mm" else "face")
    errors, how = _errors(prediction, truth, head, mask, space, variant)
    return lve_of(errors, variant, how)


def lve_of(errors: FrameErrors, variant: str, how: str = "") -> Score:
    """From errors that were measured already."""
    if variant == "max_sq":
        return Score(errors.max_sq.mean() * MM2, "LVE", "mm²", how)
    if variant == "max_l2":
        return Score(np.sqrt(errors.max_sq).mean() * MM, "LVE", "mm", how)
    return Score(np.sqrt(errors.max_sq.mean()) * MM, "LVE", "mm", how)


def mve(
    prediction: Motion,
    truth: Motion,
    head: Head | None = None,
    variant: str = "mean_l2",
    mask: MaskLike = "all",
    space: Space | None = None,
) -> Score:
    """Mean vertex error. `space` is "world" unless given, "canonical" for `rms_mm`."""
    if variant not in MVE_VARIANTS:
        raise UnknownNameError("variant of MVE", variant, MVE_VARIANTS)
    space = space or ("canonical" if variant == "rms_mm" else "world")
    errors, how = _errors(prediction, truth, head, mask, space, variant)
    return mve_of(errors, variant, how)


def mve_of(errors: FrameErrors, variant: str, how: str = "", name: str = "MVE") -> Score:
    """From errors that were measured already."""
    if variant == "mean_l2":
        return Score(errors.mean_l2.mean() * MM, name, "mm", how)
    return Score(np.sqrt(errors.mean_sq.mean()) * MM, name, "mm", how)


def mhd(prediction: Motion, truth: Motion, head: Head | None = None, mask: MaskLike = "all") -> Score:
    """ARTalk's mean head distance: root of the mean squared distance, without head pose and shape."""
    errors, how = _errors(prediction, truth, head, mask, "canonical", "rms_mm")
    return mve_of(errors, "rms_mm", how, "MHD")


def ufve(
    prediction: Motion,
    truth: Motion,
    head: Head | None = None,
    mask: MaskLike = "upper_face",
    space: Space = "face",
) -> Score:
    """Upper-face vertex error: mean distance over eye region, forehead and nose."""
    errors, how = _errors(prediction, truth, head, mask, space, "mean_l2")
    return mve_of(errors, "mean_l2", how, "UFVE")


def _errors(
    prediction: Motion, truth: Motion, head: Head | None, mask: MaskLike, space: Space, variant: str
) -> tuple[FrameErrors, str]:
    head = head_of(prediction, truth, head)
    chosen = mask_of(mask, head)
    errors = measure_errors(prediction, truth, [chosen], head, space)
    return errors.frames[chosen.name], f"{variant}; {chosen}; {described(truth, space)}"
