"""The kernel of `dense.py`: vertices and normals of the fine mesh from those of the coarse one.

Normals of the coarse mesh come from `normals.py`, whose kernel is called before this one, not by it.
"""

from typing import no_type_check

import numpy as np

from ..jit import compiled_fast, inlined


@inlined
@no_type_check
def _slope(places, faces, heights, slope):
    """Per vertex the sum of gradient times area of the faces around it, and their area; 0 where flat."""
    slope[:] = np.float32(0)
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        a, b, c = heights[i], heights[j], heights[k]
        if a == 0 and b == 0 and c == 0:
            continue
        ux, uy, uz = places[j, 0] - places[i, 0], places[j, 1] - places[i, 1], places[j, 2] - places[i, 2]
        vx, vy, vz = places[k, 0] - places[i, 0], places[k, 1] - places[i, 1], places[k, 2] - places[i, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        double = np.sqrt(x * x + y * y + z * z)
        if double < np.float32(1e-14):
            continue
        x, y, z = x / double, y / double, z / double
        # area times gradient: half of normal × (edge opposite to each corner, times its height)
        b, c = b - a, c - a
        ex, ey, ez = c * ux - b * vx, c * uy - b * vy, c * uz - b * vz
        gx = np.float32(0.5) * (y * ez - z * ey)
        gy = np.float32(0.5) * (z * ex - x * ez)
        gz = np.float32(0.5) * (x * ey - y * ex)
        for corner in (i, j, k):
            slope[corner, 0] += gx
            slope[corner, 1] += gy
            slope[corner, 2] += gz
            slope[corner, 3] += np.float32(0.5) * double


@compiled_fast
@no_type_check
def fine_frame(coarse, normals, faces, corners, weights, roundness, heights, share, slope, out):
    """`out` (v, 6): places and normals without heights, then the slope of the heights, then both together."""
    n, zero = coarse.shape[0], np.float32(0)
    for v in range(n):
        out[v, 3], out[v, 4], out[v, 5] = normals[v, 0], normals[v, 1], normals[v, 2]
        out[v, 0], out[v, 1], out[v, 2] = coarse[v, 0], coarse[v, 1], coarse[v, 2]
    for d in range(corners.shape[0]):
        x = y = z = nx = ny = nz = curved = zero
        for c in range(3):
            i, w = corners[d, c], weights[d, c]
            x += w * coarse[i, 0]
            y += w * coarse[i, 1]
            z += w * coarse[i, 2]
            nx += w * out[i, 3]
            ny += w * out[i, 4]
            nz += w * out[i, 5]
            curved += w * roundness[i]
        lx = ly = lz = zero
        for c in range(3):
            i, w = corners[d, c], weights[d, c]
            away = (
                (x - coarse[i, 0]) * out[i, 3]
                + (y - coarse[i, 1]) * out[i, 4]
                + (z - coarse[i, 2]) * out[i, 5]
            )
            lx += w * away * out[i, 3]
            ly += w * away * out[i, 4]
            lz += w * away * out[i, 5]
        raised, one = (
            share * curved,
            np.float32(1) / (np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-12)),
        )
        v = n + d
        out[v, 0], out[v, 1], out[v, 2] = x - raised * lx, y - raised * ly, z - raised * lz
        out[v, 3], out[v, 4], out[v, 5] = nx * one, ny * one, nz * one
    _slope(out, faces, heights, slope)
    for v in range(out.shape[0]):
        if slope[v, 3] > 0:
            nx, ny, nz = out[v, 3], out[v, 4], out[v, 5]
            area = np.float32(1) / slope[v, 3]
            gx, gy, gz = slope[v, 0] * area, slope[v, 1] * area, slope[v, 2] * area
            along = gx * nx + gy * ny + gz * nz
            x, y, z = nx - gx + along * nx, ny - gy + along * ny, nz - gz + along * nz
            one = np.float32(1) / np.sqrt(x * x + y * y + z * z)
            out[v, 0] += heights[v] * nx
            out[v, 1] += heights[v] * ny
            out[v, 2] += heights[v] * nz
            out[v, 3], out[v, 4], out[v, 5] = x * one, y * one, z * one
