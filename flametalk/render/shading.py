"""From triangle numbers to pictures: each triangle in a pixel is shaded once, at the middle of its samples.

Places to shade are collected by the row in blocks of 64, one field after the other, so that the lighting is
a plain loop that the compiler turns into vector instructions. `reference.py` holds the same in NumPy.
"""

import numpy as np

from ..jit import compiled_fast, inlined

SHADED, WIRE, NORMALS, DEPTH, UV, MASK = range(6)  # styles of the picture
LANES = 64  # places in a block
LID_REACH, LID_STEPS = 1.1, 96  # how far the upper lid darkens the eye: iris radii, and pixels at most
# fields of a place: normal (3), then
COLOUR = 3  # (3), highlight, width, ambient, lamps: the seven numbers of a corner
COLUMN, ROW, PIXEL, SHARE, LINE = range(10, 15)  # subpixels (2), pixel, share of it, wire
PART, INTO, FIELDS = 15, 16, 20  # share of the coarser texture level (−1: no texture), places in both (2, 2)


@inlined
def _weights(points, i, j, k, px, py):
    """Perspective-correct weights of the corners at a place in subpixels; twice the triangle's area in square
    subpixels, negative for fronts."""
    x0, y0 = np.float64(points[i, 0] - px), np.float64(points[i, 1] - py)
    x1, y1 = np.float64(points[j, 0] - px), np.float64(points[j, 1] - py)
    x2, y2 = np.float64(points[k, 0] - px), np.float64(points[k, 1] - py)
    e0, e1, e2 = x1 * y2 - y1 * x2, x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
    area = e0 + e1 + e2
    w0, w1, w2 = e0 * points[i, 6], e1 * points[j, 6], e2 * points[k, 6]
    total = 1.0 / (w0 + w1 + w2)
    w0, w1 = np.float32(w0 * total), np.float32(w1 * total)
    return w0, w1, np.float32(1) - w0 - w1, area


@inlined
def _smooth(low, high, value):
    t = min(max((value - low) / (high - low), np.float32(0)), np.float32(1))
    return t * t * (np.float32(3) - np.float32(2) * t)


@inlined
def _band(eye, c, radius, height, soft, streak):
    """One colour channel of the eyeball at `radius`, `height` above the line of sight (both in iris radii).
    Edges are `soft` wide at least. `eye`: see packing.Paint."""
    one = np.float32(1)
    edge = max(np.float32(0.08), soft)
    white = _smooth(np.float32(1.02) - edge, np.float32(1.02) + edge, radius)
    edge = max(np.float32(0.05), soft)
    hole = one - _smooth(eye[15] - edge, eye[15] + edge, radius)
    ring = _smooth(np.float32(0.66), np.float32(1.0), radius)
    inner = one - _smooth(eye[15], np.float32(0.9), radius)
    value = (eye[6 + c] + (eye[3 + c] - eye[6 + c]) * inner) * (one + streak * (one - hole))
    value *= one - np.float32(0.45) * height  # light from above gathers in the lower half
    value += (eye[9 + c] - value) * ring
    value += (eye[12 + c] - value) * hole
    blood = np.float32(0.15) if c == 0 else np.float32(0.27)
    ball = eye[c] * (one - blood * _smooth(np.float32(1.2), np.float32(2.4), radius))
    return value + (ball - value) * white


@inlined
def _lid_shade(ids, samples, rims, materials, y, x, top, scale):
    """How near the upper lid is, 1 = touching: the way up from a pixel of the eye to the first that is
    something else, as samples count it. `top` = first row that was drawn, `scale` = iris radii per pixel."""
    way = np.float32(0.5)
    reach = min(np.float32(LID_REACH), np.float32(LID_STEPS) * scale)
    for step in range(1, LID_STEPS + 1):
        if y - step < top or way * scale >= reach:
            return np.float32(0)
        open_, many = 0, samples.shape[0] if rims.shape[0] > 0 and rims[y - step, x] else 1
        for s in range(many):
            face = ids[y - step, x] if many == 1 else samples[s, y - step, x]
            if face < 0 or 2 <= materials[face] <= 4:
                open_ += 1
        way += np.float32(open_) / np.float32(many)
        if open_ < many:
            break
    near = max(np.float32(1) - way * scale / reach, np.float32(0))
    return near * near * (np.float32(3) - np.float32(2) * near)


