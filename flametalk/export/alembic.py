"""Alembic (extra `alembic`): the vertices of every frame, with texture coordinates.

Metres, +y up, as the format has it. The head is `/head`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

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


def write_alembic(clip: Clip, path: Path, head: Head, settings: ExportSettings) -> None:
    """One file for the whole clip, written block by block."""
    write_alembic_meshes(path, {"head": mesh_sequence(clip, head, settings)})


def write_alembic_meshes(path: Path, meshes: dict[str, MeshSequence]) -> None:
    """The same for any meshes of equal length, by name."""
    require("alembic3d", "alembic", PURPOSE)
    with atomic_path(path) as temporary:
        last = _write(temporary, meshes)
        _check(temporary, path, last, next(iter(meshes.values())).n_frames)


def _write(path: Path, meshes: dict[str, MeshSequence]) -> dict[str, Float32[np.ndarray, "v 3"]]:
    """Gives the last frame of each mesh. The file is complete when the archive is forgotten."""
    from alembic3d import Abc, AbcCoreAbstract, AbcGeom

    archive = Abc.OArchive(str(path))
    fps = next(iter(meshes.values())).fps
    times = archive.addTimeSampling(AbcCoreAbstract.TimeSampling(1.0 / fps, 0.0))
    objects = {name: AbcGeom.OPolyMesh(archive.getTop(), name, times) for name in meshes}
    schemas = {name: each.getSchema() for name, each in objects.items()}
    writers = {name: _Samples(mesh.topology) for name, mesh in meshes.items()}
    last = {}
    for blocks in zip(*(mesh.blocks() for mesh in meshes.values()), strict=True):
        for name, block in zip(meshes, blocks, strict=True):
            for sample in writers[name].samples(block):
                schemas[name].set(sample)
            last[name] = block[-1].copy()
    return last


class _Samples:
    """Samples of one mesh: the first with topology and texture coordinates, then places only."""

    def __init__(self, topology: Topology):
        counts, corners, uv, uv_corners = clockwise(topology)
        self.kept = [_buffer("IntArray", counts), _buffer("IntArray", corners)]
        if uv is not None and uv_corners is not None:
            self.kept += [_buffer("V2fArray", uv), _buffer("UnsignedIntArray", uv_corners)]
        self.first = True

    def samples(self, block: Float32[np.ndarray, "b v 3"]) -> Iterator[Any]:
        from alembic3d import AbcGeom

        for vertices in block:
            places = _buffer("V3fArray", vertices)
            if not self.first:
                sample = AbcGeom.OPolyMeshSchemaSample()
                sample.setPositions(places)
                yield sample
                continue
            self.first = False
            counts, corners = self.kept[:2]
            if len(self.kept) == 2:
                yield AbcGeom.OPolyMeshSchemaSample(places, corners, counts)
                continue
            scope = AbcGeom.GeometryScope.kFacevaryingScope
            uv = AbcGeom.OV2fGeomParamSample(*self.kept[2:], scope)
            yield AbcGeom.OPolyMeshSchemaSample(places, corners, counts, uv)


def clockwise(
    topology: Topology,
) -> tuple[
    Int32[np.ndarray, "q"],
    Int32[np.ndarray, "n"],
    Float32[np.ndarray, "c 2"] | None,
    Int32[np.ndarray, "n"] | None,
]:
    """Corner counts, corners, texture coordinates and their corners. Alembic's polygons run clockwise."""
    filled = topology.polygons >= 0
    counts = filled.sum(1, dtype=np.int32)
    corners = topology.polygons[:, ::-1][filled[:, ::-1]]
    if topology.uv is None or topology.uv_polygons is None:
        return counts, corners, None, None
    return counts, corners, topology.uv, topology.uv_polygons[:, ::-1][filled[:, ::-1]]


def _buffer(kind: str, values: np.ndarray) -> Any:
    """An imath array."""
    import imath

    if kind == "UnsignedIntArray":  # converts from doubles, which hold every index
        return imath.UnsignedIntArray(imath.DoubleArrayFromBuffer(values.astype(np.float64)))
    return getattr(imath, f"{kind}FromBuffer")(np.ascontiguousarray(values))


def _check(path: Path, wanted: Path, last: dict[str, Float32[np.ndarray, "v 3"]], frames: int) -> None:
    """The library does not report a full disk: read the last frame back."""
    from alembic3d import Abc, AbcGeom

    try:
        archive = Abc.IArchive(str(path))
        for name, expected in last.items():
            schema = AbcGeom.IPolyMesh(archive.getTop(), name).getSchema()
            places = np.array(schema.getValue(Abc.ISampleSelector(frames - 1)).getPositions(), np.float32)
            if schema.getNumSamples() != frames or not np.array_equal(places, expected):
                raise FileError(wanted, "writing failed: not all of it is on the disk (is it full?)")
    except RuntimeError as error:  # what Alembic's own exceptions arrive as
        raise FileError(wanted, f"writing failed: the file cannot be read back ({error})") from error
