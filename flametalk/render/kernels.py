"""The rasteriser: project, find the nearest triangle at every sample, shade each triangle once a pixel.

Corners are snapped to 1/256 pixel and edges tested in whole numbers with the top-left rule, so triangles
that share an edge leave no gap and never draw a sample twice. The depth test compares 1/z (weak perspective: −z),
which is linear in the picture; on equal depth the lower triangle number wins. `reference.py` holds the
same steps in NumPy.
"""

import numpy as np

from .jit import compiled, compiled_fast, inlined

SUBPIXELS = 256
FARTHEST = np.float32(-3.0e38)
LIMIT = 2.0**29  # subpixels from the picture's corner; triangles that reach further are left out
# columns of `points`
X, Y, Z, NORMAL_X, NORMAL_Y, NORMAL_Z, WEIGHT, SPARE = range(8)
# styles of the picture
SHADED, WIRE, NORMALS, DEPTH, UV, MASK = range(6)


@compiled
def project(vertices, normals, rotation, lens, perspective, grid, keys, points, usable):  # type: ignore[no-untyped-def]
    """Fill `grid` (subpixels), `keys` (depth test), `points` (camera-space place and normal) and `usable`.
    `lens` = translation (3), focal, centre (2), near, far. Gives the bounds in subpixels."""
    left, top, right, bottom = np.int64(2**40), np.int64(2**40), np.int64(-(2**40)), np.int64(-(2**40))
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
        grid[i, 0], grid[i, 1] = np.int64(column), np.int64(row)
        left, right = min(left, grid[i, 0]), max(right, grid[i, 0])
        top, bottom = min(top, grid[i, 1]), max(bottom, grid[i, 1])
        keys[i] = 1.0 / z if perspective else -z
        points[i, X], points[i, Y], points[i, Z] = x, y, z
        a, b, c = np.float64(normals[i, 0]), np.float64(normals[i, 1]), np.float64(normals[i, 2])
        points[i, NORMAL_X] = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2] * c
        points[i, NORMAL_Y] = -(rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2] * c)
        points[i, NORMAL_Z] = -(rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2] * c)
        points[i, WEIGHT] = 1.0 / z if perspective else 1.0
    return left, top, right, bottom


