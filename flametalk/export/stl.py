"""STL, binary, one file a frame: triangles for printers, in millimetres, +z up."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..head import Head
from ..version import __version__
from .sequence import MeshSequence, mesh_sequence, write_frames
from .settings import ExportSettings

RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def write_stl(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """`frames/*.stl`, or one file for a clip of one frame."""
    write_stl_frames(path, mesh_sequence(clip, head, settings))


def write_stl_frames(path: Path, sequence: MeshSequence) -> None:
    """The same for any sequence of meshes."""
    faces = sequence.topology.faces
    text = f"flametalk {__version__}, millimetres, +z up".encode()
    before = text.ljust(80) + np.uint32(len(faces)).tobytes()
    write_frames(path, sequence, lambda vertices: (before, triangles(vertices, faces)))


def triangles(vertices: Float32[np.ndarray, "v 3"], faces: Int32[np.ndarray, "f 3"]) -> np.ndarray:
    """Records of 50 bytes. A triangle without area has the normal (0, 0, 0), as the format has it."""
    x, y, z = vertices.T * np.float32(MILLIMETRES)
    corners = np.stack([x, -z, y], 1)[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(faces), RECORD)
    records["corners"] = corners
    records["normal"] = normals / np.where(length > 0, length, 1)
    return records.view(np.uint8)
