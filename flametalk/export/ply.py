"""PLY, binary, one file a frame: vertices, triangles, and texture coordinates at their corners.

Metres, +y up.
"""

from pathlib import Path

import numpy as np

from ..clip import Clip
from ..head import Head
from ..version import __version__
from .sequence import MeshSequence, Topology, mesh_sequence, write_frames
from .settings import ExportSettings


def write_ply(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """`frames/*.ply`, or one file for a clip of one frame."""
    write_ply_frames(path, mesh_sequence(clip, head, settings))


def write_ply_frames(path: Path, sequence: MeshSequence) -> None:
    """The same for any sequence of meshes."""
    before, after = header(sequence.topology), face_records(sequence.topology)
    write_frames(path, sequence, lambda v: (before, np.ascontiguousarray(v, "<f4"), after))


def header(topology: Topology) -> bytes:
    corners = "property list uchar float texcoord\n" if topology.uv_faces is not None else ""
    return (
        "ply\nformat binary_little_endian 1.0\n"
        f"comment flametalk {__version__}, metres, +y up\n"
        f"element vertex {topology.n_vertices}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(topology.faces)}\n"
        f"property list uchar int vertex_indices\n{corners}end_header\n"
    ).encode("ascii")


def face_records(topology: Topology) -> bytes:
    """Counts, indices, and u v of each corner."""
    fields = [("three", "u1"), ("corners", "<i4", 3)]
    if topology.uv_faces is not None:
        fields += [("six", "u1"), ("uv", "<f4", 6)]
    records = np.zeros(len(topology.faces), np.dtype(fields))
    records["three"], records["corners"] = 3, topology.faces
    if topology.uv_faces is not None and topology.uv is not None:
        records["six"], records["uv"] = 6, topology.uv[topology.uv_faces].reshape(-1, 6)
    return records.tobytes()
