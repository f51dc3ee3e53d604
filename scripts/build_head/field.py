"""The field of a list of parts (see `parts.py`), and how points find its surface. Millimetres."""

import numpy as np

from .parts import Capsule

MIDLINE_REACH = 30.0
"""Parts beside the midline also act mirrored on points nearer to it than this (mm), so no crease forms."""


def _start(part):
    """The part's x nearest to the midline."""
    if isinstance(part, Capsule):
        return min(part.a[0], part.b[0])
    return part.centre[0] if hasattr(part, "centre") else part.points[0][0]


def evaluate(parts, p):
    """The field of a list of parts at points (N, 3); the head is symmetric, so x stands for |x|."""
    q = np.array(p, float)
    q[:, 0] = np.abs(q[:, 0])
    near = q[:, 0] < MIDLINE_REACH
    other = q[near] * [-1, 1, 1]
    f = np.full(len(q), 1e3)
    for part in parts:
        f = part.apply(f, q)
        if 0 < _start(part) < MIDLINE_REACH and len(other):
            f[near] = part.apply(f[near], other)
    return f


_TETRA = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], float)


def value_and_gradient(parts, p, h=0.15):
    """Field (N,) and its gradient (N, 3) from four samples on a small tetrahedron."""
    samples = np.stack([evaluate(parts, p + h * t) for t in _TETRA])
    return samples.mean(0), np.einsum("tn,td->nd", samples, _TETRA) / (4 * h)


def project(parts, p, steps=3, limit=6.0):
    """Moves points onto the zero level along the gradient, at most `limit` a step."""
    p = np.array(p, float)
    for _ in range(steps):
        f, g = value_and_gradient(parts, p)
        move = -(f / np.maximum((g * g).sum(1), 0.15))[:, None] * g
        size = np.linalg.norm(move, axis=1, keepdims=True)
        p += move * np.minimum(1.0, limit / np.maximum(size, 1e-9))
    return p


def march(parts, p, direction, steps=60):
    """Moves points along a direction (toward the inside) until they meet the surface."""
    p = np.array(p, float)
    d = np.broadcast_to(np.asarray(direction, float), p.shape)
    for _ in range(steps):
        f = evaluate(parts, p)
        p += d * (0.8 * f)[:, None]
        if np.abs(f).max() < 1e-3:
            break
    return p
