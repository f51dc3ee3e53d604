"""One head, one camera, and the back ends that can draw here."""

from functools import lru_cache

import numpy as np
import pytest
import torch

from flametalk.errors import MissingExtraError
from flametalk.head import Head
from flametalk.render import Camera, Surface, frame_head, from_head, open_backend
from flametalk.render.settings import Settings


@lru_cache(maxsize=1)
def a_head() -> tuple[np.ndarray, Surface]:
    """The built-in head at rest, jaw open."""
    head = Head.load()
    pose = np.zeros((1, 5, 3), np.float32)
    pose[0, 2, 0] = 0.25
    shape = torch.zeros(1, head.shape_basis.shape[-1])
    expression = torch.zeros(1, head.expression_basis.shape[-1])
    vertices = head.vertices(shape, expression, torch.from_numpy(pose)).numpy()[0]
    return vertices.astype(np.float32), from_head(head)


def cameras(width: int = 150, height: int = 120) -> dict[str, Camera]:
    """Not square and not centred, so that a swapped side or a forgotten shift shows."""
    vertices, _ = a_head()
    near = frame_head(vertices, "three-quarter", width, height)
    flat = frame_head(vertices, (-0.3, 0.2), width, height, orthographic=True)
    moved = Camera(
        width, height, near.focal, near.rotation, near.translation, centre=(width / 2 + 12, height / 2 - 7)
    )
    return {"perspective": near, "shifted": moved, "weak": flat}


def renderer(name: str, settings: Settings | None = None):
    """The back end, or a skipped test where it is not installed."""
    try:
        return open_backend(name, settings)
    except MissingExtraError as error:
        pytest.skip(str(error))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two covers."""
    a, b = a > 0.5, b > 0.5
    return float((a & b).sum() / (a | b).sum())
