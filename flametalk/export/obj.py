"""OBJ, one file a frame: vertices, texture coordinates, quads where the head has them.

Metres, +y up. Everything but the vertices is made once and written again and again.
"""

from pathlib import Path

import numpy as np

from ..clip import Clip
from ..head import Head
from ..version import __version__
from .decimals import vertex_lines
from .sequence import MeshSequence, Topology, mesh_sequence, write_frames
from .settings import ExportSettings


def write_obj(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """`frames/*.obj`, or one file for a clip of one frame."""
    write_obj_frames(path, mesh_sequence(clip, head, settings))


def write_obj_frames(path: Path, sequence: MeshSequence) -> None:
    """The same for any sequence of meshes."""
    before = f"# flametalk {__version__}, metres, +y up\no head\n".encode()
    after = face_lines(sequence.topology)
    write_frames(path, sequence, lambda vertices: (before, vertex_lines(vertices), after))


def face_lines(topology: Topology) -> bytes:
    """`vt` and `f` lines; OBJ counts from 1."""
    polygons = (topology.polygons + 1).tolist()
    if topology.uv is None or topology.uv_polygons is None:
        corners = [[str(i) for i in row if i] for row in polygons]
        return _lines("f", corners)
    places = [[f"{u:.6f}", f"{v:.6f}"] for u, v in np.asarray(topology.uv, np.float64).tolist()]
    pairs = zip(polygons, (topology.uv_polygons + 1).tolist(), strict=True)
    corners = [[f"{i}/{t}" for i, t in zip(row, uvs, strict=True) if i] for row, uvs in pairs]
    return _lines("vt", places) + b"s 1\n" + _lines("f", corners)


def _lines(keyword: str, rows: list[list[str]]) -> bytes:
    return "".join(f"{keyword} {' '.join(row)}\n" for row in rows).encode("ascii")
