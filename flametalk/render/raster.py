"""The rasteriser: project vertices, find the nearest triangle at every sample.

Corners are snapped to 1/256 pixel and edges are whole-number functions with the top-left rule, so
triangles that share an edge leave no gap and never draw a sample twice. The depth test compares 1/z (weak
perspective: −z), which is linear in the picture; on equal depth fronts win, then the lower triangle number.
`reference.py` holds the same steps in NumPy.

Anti-aliasing costs only where there is something to smooth: `find_rims` tells from one sample in the middle
of each pixel where neighbours do not belong to one piece of surface, and only those pixels get all samples.
"""

import numpy as np

from ..jit import compiled, inlined

FARTHEST, NEAREST = np.float32(-3.0e38), np.float32(3.0e38)
LIMIT = 2.0**24  # subpixels from the picture's corner; triangles that reach further are left out
# Edges cross pixel rows at fractions with a denominator below 2³⁴; float64 places them better than this.
EXACT = 2.0e-11
NO_RIMS = np.zeros((0, 0), np.bool_)  # every pixel
TILE = 8  # pixels a side: what lies behind whole tiles of front faces is skipped


@compiled
def project(vertices, normals, rotation, lens, perspective, points, keys, usable):
    """Fill `points` (subpixel column and row, depth, normal, weight), `keys` (depth test) and `usable`.
    `lens` = translation (3), focal, centre (2), near, far. Gives the bounds in subpixels."""
    left, top, right, bottom = 2.0**40, 2.0**40, -(2.0**40), -(2.0**40)
    for i in range(vertices.shape[0]):
        a, b, c = np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2])
        x = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2] * c + lens[0]
        y = rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2] * c + lens[1]
        z = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2] * c + lens[2]
        usable[i] = lens[6] <= z <= lens[7]
        if not usable[i]:
            continue
        scale = lens[3] / z if perspective else lens[3]
        column = np.floor((x * scale + lens[4]) * 256.0 + 0.5)
        row = np.floor((y * scale + lens[5]) * 256.0 + 0.5)
        if abs(column) > LIMIT or abs(row) > LIMIT:
            usable[i] = False
            continue
        left, right = min(left, column), max(right, column)
        top, bottom = min(top, row), max(bottom, row)
        keys[i] = 1.0 / z if perspective else -z
        a, b, c = np.float64(normals[i, 0]), np.float64(normals[i, 1]), np.float64(normals[i, 2])
        points[i, 0], points[i, 1], points[i, 2] = column, row, z
        points[i, 3] = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2] * c
        points[i, 4] = -(rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2] * c)
        points[i, 5] = -(rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2] * c)
        points[i, 6] = 1.0 / z if perspective else 1.0
    return left, top, right, bottom


