"""PC2, the point cache of 3ds Max that Blender, Maya and others read: vertices of every frame, no mesh.

Axes and units are those of an FBX file written with the same preset, so that the cache fits its mesh;
sample k is frame k.
"""

import struct
from pathlib import Path

import numpy as np

from ..clip import Clip
from ..files import atomic_path
from ..head import Head
from .fbx_frames import FRAMES, Frame
from .sequence import MeshSequence, mesh_sequence
from .settings import ExportSettings

MAGIC = b"POINTCACHE2\0"
HEADER = struct.Struct("<12siiffi")  # magic, version, points, first frame, frames a sample, samples


def write_pc2(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """One file for the whole clip, written block by block."""
    write_cache(path, mesh_sequence(clip, head, settings), FRAMES[settings.preset])


def write_cache(path: Path, sequence: MeshSequence, frame: Frame) -> None:
    """The same for any sequence of meshes."""
    points = sequence.topology.n_vertices
    turn = (frame.scale * frame.matrix.T).astype(np.float32)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(HEADER.pack(MAGIC, 1, points, 0.0, 1.0, sequence.n_frames))
        for block in sequence.blocks():
            file.write(np.ascontiguousarray(block @ turn, "<f4").data)