@compiled
def rasterise(faces, grid, keys, usable, pattern, two_sided, window, ids, nearest):  # type: ignore[no-untyped-def]
    """Nearest triangle of each sample in `ids` (−1: none), its key in `nearest`; both (samples, h, w).
    Only the window (left, top, right, bottom; right and bottom excluded) is cleared and drawn."""
    for s in range(ids.shape[0]):
        for y in range(window[1], window[3]):
            for x in range(window[0], window[2]):
                ids[s, y, x] = -1
                nearest[s, y, x] = FARTHEST
    for face in range(faces.shape[0]):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        if not (usable[i] and usable[j] and usable[k]):
            continue
        x0, y0, x1, y1 = grid[i, 0], grid[i, 1], grid[j, 0], grid[j, 1]
        x2, y2 = grid[k, 0], grid[k, 1]
        area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
        if area == 0 or (area > 0 and not two_sided):
            continue
        k0, k1, k2 = keys[i], keys[j], keys[k]
        if area < 0:  # a front face: counter-clockwise with y up is clockwise with y down
            x1, y1, k1, x2, y2, k2 = x2, y2, k2, x1, y1, k1
            area = -area
        inverse = 1.0 / np.float64(area)
        # along x and y: change of the three edge functions from one pixel to the next
        a0, a1, a2 = (y1 - y2) * 256, (y2 - y0) * 256, (y0 - y1) * 256
        b0, b1, b2 = (x2 - x1) * 256, (x0 - x2) * 256, (x1 - x0) * 256
        kx = (a0 * k0 + a1 * k1 + a2 * k2) * inverse
        ky = (b0 * k0 + b1 * k1 + b2 * k2) * inverse
        # the top-left rule: a sample on any other edge belongs to the neighbour
        c0 = 0 if a0 > 0 or (a0 == 0 and b0 > 0) else 1
        c1 = 0 if a1 > 0 or (a1 == 0 and b1 > 0) else 1
        c2 = 0 if a2 > 0 or (a2 == 0 and b2 > 0) else 1
        xmin, xmax = min(x0, x1, x2), max(x0, x1, x2)
        ymin, ymax = min(y0, y1, y2), max(y0, y1, y2)
        for s in range(pattern.shape[0]):
            ox, oy = pattern[s, 0], pattern[s, 1]
            left, right = max((xmin - ox + 255) >> 8, window[0]), min((xmax - ox) >> 8, window[2] - 1)
            top, bottom = max((ymin - oy + 255) >> 8, window[1]), min((ymax - oy) >> 8, window[3] - 1)
            if left > right or top > bottom:
                continue
            px, py = left * 256 + ox, top * 256 + oy
            e0 = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
            e1 = (x0 - x2) * (py - y2) - (y0 - y2) * (px - x2)
            e2 = (x1 - x0) * (py - y0) - (y1 - y0) * (px - x0)
            start = (e0 * k0 + e1 * k1 + e2 * k2) * inverse
            e0, e1, e2 = e0 - c0, e1 - c1, e2 - c2
            for y in range(top, bottom + 1):
                line = start + ky * (y - top)
                f0, f1, f2 = e0, e1, e2
                for x in range(left, right + 1):
                    if (f0 | f1 | f2) >= 0:
                        key = np.float32(line + kx * (x - left))
                        if key > nearest[s, y, x]:
                            nearest[s, y, x] = key
                            ids[s, y, x] = face
                    f0, f1, f2 = f0 + a0, f1 + a1, f2 + a2
                e0, e1, e2 = e0 + b0, e1 + b1, e2 + b2


@inlined
def _weights(faces, grid, points, face, px, py):  # type: ignore[no-untyped-def]
    """Perspective-correct weights of the corners at a place in subpixels, and whether the front is seen."""
    i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
    x0, y0 = np.float32(grid[i, 0] - px), np.float32(grid[i, 1] - py)
    x1, y1 = np.float32(grid[j, 0] - px), np.float32(grid[j, 1] - py)
    x2, y2 = np.float32(grid[k, 0] - px), np.float32(grid[k, 1] - py)
    e0, e1, e2 = x1 * y2 - y1 * x2, x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
    front = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0) < 0
    w0, w1, w2 = e0 * points[i, WEIGHT], e1 * points[j, WEIGHT], e2 * points[k, WEIGHT]
    total = np.float32(1) / (w0 + w1 + w2)
    w0, w1 = w0 * total, w1 * total
    return w0, w1, np.float32(1) - w0 - w1, front


@inlined
def _smooth(low, high, value):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), np.float32(0)), np.float32(1))
    return t * t * (np.float32(3) - np.float32(2) * t)


@inlined
def _iris(gx, gy, eye):  # type: ignore[no-untyped-def]
    """Colour of the eyeball at a gaze place in iris radii."""
    radius = np.sqrt(gx * gx + gy * gy)
    white = _smooth(np.float32(0.95), np.float32(1.08), radius)
    hole = np.float32(1) - _smooth(eye[15] - np.float32(0.05), eye[15] + np.float32(0.05), radius)
    ring = _smooth(np.float32(0.72), np.float32(0.98), radius)
    inner = np.float32(1) - _smooth(eye[15], np.float32(0.85), radius)
    streak = np.float32(1)
    if eye[16] > 0 and radius < np.float32(1.1):
        angle = np.arctan2(gy, gx)
        wave = np.sin(angle * np.float32(23)) + np.float32(0.7) * np.sin(angle * np.float32(41) + np.float32(1.3))
        streak = np.float32(1) + eye[16] * wave * (np.float32(1) - hole)
    red = (eye[6] + (eye[3] - eye[6]) * inner) * streak
    green = (eye[7] + (eye[4] - eye[7]) * inner) * streak
    blue = (eye[8] + (eye[5] - eye[8]) * inner) * streak
    red, green, blue = red + (eye[9] - red) * ring, green + (eye[10] - green) * ring, blue + (eye[11] - blue) * ring
    red, green, blue = red + (eye[12] - red) * hole, green + (eye[13] - green) * hole, blue + (eye[14] - blue) * hole
    return red + (eye[0] - red) * white, green + (eye[1] - green) * white, blue + (eye[2] - blue) * white