@compiled
def rasterise(faces, points, keys, usable, pattern, two_sided, window, rims, ids, nearest, floor):
    """Nearest triangle of each sample in `ids` (−1: none), its key in `nearest`; both (samples, h, w).
    Only the window (left, top, right, bottom; right and bottom excluded) is cleared and drawn, and of it
    only the pixels of `rims` (h, w), unless that is empty. `floor` (tiles down, across) is a buffer for the
    farthest key of each tile."""
    wx0, wy0, wx1, wy1 = window[0], window[1], window[2], window[3]
    if wx0 >= wx1 or wy0 >= wy1:
        return
    some = rims.shape[0] > 0
    if some:
        for ty in range(wy0 // TILE, (wy1 - 1) // TILE + 1):
            for tx in range(wx0 // TILE, (wx1 - 1) // TILE + 1):
                x0, x1 = max(tx * TILE, wx0), min(tx * TILE + TILE, wx1)
                empty = True
                for y in range(max(ty * TILE, wy0), min(ty * TILE + TILE, wy1)):
                    for x in range(x0, x1):
                        empty = empty & (not rims[y, x])
                floor[ty, tx] = NEAREST if empty else FARTHEST
                if not empty:
                    for s in range(ids.shape[0]):
                        for y in range(max(ty * TILE, wy0), min(ty * TILE + TILE, wy1)):
                            for x in range(x0, x1):
                                ids[s, y, x], nearest[s, y, x] = -1, FARTHEST
    else:
        ids[:, wy0:wy1, wx0:wx1] = -1
        nearest[:, wy0:wy1, wx0:wx1] = FARTHEST
    for back in range(2 if two_sided else 1):
        if back:
            for ty in range(wy0 // TILE, (wy1 - 1) // TILE + 1):
                for tx in range(wx0 // TILE, (wx1 - 1) // TILE + 1):
                    low = NEAREST
                    if not some or floor[ty, tx] != NEAREST:
                        for s in range(ids.shape[0]):
                            for y in range(max(ty * TILE, wy0), min(ty * TILE + TILE, wy1)):
                                for x in range(max(tx * TILE, wx0), min(tx * TILE + TILE, wx1)):
                                    if not some or rims[y, x]:
                                        low = min(low, nearest[s, y, x])
                    floor[ty, tx] = low
        for face in range(faces.shape[0]):
            i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
            if not (usable[i] and usable[j] and usable[k]):
                continue
            x0, y0 = np.int64(points[i, 0]), np.int64(points[i, 1])
            x1, y1 = np.int64(points[j, 0]), np.int64(points[j, 1])
            x2, y2 = np.int64(points[k, 0]), np.int64(points[k, 1])
            area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
            # a front face, counter-clockwise with y up, is clockwise with y down
            if area == 0 or (area > 0) != (back == 1):
                continue
            k0, k1, k2 = keys[i], keys[j], keys[k]
            if area < 0:
                x1, y1, k1, x2, y2, k2 = x2, y2, k2, x1, y1, k1
                area = -area
            xmin, xmax = min(x0, x1, x2), max(x0, x1, x2)
            ymin, ymax = min(y0, y1, y2), max(y0, y1, y2)
            if back or some:
                best = max(k0, k1, k2)
                best += 1e-6 * abs(best)
                hidden = True
                for ty in range(max(ymin >> 8, wy0) // TILE, min(ymax >> 8, wy1 - 1) // TILE + 1):
                    for tx in range(max(xmin >> 8, wx0) // TILE, min(xmax >> 8, wx1 - 1) // TILE + 1):
                        hidden = hidden and best < floor[ty, tx]
                if hidden:
                    continue
            if some:
                touched = False
                for y in range(max(ymin >> 8, wy0), min(ymax >> 8, wy1 - 1) + 1):
                    for x in range(max(xmin >> 8, wx0), min(xmax >> 8, wx1 - 1) + 1):
                        touched = touched or rims[y, x]
                    if touched:
                        break
                if not touched:
                    continue
            inverse = 1.0 / np.float64(area)
            # change of the three edge functions from one pixel to the next, along x and y
            a0, a1, a2 = (y1 - y2) * 256, (y2 - y0) * 256, (y0 - y1) * 256
            b0, b1, b2 = (x2 - x1) * 256, (x0 - x2) * 256, (x1 - x0) * 256
            kx = (a0 * k0 + a1 * k1 + a2 * k2) * inverse
            ky = (b0 * k0 + b1 * k1 + b2 * k2) * inverse
            # the top-left rule: a sample on any other edge belongs to the neighbour
            c0 = 0 if a0 > 0 or (a0 == 0 and b0 > 0) else 1
            c1 = 0 if a1 > 0 or (a1 == 0 and b1 > 0) else 1
            c2 = 0 if a2 > 0 or (a2 == 0 and b2 > 0) else 1
            r0 = -1.0 / a0 if a0 != 0 else 0.0
            r1 = -1.0 / a1 if a1 != 0 else 0.0
            r2 = -1.0 / a2 if a2 != 0 else 0.0
            for s in range(pattern.shape[0]):
                ox, oy = pattern[s, 0], pattern[s, 1]
                left, right = max((xmin - ox + 255) >> 8, wx0), min((xmax - ox) >> 8, wx1 - 1)
                top, bottom = max((ymin - oy + 255) >> 8, wy0), min((ymax - oy) >> 8, wy1 - 1)
                if left > right or top > bottom:
                    continue
                px, py = left * 256 + ox, top * 256 + oy
                e0 = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
                e1 = (x0 - x2) * (py - y2) - (y0 - y2) * (px - x2)
                e2 = (x1 - x0) * (py - y0) - (y1 - y0) * (px - x0)
                start = (e0 * k0 + e1 * k1 + e2 * k2) * inverse
                e0, e1, e2 = e0 - c0, e1 - c1, e2 - c2
                span = float(right - left)
                for y in range(top, bottom + 1):
                    # the part of the row where all three edge functions are ≥ 0
                    first, last = 0.0, span
                    if a0 > 0:
                        first = max(first, e0 * r0)
                    elif a0 < 0:
                        last = min(last, e0 * r0)
                    elif e0 < 0:
                        last = -1.0
                    if a1 > 0:
                        first = max(first, e1 * r1)
                    elif a1 < 0:
                        last = min(last, e1 * r1)
                    elif e1 < 0:
                        last = -1.0
                    if a2 > 0:
                        first = max(first, e2 * r2)
                    elif a2 < 0:
                        last = min(last, e2 * r2)
                    elif e2 < 0:
                        last = -1.0
                    line = start + ky * (y - top)
                    for x in range(np.int64(np.ceil(first - EXACT)), np.int64(np.floor(last + EXACT)) + 1):
                        key = np.float32(line + kx * x)
                        if key > nearest[s, y, left + x] and (not some or rims[y, left + x]):
                            nearest[s, y, left + x] = key
                            ids[s, y, left + x] = face
                    e0, e1, e2 = e0 + b0, e1 + b1, e2 + b2


@inlined
def _parted(a, b, faces, materials, fronts):
    """Whether something may end between two pixels that show triangles a and b: one is empty, or they differ
    in material or side, or share no vertex."""
    if a < 0 or b < 0 or materials[a] != materials[b] or fronts[a] != fronts[b]:
        return True
    i, j, k = faces[a, 0], faces[a, 1], faces[a, 2]
    p, q, r = faces[b, 0], faces[b, 1], faces[b, 2]
    others = (p, q, r)
    return not (i in others or j in others or k in others)


@compiled
def find_rims(ids, faces, points, materials, window, fronts, rims):
    """Mark in `rims` (h, w) the pixels of the window that differ from the next one to the left, right, above
    or below in a way that shows; `ids` (h, w) are of one sample a pixel. `fronts` (faces) is a buffer."""
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        x0, y0 = np.int64(points[i, 0]), np.int64(points[i, 1])
        x1, y1 = np.int64(points[j, 0]), np.int64(points[j, 1])
        x2, y2 = np.int64(points[k, 0]), np.int64(points[k, 1])
        fronts[face] = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0) < 0
    left, top, right, bottom = window[0], window[1], window[2], window[3]
    rims[top:bottom, left:right] = False
    for y in range(top, bottom):
        for x in range(left, right):
            a = ids[y, x]
            b = ids[y, min(x + 1, right - 1)]
            if a != b and _parted(a, b, faces, materials, fronts):
                rims[y, x] = rims[y, x + 1] = True
            b = ids[min(y + 1, bottom - 1), x]
            if a != b and _parted(a, b, faces, materials, fronts):
                rims[y, x] = rims[y + 1, x] = True