@inlined
def _pick(texels, first, width, height, u, v, quads, at, block, to):
    """Four texels around (u, v) in one level, and how far it is into them; the border goes on for ever."""
    zero, one = np.float32(0), np.float32(1)
    x = min(max(u * np.float32(width) - np.float32(0.5), zero), np.float32(width - 1))
    y = min(max((one - v) * np.float32(height) - np.float32(0.5), zero), np.float32(height - 1))
    column, row = np.int64(x), np.int64(y)
    block[to], block[to + LANES] = x - np.float32(column), y - np.float32(row)
    p = first + row * width + column
    q = p + (width if row + 1 < height else 0)
    right = 1 if column + 1 < width else 0
    quads[at], quads[at + LANES] = texels[p], texels[p + right]
    quads[at + 2 * LANES], quads[at + 3 * LANES] = texels[q], texels[q + right]


@inlined
def _pick_texels(texels, levels, side, u, v, quads, at, blocks, to):
    """The texels of two levels, where a pixel is `side` texels wide."""
    level, last = 0, levels.shape[0] - 1
    while side >= np.float32(2) and level < last:
        side *= np.float32(0.5)
        level += 1
    blocks[to + PART * LANES] = min(max(side - np.float32(1), np.float32(0)), np.float32(1))
    for step in range(2):
        first, width, height = levels[level, 0], levels[level, 1], levels[level, 2]
        place = to + (INTO + 2 * step) * LANES
        _pick(texels, first, width, height, u, v, quads, at + 4 * LANES * step, blocks, place)
        level = min(level + 1, last)


@inlined
def _root(texel, shift):
    return np.float32(np.int32((texel >> shift) & 255))


@inlined
def _between(quads, at, shift, w0, w1, w2, w3):
    """One channel of four texels, weighted."""
    a, b = _root(quads[at], shift), _root(quads[at + LANES], shift)
    c, d = _root(quads[at + 2 * LANES], shift), _root(quads[at + 3 * LANES], shift)
    return a * a * w0 + b * b * w1 + c * c * w2 + d * d * w3


@inlined
def _texture_block(block, quads):
    """Colours of 64 places from the texels that were picked for them."""
    one, scale = np.float32(1), np.float32(1 / 65025)
    for i in range(LANES):
        part = block[PART * LANES + i]
        wearing = part >= 0
        a, b = block[INTO * LANES + i], block[(INTO + 1) * LANES + i]
        c, d = block[(INTO + 2) * LANES + i], block[(INTO + 3) * LANES + i]
        fine, coarse = (one - part) * scale, part * scale
        up, low = (one - b) * fine, b * fine
        w0, w1, w2, w3 = (one - a) * up, a * up, (one - a) * low, a * low
        up, low = (one - d) * coarse, d * coarse
        w4, w5, w6, w7 = (one - c) * up, c * up, (one - c) * low, c * low
        far = 4 * LANES + i
        red = _between(quads, i, 0, w0, w1, w2, w3) + _between(quads, far, 0, w4, w5, w6, w7)
        green = _between(quads, i, 8, w0, w1, w2, w3) + _between(quads, far, 8, w4, w5, w6, w7)
        blue = _between(quads, i, 16, w0, w1, w2, w3) + _between(quads, far, 16, w4, w5, w6, w7)
        shine = _between(quads, i, 24, w0, w1, w2, w3) + _between(quads, far, 24, w4, w5, w6, w7)
        block[COLOUR * LANES + i] = red if wearing else block[COLOUR * LANES + i]
        block[(COLOUR + 1) * LANES + i] = green if wearing else block[(COLOUR + 1) * LANES + i]
        block[(COLOUR + 2) * LANES + i] = blue if wearing else block[(COLOUR + 2) * LANES + i]
        block[(COLOUR + 3) * LANES + i] *= shine if wearing else one


@inlined
def _shoulder(value):
    """Values above 0.7 bend toward 1 instead of clipping."""
    knee = np.float32(0.7)
    over = max(value - knee, np.float32(0))
    return min(value, knee) + np.float32(0.3) - np.float32(0.09) / (over + np.float32(0.3))


