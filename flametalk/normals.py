"""Smooth vertex normals: the area-weighted mean of the faces around a vertex."""

import numpy as np
from jaxtyping import Float, Float32, Int

from .jit import compiled_fast


def vertex_normals(
    vertices: Float32[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> Float32[np.ndarray, "v 3"]:
    """Unit normals, outwards for faces that run counter-clockwise seen from outside. A vertex without
    area around it gets (0, 0, 1)."""
    normals = np.empty((len(vertices), 3), np.float32)
    fill_normals(np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32), normals)
    return normals


def vertex_normals_reference(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> Float32[np.ndarray, "v 3"]:
    """The same with NumPy alone."""
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(normals, faces[:, corner], face_normals)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    flat = length[:, 0] < TINY
    normals[flat], length[flat] = (0.0, 0.0, 1.0), 1.0
    return (normals / length).astype(np.float32)


TINY = 1e-18  # square metres: no area at all


@compiled_fast
def fill_normals(vertices, faces, normals):
    """The same into an array that is there: `vertices` in single precision, `faces` of 32 bits."""
    normals[:] = np.float32(0)
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, az = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        ux, uy, uz = vertices[j, 0] - ax, vertices[j, 1] - ay, vertices[j, 2] - az
        vx, vy, vz = vertices[k, 0] - ax, vertices[k, 1] - ay, vertices[k, 2] - az
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (i, j, k):
            normals[corner, 0] += x
            normals[corner, 1] += y
            normals[corner, 2] += z
    for vertex in range(normals.shape[0]):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = np.sqrt(np.float64(x) * x + np.float64(y) * y + np.float64(z) * z)
        if length < 1e-18:
            normals[vertex, 0], normals[vertex, 1], normals[vertex, 2] = 0.0, 0.0, 1.0
        else:
            scale = np.float32(1.0 / length)
            normals[vertex, 0] = x * scale
            normals[vertex, 1] = y * scale
            normals[vertex, 2] = z * scale
