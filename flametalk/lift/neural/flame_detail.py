"""Displacement on FLAME: the grid of texels that DECA takes normals from, and the dense mesh that it exports.

texels = flame_texels(head)                                  # which triangle lies under each texel
places = texel_vertices(texels, vertices, faces, map, data)  # (t, 256, 256, 3)
normals = grid_normals(places)
mesh = dense_vertices(vertices, faces, map, data)            # (t, 59315, 3), faces in data.faces
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from ...errors import InputError
from ...head import Head
from ...normals import vertex_normals
from ...render import Camera, CpuRenderer, Settings, from_faces
from .deca_data import DecaData
from .decoder import MAP

MARGIN_X: Final = 2  # texels without triangles at the sides of the grid
MARGIN_Y: Final = 5
EPS: Final = 1e-6  # no normal is divided by less


@dataclass(frozen=True, eq=False)
class Texels:
    """What lies under each texel; `covered` is False where no triangle does."""

    covered: Bool[np.ndarray, "n n"]
    corners: Int32[np.ndarray, "n n 3"]
    weights: Float32[np.ndarray, "n n 3"]

    def spread(self, values: Float[np.ndarray, "t v c"]) -> Float32[np.ndarray, "t n n c"]:
        """A value of the vertices at every texel, 0 where nothing is."""
        mixed = np.einsum("ijk,tijkc->tijc", self.weights, np.asarray(values, np.float32)[:, self.corners])
        return mixed * self.covered[..., None]


@lru_cache(maxsize=2)
def flame_texels(head: Head, size: int = MAP) -> Texels:
    """The texture layout of a head, drawn once; row 0 is v = 1."""
    if head.uv is None or head.uv_faces is None:
        raise InputError(
            f"head {head.name} has no texture coordinates: `flametalk assets add uv head_template.obj`"
        )
    uv = head.uv.cpu().numpy().astype(np.float32)
    flat = np.concatenate([uv, np.zeros((len(uv), 1), np.float32)], 1)
    turn = np.diag([1.0, -1.0, -1.0])
    camera = Camera(size, size, size, turn, np.array([0.0, 1.0, 1.0]), centre=(0.0, 0.0), perspective=False)
    surface = from_faces(head.uv_faces.cpu().numpy(), len(uv))
    drawn = CpuRenderer(Settings(antialias=1)).render(flat, surface, camera, ("face", "barycentric"))
    assert drawn.face is not None and drawn.barycentric is not None
    faces = head.faces.cpu().numpy().astype(np.int32)
    covered = drawn.face >= 0
    return Texels(covered, faces[np.maximum(drawn.face, 0)], drawn.barycentric)


def normals_of(
    vertices: Float[np.ndarray, "t v 3"], faces: Int32[np.ndarray, "f 3"]
) -> Float32[np.ndarray, "t v 3"]:
    """Unit normals of every frame, triangles by their area."""
    return np.stack([vertex_normals(np.ascontiguousarray(frame, np.float32), faces) for frame in vertices])


def texel_vertices(
    texels: Texels,
    vertices: Float[np.ndarray, "t v 3"],
    faces: Int32[np.ndarray, "f 3"],
    heights: Float[np.ndarray, "t 256 256"],
    data: DecaData,
) -> Float32[np.ndarray, "t 256 256 3"]:
    """Places of the texels: detail where the mask lets it, the fixed displacement everywhere."""
    moved = np.asarray(heights, np.float32) * data.mask + data.fixed
    return texels.spread(vertices) + moved[..., None] * texels.spread(normals_of(vertices, faces))


@lru_cache(maxsize=2)
def grid_faces(size: int = MAP) -> Int32[np.ndarray, "g 3"]:
    """Two triangles for each square of neighbouring texels within the margins; 122,990 at 256."""
    y, x = np.mgrid[MARGIN_Y : size - 1 - MARGIN_Y, MARGIN_X : size - 1 - MARGIN_X]
    corner = (y * size + x).ravel()
    right, below = corner + 1, corner + size
    both = np.concatenate([np.stack([corner, below, right], 1), np.stack([right, below, below + 1], 1)])
    return both.astype(np.int32)


def grid_normals(places: Float[np.ndarray, "t 256 256 3"]) -> Float32[np.ndarray, "t 256 256 3"]:
    """Normals of the grid of texels as a mesh: DECA's detail normals."""
    size = places.shape[1]
    return np.stack(
        [
            _normals(frame.reshape(-1, 3).astype(np.float64), grid_faces(size)).reshape(size, size, 3)
            for frame in places
        ]
    )


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    total = np.stack(
        [sum(np.bincount(faces[:, k], flat[:, axis], len(vertices)) for k in range(3)) for axis in range(3)],
        1,
    )
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), EPS)).astype(np.float32)


def dense_vertices(
    vertices: Float[np.ndarray, "t v 3"],
    faces: Int32[np.ndarray, "f 3"],
    heights: Float[np.ndarray, "t 256 256"],
    data: DecaData,
) -> Float32[np.ndarray, "t d 3"]:
    """The dense mesh as DECA exports it: the whole map, not masked, and the fixed displacement."""
    vertices = np.asarray(vertices, np.float32)
    mixed = np.einsum("dk,tdkc->tdc", data.weights, vertices[:, data.corners])
    along = np.einsum("dk,tdkc->tdc", data.weights, normals_of(vertices, faces)[:, data.corners])
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), EPS)
    moved = (np.asarray(heights, np.float32) + data.fixed)[:, data.rows, data.columns]
    return mixed + moved[..., None] * along


def outward_faces(
    dense: Float[np.ndarray, "d 3"], data: DecaData, vertices: Float[np.ndarray, "v 3"], faces: np.ndarray
) -> Int32[np.ndarray, "g 3"]:
    """The dense triangles, counter-clockwise seen from outside (in the file they are the other way round)."""
    normals = normals_of(vertices[None], faces)[0]
    along = np.einsum("dk,dkc->dc", data.weights, normals[data.corners])
    a, b, c = (dense[data.faces[:, k]] for k in range(3))
    agreement = (np.cross(b - a, c - a) * along[data.faces[:, 0]]).sum()
    return data.faces if agreement >= 0 else np.ascontiguousarray(data.faces[:, ::-1])
