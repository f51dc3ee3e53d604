"""Does the head stay the same person? Spread of the shape over the frames."""

import numpy as np
import torch

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..errors import UnknownNameError
from ..head import Head
from .score import Score
from .vertices import head_of

VARIANTS = {
    "coefficients": "standard deviation over time of the shape coefficients, mean over those in use",
    "surface": "mean distance of the face at rest from its mean over time",
}
FRAMES = 64


def shape_spread(clip: Clip, head: Head | None = None, variant: str = "coefficients") -> Score:
    """0 for one identity throughout; methods that predict shape frame by frame drift."""
    if variant not in VARIANTS:
        raise UnknownNameError("variant of shape spread", variant, VARIANTS)
    shapes = clip.shapes().astype(np.float64)
    if variant == "coefficients":
        used = shapes[:, (shapes != 0).any(0)]
        return Score(float(used.std(0).mean()) if used.size else 0.0, "shape spread", "σ", variant)
    head = head_of(clip, head=head)
    assert head is not None
    away = torch.from_numpy((shapes - shapes.mean(0)).astype(np.float32)).to(head.template)
    basis = head.shape_basis[..., : away.shape[1]].flatten(0, 1)
    total = 0.0
    for part in away[:, : basis.shape[1]].split(FRAMES):
        moved = (part @ basis.T).unflatten(1, (head.n_vertices, 3)).norm(dim=-1)
        total += float(moved.mean(1, dtype=torch.float64).sum())
    return Score(total / clip.n_frames * MILLIMETRES, "shape spread", "mm", variant)