@inlined
def _shoulder(value):  # type: ignore[no-untyped-def]
    """Bright values bend toward 1 instead of clipping."""
    over = value - np.float32(0.7)
    return value if over <= 0 else np.float32(1) - np.float32(0.09) / (over + np.float32(0.3))


@inlined
def _light(nx, ny, nz, vx, vy, vz, red, green, blue, specular, width, ambient, open_, rim, wraps, kind, lamps, studio):  # type: ignore[no-untyped-def]
    """Reflected light of one place: ambient between ground and sky, three wrapped lamps, highlights, rim."""
    one = np.float32(1)
    up = np.float32(0.5) + np.float32(0.5) * ny
    closed = one - ambient
    # light that bounces inside a hollow takes on its colour
    ar = (studio[3] + (studio[0] - studio[3]) * up) * ambient / (one - red * closed)
    ag = (studio[4] + (studio[1] - studio[4]) * up) * ambient / (one - green * closed)
    ab = (studio[5] + (studio[2] - studio[5]) * up) * ambient / (one - blue * closed)
    shine = np.float32(0)
    for lamp in range(3):
        lx, ly, lz = lamps[lamp, 0], lamps[lamp, 1], lamps[lamp, 2]
        facing = nx * lx + ny * ly + nz * lz
        r = max((facing + wraps[kind, 0]) / (one + wraps[kind, 0]), np.float32(0))
        g = max((facing + wraps[kind, 1]) / (one + wraps[kind, 1]), np.float32(0))
        b = max((facing + wraps[kind, 2]) / (one + wraps[kind, 2]), np.float32(0))
        ar += lamps[lamp, 3] * r * r * open_
        ag += lamps[lamp, 4] * g * g * open_
        ab += lamps[lamp, 5] * b * b * open_
        if lamps[lamp, 6] > 0 and specular > 0 and facing > 0:
            hx, hy, hz = lx + vx, ly + vy, lz + vz
            cosine = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz)
            lobe = width / (cosine * cosine * (width - one) + one)
            shine += lamps[lamp, 6] * lamps[lamp, 4] * lobe * lobe * min(facing * np.float32(4), one)
    shine *= specular * open_
    graze = one - min(max(nx * vx + ny * vy + nz * vz, np.float32(0)), one)
    edge = studio[6] * rim * graze * graze * graze * ambient * up
    exposure = studio[7]
    return (
        _shoulder(exposure * (red * ar + shine + edge)),
        _shoulder(exposure * (green * ag + shine + edge)),
        _shoulder(exposure * (blue * ab + shine + edge)),
    )