@inlined
def _light_block(block, lens, lamps, studio):
    """Reflected light of 64 places, over their colour fields: ambient between ground and sky, three wrapped
    lamps, the highlights of the first and the last lamp, a rim."""
    zero, half, one, four = np.float32(0), np.float32(0.5), np.float32(1), np.float32(4)
    kx, ky, kz = lamps[0, 0], lamps[0, 1], lamps[0, 2]
    kr, kg, kb, ks = lamps[0, 3], lamps[0, 4], lamps[0, 5], lamps[0, 6]
    fx, fy, fz = lamps[1, 0], lamps[1, 1], lamps[1, 2]
    fr, fg, fb = lamps[1, 3], lamps[1, 4], lamps[1, 5]
    cx, cy, cz, cs = lamps[3, 0], lamps[3, 1], lamps[3, 2], lamps[3, 6]
    bx, by, bz = lamps[2, 0], lamps[2, 1], lamps[2, 2]
    br, bg, bb = lamps[2, 3], lamps[2, 4], lamps[2, 5]
    sky_r, sky_g, sky_b = studio[0], studio[1], studio[2]
    low_r, low_g, low_b = studio[3], studio[4], studio[5]
    rim, exposure = studio[6], studio[7]
    wrap_r, wrap_g, wrap_b, pixel = studio[8], studio[9], studio[10], np.float32(1 / 256)
    for i in range(LANES):
        nx, ny, nz = block[i], block[64 + i], block[128 + i]
        vx = (lens[2] - block[COLUMN * LANES + i] * pixel) * lens[0]
        vy = (block[ROW * LANES + i] * pixel - lens[3]) * lens[0]
        red, green, blue = block[192 + i], block[256 + i], block[320 + i]
        specular, width = block[384 + i], block[448 + i]
        ambient, open_ = block[512 + i], block[576 + i]

        scale = one / np.sqrt(max(nx * nx + ny * ny + nz * nz, np.float32(1e-12)))
        nx, ny, nz = nx * scale, ny * scale, nz * scale
        vz = one / np.sqrt(vx * vx + vy * vy + one)
        vx, vy = vx * vz, vy * vz

        up = half + half * ny
        closed = one - ambient  # light that bounces inside a hollow takes on its colour
        shut_r, shut_g, shut_b = red * closed, green * closed, blue * closed
        light_r = (low_r + (sky_r - low_r) * up) * ambient * (one + shut_r + shut_r * shut_r)
        light_g = (low_g + (sky_g - low_g) * up) * ambient * (one + shut_g + shut_g * shut_g)
        light_b = (low_b + (sky_b - low_b) * up) * ambient * (one + shut_b + shut_b * shut_b)

        key = nx * kx + ny * ky + nz * kz
        fill = nx * fx + ny * fy + nz * fz
        back = nx * bx + ny * by + nz * bz
        r1 = max(one + (key - one) * wrap_r, zero)
        r2 = max(one + (fill - one) * wrap_r, zero)
        r3 = max(one + (back - one) * wrap_r, zero)
        light_r += open_ * (kr * r1 * r1 + fr * r2 * r2 + br * r3 * r3)
        r1 = max(one + (key - one) * wrap_g, zero)
        r2 = max(one + (fill - one) * wrap_g, zero)
        r3 = max(one + (back - one) * wrap_g, zero)
        light_g += open_ * (kg * r1 * r1 + fg * r2 * r2 + bg * r3 * r3)
        r1 = max(one + (key - one) * wrap_b, zero)
        r2 = max(one + (fill - one) * wrap_b, zero)
        r3 = max(one + (back - one) * wrap_b, zero)
        light_b += open_ * (kb * r1 * r1 + fb * r2 * r2 + bb * r3 * r3)

        hx, hy, hz = kx + vx, ky + vy, kz + vz
        cosine = max(nx * hx + ny * hy + nz * hz, zero)
        cosine = cosine * cosine / (hx * hx + hy * hy + hz * hz + np.float32(1e-12))
        lobe = width / (cosine * (width - one) + one)
        shine = ks * lobe * lobe * min(max(key * four, zero), one)
        hx, hy, hz = cx + vx, cy + vy, cz + vz
        cosine = max(nx * hx + ny * hy + nz * hz, zero)
        cosine = cosine * cosine / (hx * hx + hy * hy + hz * hz + np.float32(1e-12))
        lobe = width / (cosine * (width - one) + one)
        catch = nx * cx + ny * cy + nz * cz
        shine += cs * lobe * lobe * min(max(catch * four, zero), one)

        graze = one - min(max(nx * vx + ny * vy + nz * vz, zero), one)
        shine = specular * open_ * shine + rim * graze * graze * graze * ambient * up
        block[192 + i] = _shoulder(exposure * (red * light_r + shine))
        block[256 + i] = _shoulder(exposure * (green * light_g + shine))
        block[320 + i] = _shoulder(exposure * (blue * light_b + shine))


