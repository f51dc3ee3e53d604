"""Where the eyeballs of a mesh look at rest, so that iris and pupil can be painted round.

Each eyeball is a part of the mesh that is not joined to the rest. Its vertices get two numbers: the angle
from the optical axis, to the right and up, divided by the angle at which the iris ends.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32, Int, Int32

from .looks import AWAY, IRIS, PUPIL, SCLERA

IRIS_ANGLE: Final = 0.50  # radians: an iris of 11.7 mm on a ball of 24.4 mm


def head_gaze(
    template: Float32[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"], materials: Int[np.ndarray, "f"]
) -> Float32[np.ndarray, "v 2"]:
    """The two numbers of every vertex; (4, 0), which is sclera, away from the eyeballs' fronts."""
    gaze = np.full((len(template), 2), AWAY, np.float32)
    eye_faces = np.isin(materials, (SCLERA, IRIS, PUPIL))
    for ball in _parts(faces[eye_faces], len(template)):
        points = template[ball].astype(np.float64)
        centre = sphere_centre(points)
        iris = np.isin(materials, (IRIS, PUPIL)) & np.isin(faces, ball).all(1)
        axis, limit = np.array([0.0, 0.0, 1.0]), IRIS_ANGLE
        if iris.any():
            ring = template[np.unique(faces[iris])].astype(np.float64) - centre
            ring /= np.linalg.norm(ring, axis=1, keepdims=True)
            axis = ring.mean(0) / np.linalg.norm(ring.mean(0))
            limit = float(np.arccos(np.clip(ring @ axis, -1, 1)).max())
        gaze[ball] = _angles(points - centre, axis) / limit
    return gaze


def sphere_centre(points: np.ndarray) -> np.ndarray:
    """Least-squares centre: |p|² = 2 p·c + (r² − |c|²) is linear in c."""
    middle = points.mean(0)
    local = points - middle
    system = np.c_[2 * local, np.ones(len(local))]
    return middle + np.linalg.lstsq(system, (local**2).sum(1), rcond=None)[0][:3]


def _angles(local: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Angle from `axis` split into right and up (azimuthal equidistant)."""
    right = np.cross([0.0, 1.0, 0.0], axis)
    right /= np.linalg.norm(right)
    across = np.stack([local @ right, local @ np.cross(axis, right)], -1)
    radius = np.linalg.norm(across, axis=1)
    angle = np.arctan2(radius, local @ axis)
    return across * (angle / np.maximum(radius, 1e-12))[:, None]


def _parts(faces: np.ndarray, n_vertices: int) -> list[np.ndarray]:
    """Vertices of each connected part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(faces):
        return []
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(n_vertices, n_vertices))
    _, label = connected_components(graph, directed=False)
    used = np.unique(faces)
    return [used[label[used] == part] for part in np.unique(label[used])]