@compiled_fast
def shade(  # type: ignore[no-untyped-def]
    faces, grid, points, ids, pattern, window, lens, perspective,
    style, span, materials, gaze, edges, uv, uv_faces, corners, wraps, lamps, studio, eye,
    background, encode, picture, mask,
):  # fmt: skip
    """Fill the window of `picture` and `mask`; the rest of both stays as it is. Each triangle in a pixel is
    shaded once, at the middle of its samples there. `span` = nearest and farthest depth of style DEPTH."""
    samples = ids.shape[0]
    share = np.float32(1.0 / samples)
    one, none = np.float32(1), np.float32(0)
    steps = np.float32(encode.shape[0] - 1)
    for y in range(window[1], window[3]):
        for x in range(window[0], window[2]):
            red, green, blue = none, none, none
            covered = 0
            for first in range(samples):
                face = ids[first, y, x]
                if face < 0:
                    continue
                count, sx, sy, seen = 0, 0, 0, False
                for s in range(first):
                    seen = seen or ids[s, y, x] == face
                if seen:
                    continue
                for s in range(first, samples):
                    if ids[s, y, x] == face:
                        count, sx, sy = count + 1, sx + pattern[s, 0], sy + pattern[s, 1]
                covered += count
                px = x * 256.0 + sx / count
                py = y * 256.0 + sy / count
                w0, w1, w2, front = _weights(faces, grid, points, face, px, py)
                i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
                r, g, b = one, one, one
                if style == DEPTH:
                    z = w0 * points[i, Z] + w1 * points[j, Z] + w2 * points[k, Z]
                    r = (span[1] - z) / (span[1] - span[0])
                    g = b = r
                elif style == UV:
                    u0, u1, u2 = uv_faces[face, 0], uv_faces[face, 1], uv_faces[face, 2]
                    r = w0 * uv[u0, 0] + w1 * uv[u1, 0] + w2 * uv[u2, 0]
                    g = w0 * uv[u0, 1] + w1 * uv[u1, 1] + w2 * uv[u2, 1]
                    checker = (np.int64(np.floor(r * 32)) + np.int64(np.floor(g * 32))) & 1
                    b = np.float32(0.25) + np.float32(0.35) * np.float32(checker)
                elif style != MASK:
                    nx = w0 * points[i, NORMAL_X] + w1 * points[j, NORMAL_X] + w2 * points[k, NORMAL_X]
                    ny = w0 * points[i, NORMAL_Y] + w1 * points[j, NORMAL_Y] + w2 * points[k, NORMAL_Y]
                    nz = w0 * points[i, NORMAL_Z] + w1 * points[j, NORMAL_Z] + w2 * points[k, NORMAL_Z]
                    scale = one / np.sqrt(max(nx * nx + ny * ny + nz * nz, np.float32(1e-12)))
                    if not front:
                        scale = -scale
                    nx, ny, nz = nx * scale, ny * scale, nz * scale
                    if style == NORMALS:
                        half = np.float32(0.5)
                        r, g, b = half + half * nx, half + half * ny, half + half * nz
                    else:
                        vx, vy, vz = none, none, one
                        if perspective:
                            vx = -np.float32((px / 256.0 - lens[4]) / lens[3])
                            vy = np.float32((py / 256.0 - lens[5]) / lens[3])
                            scale = one / np.sqrt(vx * vx + vy * vy + one)
                            vx, vy, vz = vx * scale, vy * scale, scale
                        if not front:
                            facing = np.float32(0.3) + np.float32(0.5) * max(nx * vx + ny * vy + nz * vz, none)
                            r, g, b = studio[8] * facing, studio[9] * facing, studio[10] * facing
                        else:
                            c = corners[face]
                            r = w0 * c[0, 0] + w1 * c[1, 0] + w2 * c[2, 0]
                            g = w0 * c[0, 1] + w1 * c[1, 1] + w2 * c[2, 1]
                            b = w0 * c[0, 2] + w1 * c[1, 2] + w2 * c[2, 2]
                            kind = materials[face]
                            if 2 <= kind <= 4:
                                gx = w0 * gaze[i, 0] + w1 * gaze[j, 0] + w2 * gaze[k, 0]
                                gy = w0 * gaze[i, 1] + w1 * gaze[j, 1] + w2 * gaze[k, 1]
                                r, g, b = _iris(gx, gy, eye)
                            r, g, b = _light(
                                nx, ny, nz, vx, vy, vz, r, g, b,
                                w0 * c[0, 3] + w1 * c[1, 3] + w2 * c[2, 3],
                                w0 * c[0, 4] + w1 * c[1, 4] + w2 * c[2, 4],
                                w0 * c[0, 5] + w1 * c[1, 5] + w2 * c[2, 5],
                                w0 * c[0, 6] + w1 * c[1, 6] + w2 * c[2, 6],
                                w0 * c[0, 7] + w1 * c[1, 7] + w2 * c[2, 7],
                                wraps, kind, lamps, studio,
                            )  # fmt: skip
                        if style == WIRE:
                            line = _wire(faces, grid, edges, face, px, py)
                            r, g, b = (
                                r + (np.float32(0.03) - r) * line,
                                g + (np.float32(0.05) - g) * line,
                                b + (np.float32(0.09) - b) * line,
                            )
                part = share * np.float32(count)
                red += part * min(max(r, none), one)
                green += part * min(max(g, none), one)
                blue += part * min(max(b, none), one)
            if covered:
                mask[y, x] = np.float32(covered) * share
                if covered < samples:
                    rest = one - np.float32(covered) * share
                    red += rest * background[y, x, 0]
                    green += rest * background[y, x, 1]
                    blue += rest * background[y, x, 2]
                picture[y, x, 0] = encode[np.int64(red * steps + np.float32(0.5))]
                picture[y, x, 1] = encode[np.int64(green * steps + np.float32(0.5))]
                picture[y, x, 2] = encode[np.int64(blue * steps + np.float32(0.5))]


