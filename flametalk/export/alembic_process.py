"""Runs in a process of its own and knows nothing of flametalk: arrays come in, an Alembic file comes out.

    python alembic_process.py FILE FPS NAME…        < arrays, each with its type and shape in a line

On a full disk Alembic's library ends its process; here it ends only this one. Per mesh come the counts of
the corners, the corners, the texture coordinates and their corners (both empty where there are none); then,
until the input ends, blocks of frames (b, v, 3), one of each mesh in turn.
"""

import sys
from collections.abc import Iterator
from io import BufferedReader
from typing import Any

import imath
import numpy as np
from alembic3d import Abc, AbcCoreAbstract, AbcGeom


def main(path: str, fps: str, *names: str) -> None:
    source = sys.stdin.buffer
    assert isinstance(source, BufferedReader)
    archive = Abc.OArchive(path)
    times = archive.addTimeSampling(AbcCoreAbstract.TimeSampling(1.0 / float(fps), 0.0))
    objects = {name: AbcGeom.OPolyMesh(archive.getTop(), name, times) for name in names}
    schemas = {name: each.getSchema() for name, each in objects.items()}
    topologies = {name: [array(source) for _ in range(4)] for name in names}
    while source.peek(1):
        for name in names:
            for sample in samples(array(source), topologies[name]):
                schemas[name].set(sample)


def array(source: BufferedReader) -> np.ndarray:
    kind, *shape = source.readline().decode().split()
    values = np.zeros(tuple(map(int, shape)), kind)
    if source.readinto(values.reshape(-1).view(np.uint8).data) != values.nbytes:
        raise EOFError("the input ended within an array")
    return values


def samples(block: np.ndarray, topology: list[np.ndarray]) -> Iterator[Any]:
    """The first with topology and texture coordinates, which `topology` then forgets; then places only."""
    for vertices in block:
        places = imath.V3fArrayFromBuffer(np.ascontiguousarray(vertices))
        if not topology:
            sample = AbcGeom.OPolyMeshSchemaSample()
            sample.setPositions(places)
            yield sample
            continue
        counts, corners, uv, uv_corners = topology
        given = [places, imath.IntArrayFromBuffer(corners), imath.IntArrayFromBuffer(counts)]
        if len(uv):
            # converted from doubles, which hold every index
            index = imath.UnsignedIntArray(imath.DoubleArrayFromBuffer(uv_corners.astype(np.float64)))
            scope = AbcGeom.GeometryScope.kFacevaryingScope
            given.append(AbcGeom.OV2fGeomParamSample(imath.V2fArrayFromBuffer(uv), index, scope))
        yield AbcGeom.OPolyMeshSchemaSample(*given)
        topology.clear()


if __name__ == "__main__":
    main(*sys.argv[1:])
