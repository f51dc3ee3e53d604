"""The head with its wrinkles: the fine mesh of `head/dense.py`, frame by frame."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..clip import Clip
from ..head import Head
from ..head.dense import DenseMesh, dense_mesh
from .materials import Appearance
from .scene import Scene, as_polygons
from .sequence import BLOCK, MeshSequence, Topology


def detail_sequence(clip: Clip, head: Head) -> MeshSequence:
    """The clip's own detail code, and what its expressions and shape add to it."""
    mesh = dense_mesh(head)

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, clip.n_frames, BLOCK):
            part = slice(start, start + BLOCK)
            shape = clip.shape[part] if clip.shape.ndim == 2 else clip.shape[None]
            detail = None if clip.detail is None else clip.detail[part]
            code = mesh.basis.code(head, detail, clip.expression[part], shape)
            coarse = clip.vertices(head, part.start, part.stop).float().cpu().numpy()
            yield np.ascontiguousarray(mesh.vertices(coarse, code))

    return MeshSequence(detail_topology(mesh), clip.n_frames, clip.fps, blocks)


def detail_topology(mesh: DenseMesh) -> Topology:
    """Triangles only: the fine ones fill no quads."""
    return Topology(
        mesh.n_vertices,
        mesh.faces,
        as_polygons(mesh.faces),
        mesh.uv,
        mesh.uv_faces,
        as_polygons(mesh.uv_faces),
    )


def fine_scene(scene: Scene, head: Head, look: Appearance) -> tuple[Scene, Appearance]:
    """The fine mesh at rest, for files that a cache of `detail_sequence` moves: no targets, no skin."""
    mesh = dense_mesh(head)
    shown = detail_topology(mesh)
    fine = replace(
        scene,
        vertices=np.ascontiguousarray(mesh.vertices(scene.vertices[None])[0]),
        faces=shown.faces,
        polygons=shown.polygons,
        polygon_of_face=np.arange(len(shown.faces), dtype=np.int32),
        uv=shown.uv,
        uv_faces=shown.uv_faces,
        uv_polygons=shown.uv_polygons,
        skin_joints=np.zeros((mesh.n_vertices, 4), np.int32),
        skin_weights=np.tile(np.array([1, 0, 0, 0], np.float32), (mesh.n_vertices, 1)),
        target_names=(),
        n_main=0,
        targets=np.zeros((0, mesh.n_vertices, 3), np.float32),
        weights=scene.weights[:, :0],
    )
    return fine, replace(look, of_faces=look.of_faces[mesh.parents])