@inlined
def _wire(faces, grid, edges, face, px, py):  # type: ignore[no-untyped-def]
    """How much of a line (about a pixel wide) is at this place, 0…1."""
    line = np.float32(0)
    for corner in range(3):
        if edges[face, corner]:
            i, j = faces[face, corner], faces[face, (corner + 1) % 3]
            dx, dy = np.float32(grid[j, 0] - grid[i, 0]), np.float32(grid[j, 1] - grid[i, 1])
            ex, ey = np.float32(px - grid[i, 0]), np.float32(py - grid[i, 1])
            length = np.sqrt(max(dx * dx + dy * dy, np.float32(1)))
            distance = abs(dx * ey - dy * ex) / (length * np.float32(256))
            line = max(line, np.float32(1) - _smooth(np.float32(0.2), np.float32(0.9), distance))
    return line * np.float32(0.75)


@compiled_fast
def measure(faces, grid, points, ids, window, uv, uv_faces, depth, normal, coordinates, barycentric):  # type: ignore[no-untyped-def]
    """The data passes at the pixels' centres, from the ids of pattern 1. `coordinates` may be empty."""
    for y in range(window[1], window[3]):
        for x in range(window[0], window[2]):
            face = ids[0, y, x]
            if face < 0:
                continue
            w0, w1, w2, front = _weights(faces, grid, points, face, x * 256.0 + 128.0, y * 256.0 + 128.0)
            i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
            barycentric[y, x, 0], barycentric[y, x, 1], barycentric[y, x, 2] = w0, w1, w2
            depth[y, x] = w0 * points[i, Z] + w1 * points[j, Z] + w2 * points[k, Z]
            total = np.float32(0)
            for c in range(3):
                value = w0 * points[i, 3 + c] + w1 * points[j, 3 + c] + w2 * points[k, 3 + c]
                normal[y, x, c] = value
                total += value * value
            scale = np.float32(1) / np.sqrt(max(total, np.float32(1e-12)))
            scale = scale if front else -scale
            for c in range(3):
                normal[y, x, c] *= scale
            if coordinates.shape[0] > 0:
                u0, u1, u2 = uv_faces[face, 0], uv_faces[face, 1], uv_faces[face, 2]
                for c in range(2):
                    coordinates[y, x, c] = w0 * uv[u0, c] + w1 * uv[u1, c] + w2 * uv[u2, c]
