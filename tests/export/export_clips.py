"""Clips in which everything moves, for the exporters' tests."""

import numpy as np
import torch

from flametalk.clip import Clip
from flametalk.head import Head


def lively_clip(head: Head, frames: int = 12, seed: int = 3, vary: bool = False, **parts: object) -> Clip:
    """Smooth random motion of every coefficient and joint; `vary` moves the identity too."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 2 * np.pi, frames)[:, None]

    def waves(n: int, size: float) -> np.ndarray:
        return size * np.sin(rng.uniform(0.5, 2, n) * time + rng.uniform(0, 6, n))

    shape = rng.normal(size=head.n_shape)
    fields: dict[str, object] = {
        "shape": shape + 0.1 * waves(head.n_shape, 1.0) if vary else shape,
        "expression": np.abs(waves(head.n_expression, 0.5)),
        "head": waves(3, 0.4),
        "jaw": np.abs(waves(3, 0.2)) * [1, 0.1, 0.1],
        "neck": waves(3, 0.2),
        "eyes": waves(6, 0.3),
        "translation": waves(3, 0.05),
        "made_for": head.name,
        "provenance": {"generator": "waves", "seed": seed},
    }
    return Clip(**(fields | parts))  # type: ignore[arg-type]


def exact_vertices(clip: Clip, head: Head) -> np.ndarray:
    """Posed in double precision: single precision alone is off by up to 0.0002 mm."""
    return clip.vertices(head.to(dtype=torch.float64)).numpy()