@inlined
def _put(places, blocks, n, face, x, px, py, part):
    """Note one place."""
    at = n // LANES * (FIELDS * LANES) + n % LANES
    places[n] = face
    blocks[at + COLUMN * LANES], blocks[at + ROW * LANES] = px, py
    blocks[at + PIXEL * LANES], blocks[at + SHARE * LANES] = np.float32(x), part
    blocks[at + LINE * LANES] = np.float32(0)


@inlined
def _list_row(ids, samples, rims, pattern, y, window, places, blocks):
    """Each triangle in each pixel of a row: its number in `places`, where and how much in `blocks`."""
    many, n = samples.shape[0], 0
    share, row = np.float32(1.0 / many), np.float32(y * 256)
    for x in range(window[0], window[2]):
        if rims.shape[0] == 0 or not rims[y, x]:
            face = ids[y, x]
            if face >= 0:
                middle = np.float32(x * 256) + np.float32(128)
                _put(places, blocks, n, face, x, middle, row + np.float32(128), np.float32(1))
                n += 1
            continue
        for first in range(many):
            face = samples[first, y, x]
            seen = face < 0
            for s in range(first):
                seen = seen or samples[s, y, x] == face
            if seen:
                continue
            count, sx, sy = np.float32(0), np.float32(x * 256), row
            for s in range(first, many):
                if samples[s, y, x] == face:
                    count += np.float32(1)
            for s in range(first, many):
                if samples[s, y, x] == face:
                    sx += np.float32(pattern[s, 0]) / count
                    sy += np.float32(pattern[s, 1]) / count
            _put(places, blocks, n, face, x, sx, sy, share * count)
            n += 1
    return n


@inlined
def _gather_light(
    places, n, blocks, faces, points, ids, samples, rims, y, top, corners, plain, materials, gaze, eye,
    inside, uv, uv_faces, areas, texels, levels, quads,
):  # fmt: skip
    """What `_light_block` needs of the first n places."""
    for place in range(n):
        at = place // LANES * (FIELDS * LANES) + place % LANES
        px, py = blocks[at + COLUMN * LANES], blocks[at + ROW * LANES]
        face = places[place]
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        w0, w1, w2, area = _weights(points, i, j, k, px, py)
        side = np.float32(1) if area < 0 else np.float32(-1)
        for c in range(3):
            normal = w0 * points[i, 3 + c] + w1 * points[j, 3 + c] + w2 * points[k, 3 + c]
            blocks[at + c * LANES] = normal * side
        if plain[face]:
            for c in range(5):
                blocks[at + (COLOUR + c) * LANES] = corners[face, 0, c]
        else:
            for c in range(5):
                value = w0 * corners[face, 0, c] + w1 * corners[face, 1, c] + w2 * corners[face, 2, c]
                blocks[at + (COLOUR + c) * LANES] = value
        for c in range(5, 7):
            value = w0 * corners[face, 0, c] + w1 * corners[face, 1, c] + w2 * corners[face, 2, c]
            blocks[at + (COLOUR + c) * LANES] = value
        kind = materials[face]
        blocks[at + PART * LANES] = np.float32(-1)
        if side < 0:
            for c in range(7):
                blocks[at + (COLOUR + c) * LANES] = inside[c]
        elif areas[face] > 0:
            u0, u1, u2 = uv_faces[face, 0], uv_faces[face, 1], uv_faces[face, 2]
            u = w0 * uv[u0, 0] + w1 * uv[u1, 0] + w2 * uv[u2, 0]
            v = w0 * uv[u0, 1] + w1 * uv[u1, 1] + w2 * uv[u2, 1]
            wide = np.sqrt(areas[face] * np.float32(65536) / np.float32(-area))
            first = place // LANES * (8 * LANES) + place % LANES
            _pick_texels(texels, levels, wide, u, v, quads, first, blocks, at)
        elif 2 <= kind <= 4:
            gx = w0 * gaze[i, 0] + w1 * gaze[j, 0] + w2 * gaze[k, 0]
            gy = w0 * gaze[i, 1] + w1 * gaze[j, 1] + w2 * gaze[k, 1]
            spread = (gaze[j, 0] - gaze[i, 0]) * (gaze[k, 1] - gaze[i, 1])
            spread -= (gaze[j, 1] - gaze[i, 1]) * (gaze[k, 0] - gaze[i, 0])
            scale = np.sqrt(abs(spread) * np.float32(65536) / np.float32(-area))  # iris radii per pixel
            radius, streak = np.sqrt(gx * gx + gy * gy), np.float32(0)
            if eye[16] > 0 and radius < np.float32(1.1):
                angle = np.arctan2(gy, gx)
                streak = np.sin(angle * np.float32(17)) + np.float32(0.6) * np.sin(
                    angle * np.float32(29) + np.float32(1)
                )
                streak *= eye[16] * max(np.float32(1) - np.float32(6) * scale, np.float32(0))
            for c in range(3):
                value = _band(eye, c, radius, gy, np.float32(0.7) * scale, streak)
                blocks[at + (COLOUR + c) * LANES] = value
            if eye[17] > 0 and scale > 0:
                x = np.int64(blocks[at + PIXEL * LANES])
                light = np.float32(1) - eye[17] * _lid_shade(ids, samples, rims, materials, y, x, top, scale)
                blocks[at + (COLOUR + 3) * LANES] /= light  # the sparkle stays
                blocks[at + (COLOUR + 5) * LANES] *= light
                blocks[at + (COLOUR + 6) * LANES] *= light


