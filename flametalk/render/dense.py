"""The surface of a head's fine mesh, on which wrinkles show."""

from typing import TYPE_CHECKING

import numpy as np

from .looks import AWAY
from .surface import Surface, from_faces, from_head

if TYPE_CHECKING:
    from ..head import Head
    from ..head.dense import DenseMesh


def dense_surface(head: "Head", mesh: "DenseMesh") -> Surface:
    """Materials, occlusion, gaze and painted skin of the head, carried over to its fine mesh."""
    coarse = from_head(head)
    away = np.tile(np.array(AWAY, np.float32), (len(mesh.corners), 1))
    return from_faces(
        mesh.faces,
        mesh.n_vertices,
        materials=coarse.materials[mesh.parents],
        occlusion=mesh.spread(coarse.occlusion),
        gaze=np.concatenate([coarse.gaze, away]),
        uv=mesh.uv,
        uv_faces=mesh.uv_faces,
        texture=coarse.texture,
    )
