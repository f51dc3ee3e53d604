"""Which triangles of a mesh cut through which others: every pair, by a grid of cells and exact edge tests."""

from typing import no_type_check

import numpy as np

from flametalk.jit import compiled, inlined

CELL = 5.0  # millimetres, about the size of the mesh's larger triangles


@inlined
@no_type_check
def _pierces(points, a, b):
    """Whether an edge of triangle `a` passes through triangle `b`."""
    o = points[b[0]]
    ux, uy, uz = points[b[1]] - o
    vx, vy, vz = points[b[2]] - o
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    area = nx * nx + ny * ny + nz * nz
    for k in range(3):
        p, q = points[a[k]], points[a[(k + 1) % 3]]
        rx, ry, rz = q - p
        along = nx * rx + ny * ry + nz * rz
        if along == 0.0 or area == 0.0:
            continue
        t = (nx * (o[0] - p[0]) + ny * (o[1] - p[1]) + nz * (o[2] - p[2])) / along
        if t <= 0.0 or t >= 1.0:
            continue
        wx, wy, wz = p[0] + t * rx - o[0], p[1] + t * ry - o[1], p[2] + t * rz - o[2]
        s = ((wy * vz - wz * vy) * nx + (wz * vx - wx * vz) * ny + (wx * vy - wy * vx) * nz) / area
        r = ((uy * wz - uz * wy) * nx + (uz * wx - ux * wz) * ny + (ux * wy - uy * wx) * nz) / area
        if s > 0.0 and r > 0.0 and s + r < 1.0:
            return True
    return False


@compiled
@no_type_check
def _search(points, tris, place, group, wanted, low, high, starts, members, shape):
    """Pairs (a < b) of triangles that cross; `wanted` says which groups may be looked at together."""
    found = np.empty((1024, 2), np.int64)
    count = 0
    for cell in range(len(starts) - 1):
        for m in range(starts[cell], starts[cell + 1]):
            i = members[m]
            for n in range(m + 1, starts[cell + 1]):
                j = members[n]
                if not wanted[group[i], group[j]]:
                    continue
                apart = False
                home = 0
                for c in range(3):
                    if low[i, c] > high[j, c] or low[j, c] > high[i, c]:
                        apart = True
                        break
                    home = home * shape[c] + int(max(low[i, c], low[j, c]))
                if apart or home != cell:  # the pair is looked at in the first cell that both lie in
                    continue
                shared = False
                for x in range(3):
                    for y in range(3):
                        shared |= place[tris[i, x]] == place[tris[j, y]]
                if shared:
                    continue
                if _pierces(points, tris[i], tris[j]) or _pierces(points, tris[j], tris[i]):
                    if count == len(found):
                        more = np.empty((2 * count, 2), np.int64)
                        more[:count] = found
                        found = more
                    found[count, 0], found[count, 1] = min(i, j), max(i, j)
                    count += 1
    return found[:count]


@compiled
@no_type_check
def _fill(low, high, shape, starts, members):
    """Which triangles reach into each cell: counted first, then listed."""
    for turn in range(2):
        for f in range(len(low)):
            for x in range(int(low[f, 0]), int(high[f, 0]) + 1):
                for y in range(int(low[f, 1]), int(high[f, 1]) + 1):
                    for z in range(int(low[f, 2]), int(high[f, 2]) + 1):
                        cell = (x * shape[1] + y) * shape[2] + z
                        if turn == 0:
                            starts[cell + 1] += 1
                        else:
                            members[starts[cell]] = f
                            starts[cell] += 1
        if turn == 0:
            for cell in range(1, len(starts)):
                starts[cell] += starts[cell - 1]
    for cell in range(len(starts) - 1, 0, -1):
        starts[cell] = starts[cell - 1]
    starts[0] = 0


def crossing_pairs(points, tris, group, wanted):
    """(n, 2) triangles that cut through each other. `points` in millimetres; `group` (f,) numbers the
    triangles' surfaces, `wanted` (groups, groups) says which of them are compared. Triangles with a common
    vertex do not count, nor do those with vertices in the same place."""
    points = np.ascontiguousarray(points, np.float64)
    tris = np.ascontiguousarray(tris, np.int64)
    corner = points[tris]
    origin = points.min(0)
    low, high = (corner.min(1) - origin) / CELL, (corner.max(1) - origin) / CELL
    shape = np.ceil(high.max(0)).astype(np.int64) + 1
    starts = np.zeros(shape.prod() + 1, np.int64)
    reach = np.prod(high.astype(int) - low.astype(int) + 1, 1).sum()
    members = np.empty(reach, np.int64)
    _fill(low, high, shape, starts, members)
    _, place = np.unique(points.round(4), axis=0, return_inverse=True)
    groups = np.ascontiguousarray(group, np.int64)
    return _search(
        points, tris, place.ravel(), groups, np.ascontiguousarray(wanted | wanted.T), low, high, starts,
        members, shape,
    )  # fmt: skip
