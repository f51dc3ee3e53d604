"""Baked ambient occlusion: how much of the sky each vertex sees.

The mesh is drawn as a depth map from directions spread evenly over the sphere; a vertex sees the sky in a
direction when nothing in the map is nearer. Directions count by the cosine to the vertex normal. No
randomness: the same mesh gives the same numbers.
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from ..errors import InputError
from ..jit import compiled
from ..normals import vertex_normals
from .camera import Camera, look_at
from .packing import PATTERNS
from .raster import NO_RIMS, TILE, project, rasterise

MAP_SIZE: Final = 512  # pixels of a depth map
SMOOTHING: Final = 2  # passes over the neighbours


def bake_occlusion(
    vertices: Float[np.ndarray, "v 3"],
    faces: Int[np.ndarray, "f 3"],
    directions: int = 192,
    smoothing: int = SMOOTHING,
) -> Float32[np.ndarray, "v"]:
    """Open sky above each vertex, 1 = all of it, 0 = none."""
    vertices = np.ascontiguousarray(vertices, np.float32)
    faces = np.ascontiguousarray(faces, np.int32)
    if not np.isfinite(vertices).all():
        raise InputError("vertices have NaN or infinite values; nothing can be baked from them")
    if len(faces) == 0:
        return np.ones(len(vertices), np.float32)
    normals = vertex_normals(vertices, faces)
    used = vertices[np.unique(faces)]
    middle = (used.min(0) + used.max(0)) / 2
    radius = max(float(np.linalg.norm(used - middle, axis=1).max()), 1e-9)
    pixel = 2 * radius / (MAP_SIZE - 4)

    open_sky = np.zeros(len(vertices))
    whole_sky = np.zeros(len(vertices))
    ids = np.empty((1, MAP_SIZE, MAP_SIZE), np.int32)
    nearest = np.empty((1, MAP_SIZE, MAP_SIZE), np.float32)
    floor = np.empty((MAP_SIZE // TILE + 1,) * 2, np.float32)
    points, keys = np.empty((len(vertices), 8), np.float32), np.empty(len(vertices))
    usable = np.empty(len(vertices), np.bool_)
    window, pattern = np.array([0, 0, MAP_SIZE, MAP_SIZE]), np.array(PATTERNS[1])
    for direction in even_directions(directions):
        camera = _toward(middle, direction, radius, pixel)
        lens = np.array([*camera.translation, camera.focal, *camera.principal_point, -1e9, 1e9])
        project(vertices, normals, camera.rotation, lens, False, points, keys, usable)
        rasterise(faces, points, keys, usable, pattern, True, window, NO_RIMS, ids, nearest, floor)
        _count(vertices, normals, direction, camera.rotation, lens, pixel, nearest[0], open_sky, whole_sky)
    result = open_sky / np.maximum(whole_sky, 1e-9)
    return np.clip(_smooth(result, faces, smoothing), 0, 1).astype(np.float32)


def even_directions(n: int) -> Float64[np.ndarray, "n 3"]:
    """Fibonacci's spiral on the sphere."""
    height = 1 - (2 * np.arange(n) + 1) / n
    turn = np.arange(n) * math.pi * (3 - math.sqrt(5))
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], -1)


def _toward(middle: np.ndarray, direction: np.ndarray, radius: float, pixel: float) -> Camera:
    up = (1.0, 0.0, 0.0) if abs(direction[1]) > 0.9 else (0.0, 1.0, 0.0)
    rotation, translation = look_at(middle + 2 * radius * direction, middle, up)
    return Camera(MAP_SIZE, MAP_SIZE, 1 / pixel, rotation, translation, perspective=False)


@compiled
def _count(vertices, normals, direction, rotation, lens, pixel, nearest, open_sky, whole_sky):
    """Add this direction to the sums. A vertex is moved one and a half pixels off the surface and compared
    with the four pixels around it, so that a surface does not shade itself."""
    for i in range(vertices.shape[0]):
        cosine = normals[i, 0] * direction[0] + normals[i, 1] * direction[1] + normals[i, 2] * direction[2]
        if cosine <= 0:
            continue
        whole_sky[i] += cosine
        a = vertices[i, 0] + normals[i, 0] * 1.5 * pixel
        b = vertices[i, 1] + normals[i, 1] * 1.5 * pixel
        c = vertices[i, 2] + normals[i, 2] * 1.5 * pixel
        x = (rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2] * c + lens[0]) * lens[3] + lens[4]
        y = (rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2] * c + lens[1]) * lens[3] + lens[5]
        z = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2] * c + lens[2]
        column, row = np.int64(np.floor(x - 0.5)), np.int64(np.floor(y - 0.5))
        seen = 0
        for dy in range(2):
            for dx in range(2):
                u = min(max(column + dx, 0), nearest.shape[1] - 1)
                v = min(max(row + dy, 0), nearest.shape[0] - 1)
                seen += nearest[v, u] <= -z + pixel
        open_sky[i] += cosine * seen / 4


def _smooth(values: np.ndarray, faces: np.ndarray, passes: int) -> np.ndarray:
    """Half the value, half the mean of the neighbours, some times over."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    count = np.bincount(pairs[:, 0], minlength=len(values))
    for _ in range(passes):
        total = np.bincount(pairs[:, 0], values[pairs[:, 1]], minlength=len(values))
        values = np.where(count > 0, 0.5 * values + 0.5 * total / np.maximum(count, 1), values)
    return values
