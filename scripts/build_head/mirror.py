"""From one half of the head to both: points, and faces that still look outward."""

from dataclasses import dataclass

import numpy as np


def flip(faces):
    """The same faces wound the other way."""
    return np.where(faces[:, 3:] < 0, faces[:, [0, 2, 1, 3]], faces[:, [0, 3, 2, 1]])


@dataclass(frozen=True)
class Mirror:
    """The half's ids in the whole: right[i] is the other side's vertex (the same one on the midline)."""

    left: np.ndarray
    right: np.ndarray
    count: int


def mirror_map(half_count, midline):
    on_midline = np.zeros(half_count, bool)
    on_midline[midline] = True
    left = np.arange(half_count)
    right = left.copy()
    right[~on_midline] = half_count + np.arange((~on_midline).sum())
    return Mirror(left, right, half_count + int((~on_midline).sum()))


def mirror_faces(faces, right):
    """Faces of the other side, wound so that they still look outward; triangles keep -1 in the last place."""
    flipped = flip(faces)
    return np.where(flipped < 0, -1, right[flipped])


def mirror_points(points, mirror):
    whole = np.zeros((mirror.count, 3))
    whole[mirror.left] = points
    other = mirror.right >= len(points)
    whole[mirror.right[other]] = points[other] * [-1, 1, 1]
    whole[mirror.left[~other], 0] = 0.0
    return whole
