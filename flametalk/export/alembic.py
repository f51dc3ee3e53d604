"""Alembic (extra `alembic`): the vertices of every frame, with texture coordinates.

Metres, +y up, as the format has it. The head is `/head`.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import numpy as np
from jaxtyping import Float32, Int32

from ..clip import Clip
from ..errors import FileError
from ..extras import require
from ..files import atomic_path
from ..head import Head
from .sequence import MeshSequence, Topology, mesh_sequence
from .settings import ExportSettings

PURPOSE: Final = "writing Alembic files"
WAIT: Final = 600.0  # seconds that the last bytes may take
Last = Float32[np.ndarray, "v 3"]


def write_alembic(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """One file for the whole clip, written block by block."""
    write_alembic_meshes(path, {"head": mesh_sequence(clip, head, settings)})


def write_alembic_meshes(path: Path, meshes: dict[str, MeshSequence]) -> None:
    """The same for any meshes of equal length, by name."""
    require("alembic3d", "alembic", PURPOSE)
    with atomic_path(path) as temporary:
        last = _write(temporary, path, meshes)
        _check(temporary, path, last, next(iter(meshes.values())).n_frames)


def _write(path: Path, wanted: Path, meshes: dict[str, MeshSequence]) -> dict[str, Last]:
    """Gives the last frame of each mesh. The library writes in another process, see there."""
    fps = next(iter(meshes.values())).fps
    script = Path(__file__).with_name("alembic_process.py")
    command = [sys.executable, "-P", str(script), str(path), repr(float(fps)), *meshes]
    last: dict[str, Last] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None
        try:
            for mesh in meshes.values():
                for part in clockwise(mesh.topology):
                    _send(process.stdin, part)
            for blocks in zip(*(mesh.blocks() for mesh in meshes.values()), strict=True):
                for name, block in zip(meshes, blocks, strict=True):
                    _send(process.stdin, block)
                    last[name] = block[-1].copy()
            process.stdin.close()
            told = process.stderr.read().decode(errors="replace").strip()
        except BrokenPipeError:  # it has ended, and told why
            with suppress(BrokenPipeError):
                process.stdin.close()  # nobody takes what is left in it
            told = process.stderr.read().decode(errors="replace").strip()
        except BaseException:
            process.kill()
            raise
        if process.wait(WAIT):
            reason = told.splitlines()[-1] if told else f"Alembic ended with code {process.returncode}"
            raise FileError(wanted, f"writing failed: is the disk full? ({reason.strip()})")
    return last


def _send(stream: IO[bytes], values: np.ndarray) -> None:
    """A line with type and shape, then the numbers."""
    stream.write(f"{values.dtype.str} {' '.join(map(str, values.shape))}\n".encode())
    stream.write(np.ascontiguousarray(values).data)


def clockwise(
    topology: Topology,
) -> tuple[
    Int32[np.ndarray, "q"],
    Int32[np.ndarray, "n"],
    Float32[np.ndarray, "c 2"],
    Int32[np.ndarray, "m"],
]:
    """Corner counts, corners, texture coordinates and their corners. Alembic's polygons run clockwise.

    A mesh without texture coordinates has none of the last two.
    """
    filled = topology.polygons >= 0
    counts = filled.sum(1, dtype=np.int32)
    corners = topology.polygons[:, ::-1][filled[:, ::-1]]
    if topology.uv is None or topology.uv_polygons is None:
        return counts, corners, np.zeros((0, 2), np.float32), np.zeros(0, np.int32)
    return counts, corners, topology.uv, topology.uv_polygons[:, ::-1][filled[:, ::-1]]


def _check(path: Path, wanted: Path, last: dict[str, Last], frames: int) -> None:
    """Read the last frame back; selectors are seconds, behind the end is the last one."""
    from alembic3d import Abc, AbcGeom

    try:
        archive = Abc.IArchive(str(path))
        for name, expected in last.items():
            schema = AbcGeom.IPolyMesh(archive.getTop(), name).getSchema()
            places = np.array(schema.getValue(Abc.ISampleSelector(float(frames))).getPositions(), np.float32)
            if schema.getNumSamples() != frames or not np.array_equal(places, expected):
                raise FileError(wanted, "writing failed: not all of it is on the disk (is it full?)")
    except RuntimeError as error:  # what Alembic's own exceptions arrive as
        raise FileError(wanted, f"writing failed: the file cannot be read back ({error})") from error
