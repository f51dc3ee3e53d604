"""Meshes as graphics cards want them: vertices split where texture coordinates or materials differ."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from .scene import Scene


@dataclass(frozen=True, eq=False)
class Part:
    """The triangles of one material with vertices of their own."""

    material: int
    rows: Int32[np.ndarray, "n"]  # vertex of the scene that each of these is
    uv: Float32[np.ndarray, "n 2"] | None  # v up
    faces: Int32[np.ndarray, "f 3"]


def parts_of(scene: Scene, of_faces: Int32[np.ndarray, "f"]) -> list[Part]:
    """One part a material that has triangles, in the order of the materials."""
    parts = []
    for material in np.unique(of_faces):
        faces = scene.faces[of_faces == material]
        if scene.uv is None or scene.uv_faces is None:
            rows, local = np.unique(faces, return_inverse=True)
            uv = None
        else:
            pairs = np.stack([faces.ravel(), scene.uv_faces[of_faces == material].ravel()], 1)
            split, local = np.unique(pairs, axis=0, return_inverse=True)
            rows, uv = split[:, 0], scene.uv[split[:, 1]]
        triangles = local.reshape(-1, 3).astype(np.int32)
        parts.append(Part(int(material), rows.astype(np.int32), uv, triangles))
    return parts


def shading_normals(scene: Scene) -> tuple[Float32[np.ndarray, "v 3"], Float32[np.ndarray, "k v 3"]]:
    """Normals at rest, and what each target at weight 1 adds to them."""
    from ..normals import vertex_normals

    rest = vertex_normals(scene.vertices, scene.faces)
    turned = [vertex_normals(scene.vertices + offsets, scene.faces) - rest for offsets in scene.targets]
    return rest, np.stack(turned) if turned else np.zeros((0, *rest.shape), np.float32)