@inlined
def _gather_lines(places, n, blocks, faces, points, edges):
    """How much of a wire (about a pixel wide) is at each place, 0…1."""
    for place in range(n):
        at = place // LANES * (FIELDS * LANES) + place % LANES
        px, py = blocks[at + COLUMN * LANES], blocks[at + ROW * LANES]
        face, line = places[place], np.float32(0)
        for corner in range(3):
            if edges[face, corner]:
                i, j = faces[face, corner], faces[face, (corner + 1) % 3]
                dx, dy = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1]
                length = np.sqrt(max(dx * dx + dy * dy, np.float32(1)))
                distance = abs(dx * (py - points[i, 1]) - dy * (px - points[i, 0])) / length
                line = max(line, np.float32(1) - _smooth(np.float32(50), np.float32(230), distance))
        blocks[at + LINE * LANES] = line * np.float32(0.75)


@inlined
def _gather_data(places, n, blocks, style, faces, points, span, uv, uv_faces):
    """Colours of the styles that show numbers."""
    for place in range(n):
        at = place // LANES * (FIELDS * LANES) + place % LANES
        face = places[place]
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        w0, w1, w2, area = _weights(points, i, j, k, blocks[at + COLUMN * LANES], blocks[at + ROW * LANES])
        side = np.float32(1) if area < 0 else np.float32(-1)
        r = g = b = np.float32(1)
        if style == DEPTH:
            z = w0 * points[i, 2] + w1 * points[j, 2] + w2 * points[k, 2]
            r = g = b = (span[1] - z) / (span[1] - span[0])
        elif style == UV:
            u0, u1, u2 = uv_faces[face, 0], uv_faces[face, 1], uv_faces[face, 2]
            r = w0 * uv[u0, 0] + w1 * uv[u1, 0] + w2 * uv[u2, 0]
            g = w0 * uv[u0, 1] + w1 * uv[u1, 1] + w2 * uv[u2, 1]
            checker = (np.int64(np.floor(r * np.float32(32))) + np.int64(np.floor(g * np.float32(32)))) & 1
            b = np.float32(0.6) if checker else np.float32(0.25)
        elif style == NORMALS:
            half = np.float32(0.5)
            r = w0 * points[i, 3] + w1 * points[j, 3] + w2 * points[k, 3]
            g = w0 * points[i, 4] + w1 * points[j, 4] + w2 * points[k, 4]
            b = w0 * points[i, 5] + w1 * points[j, 5] + w2 * points[k, 5]
            scale = side * half / np.sqrt(max(r * r + g * g + b * b, np.float32(1e-12)))
            r, g, b = half + r * scale, half + g * scale, half + b * scale
        blocks[at + COLOUR * LANES], blocks[at + (COLOUR + 1) * LANES] = r, g
        blocks[at + (COLOUR + 2) * LANES] = b


