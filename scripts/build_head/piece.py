"""A closed part of the head beside the skin: its points, faces and which point mirrors which."""

from dataclasses import dataclass, field

import numpy as np

from .mirror import flip, mirror_faces


@dataclass(frozen=True)
class Piece:
    points: np.ndarray
    faces: np.ndarray
    mirror: np.ndarray
    material: np.ndarray
    uv: np.ndarray
    uv_faces: np.ndarray
    index: dict = field(default_factory=dict)


def tube_faces(ids, closed=True):
    """Quads of a tube given as ids [ring, around].

    They look outward if `around` runs counter-clockwise as seen from the last ring's end.
    """
    ids = np.asarray(ids)
    if closed:
        ids = np.c_[ids, ids[:, :1]]
    a, b, c, d = ids[:-1, :-1], ids[:-1, 1:], ids[1:, 1:], ids[1:, :-1]
    return np.stack([a, b, c, d], -1).reshape(-1, 4)


def cap_faces(ring):
    """Fills a ring of even length with quads, strip by strip; wound like the ring."""
    n = len(ring)
    half = n // 2
    return np.array([(ring[i], ring[i + 1], ring[n - 2 - i], ring[n - 1 - i]) for i in range(half - 1)])


def both_sides(points, faces):
    """A left part and its mirror image: points, faces and mirror index of the two together."""
    n = len(points)
    right = np.arange(n) + n
    return (
        np.vstack([points, points * [-1, 1, 1]]),
        np.vstack([faces, mirror_faces(faces, right)]),
        np.r_[right, np.arange(n)],
    )


def is_outward(points, faces):
    """Whether the faces of a (nearly) closed surface enclose a positive volume."""
    around = points - points[np.unique(faces[faces >= 0])].mean(0)
    a, b, c = (around[faces[:, k]] for k in range(3))
    whole = faces[:, 3] >= 0
    d = around[faces[whole, 3]]
    return (
        np.einsum("ij,ij->", a, np.cross(b, c)) + np.einsum("ij,ij->", a[whole], np.cross(c[whole], d)) >= 0
    )


def cross2(a, b):
    """z of the cross product of vectors (…, 2)."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def signed_area(uv, faces):
    """Of each face's first triangle in the texture; negative: mirrored."""
    a, b, c = (uv[faces[:, k]] for k in range(3))
    return 0.5 * cross2(b - a, c - a)


def tube_uv(stations, around):
    """Texture square of a closed tube: faces as tube_faces, then the last ring's cap, then the first's."""
    i, j = np.meshgrid(np.linspace(0, 1, stations), np.linspace(0, 0.80, around + 1), indexing="ij")
    body = np.stack([j, i], -1).reshape(-1, 2)
    ids = np.arange(len(body)).reshape(stations, around + 1)
    turn = 2 * np.pi * np.arange(around) / around
    disc = np.c_[np.cos(turn), np.sin(turn)] * [0.08, 0.22]
    first, last = np.arange(around) + len(body), np.arange(around) + len(body) + around
    uv = np.vstack([body, disc * [-1, 1] + [0.91, 0.25], disc + np.array([0.91, 0.75])])
    return uv, np.vstack([tube_faces(ids, closed=False), cap_faces(last), cap_faces(first[::-1])])


def oriented(points, faces, uv, uv_faces):
    """Faces that look outward, with texture coordinates that are not mirrored."""
    if not is_outward(points, faces):
        faces, uv_faces = flip(faces), flip(uv_faces)
    if np.median(signed_area(uv, uv_faces)) < 0:
        uv = uv * [-1, 1] + [1, 0]
    return faces, uv, uv_faces