@compiled_fast
def shade(
    faces, points, ids, samples, rims, pattern, window, lens,
    style, span, materials, gaze, edges, uv, uv_faces, corners, plain, lamps, studio, inside, eye,
    areas, texels, levels, places, blocks, background, encode, picture, mask,
):  # fmt: skip
    """Fill the covered pixels of `picture` and `mask` (may be empty); the others stay as they are. Pixels of
    `rims` (empty: none) show all `samples` (s, h, w), the others `ids` (h, w). `lens` = 1 / focal (0:
    weak perspective), focal, centre (2); `span` = nearest and farthest depth of style DEPTH; `places` and
    `blocks` hold one row."""
    total = np.zeros((picture.shape[1], 4), np.float32)
    size = FIELDS * LANES
    quads = np.zeros(blocks.shape[0] // FIELDS * 8, np.int32)
    for y in range(window[1], window[3]):
        n = _list_row(ids, samples, rims, pattern, y, window, places, blocks)
        if style <= WIRE:
            _gather_light(
                places, n, blocks, faces, points, ids, samples, rims, y, window[1], corners, plain, materials,
                gaze, eye, inside, uv, uv_faces, areas, texels, levels, quads,
            )  # fmt: skip
            for start in range(0, n, LANES):
                block = blocks[start * FIELDS : start * FIELDS + size]
                if levels.shape[0] > 0:
                    _texture_block(block, quads[start * 8 : start * 8 + 8 * LANES])
                _light_block(block, lens, lamps, studio)
            if style == WIRE:
                _gather_lines(places, n, blocks, faces, points, edges)
        else:
            _gather_data(places, n, blocks, style, faces, points, span, uv, uv_faces)
        _resolve_row(blocks, n, total, window, background[y], encode, picture[y], mask, y)


@inlined
def _resolve_row(blocks, n, total, window, background, encode, picture, mask, y):
    """Add up a row's places, mix the edges with the background, encode."""
    steps, one = np.float32(encode.shape[0] - 1), np.float32(1)
    for i in range(n):
        at = i // LANES * FIELDS * LANES + i % LANES
        x, part, line = (
            np.int64(blocks[at + PIXEL * LANES]),
            blocks[at + SHARE * LANES],
            blocks[at + LINE * LANES],
        )
        for c in range(3):
            value = min(max(blocks[at + (COLOUR + c) * LANES], np.float32(0)), one)
            ink = np.float32(0.03) + np.float32(0.025) * np.float32(c)
            value += (ink - value) * line
            if part == one:
                picture[x, c] = encode[np.int64(value * steps + np.float32(0.5))]
            else:
                total[x, c] += part * value
        if part < one:
            total[x, 3] += part
        if mask.shape[0] > 0:
            mask[y, x] += part
    for column in range(window[0], window[2]):
        covered = total[column, 3]
        if covered > 0:
            total[column, 3] = np.float32(0)
            for c in range(3):
                value = total[column, c] + (one - covered) * background[column, c]
                value = min(max(value, np.float32(0)), one)
                picture[column, c] = encode[np.int64(value * steps + np.float32(0.5))]
                total[column, c] = np.float32(0)


@compiled_fast
def measure(faces, points, ids, window, uv, uv_faces, seen, depth, normal, coordinates, barycentric):
    """The data passes at the pixels' centres, from the ids of one sample. `coordinates` may be empty."""
    for y in range(window[1], window[3]):
        for x in range(window[0], window[2]):
            face = ids[y, x]
            if face < 0:
                continue
            seen[y, x] = face
            i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
            px, py = np.float32(x * 256 + 128), np.float32(y * 256 + 128)
            w0, w1, w2, area = _weights(points, i, j, k, px, py)
            side = np.float32(1) if area < 0 else np.float32(-1)
            barycentric[y, x, 0], barycentric[y, x, 1], barycentric[y, x, 2] = w0, w1, w2
            depth[y, x] = w0 * points[i, 2] + w1 * points[j, 2] + w2 * points[k, 2]
            total = np.float32(0)
            for c in range(3):
                value = w0 * points[i, 3 + c] + w1 * points[j, 3 + c] + w2 * points[k, 3 + c]
                normal[y, x, c] = value
                total += value * value
            scale = side / np.sqrt(max(total, np.float32(1e-12)))
            for c in range(3):
                normal[y, x, c] *= scale
            if coordinates.shape[0] > 0:
                u0, u1, u2 = uv_faces[face, 0], uv_faces[face, 1], uv_faces[face, 2]
                for c in range(2):
                    coordinates[y, x, c] = w0 * uv[u0, c] + w1 * uv[u1, c] + w2 * uv[u2, c]
