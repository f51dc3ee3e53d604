"""Teeth and gums: crowns along two dental arches (incisors, canines, premolars, two molars a side)."""

from dataclasses import dataclass

import numpy as np

from .fit import curve_at
from .mirror import flip
from .piece import Piece, both_sides, cap_faces, is_outward, oriented, signed_area, tube_faces, tube_uv

# Crown width, height, depth and depth at the biting edge, from the middle outward (millimetres).
UPPER_CROWNS = ((8.4, 9.6, 6.5, 1.8), (6.6, 8.4, 6.0, 1.7), (7.4, 9.6, 7.0, 2.6), (6.8, 8.0, 8.2, 5.2),
    (6.5, 7.4, 8.2, 5.4),
                (9.6, 7.0, 9.0, 6.6), (9.0, 6.6, 9.0, 6.6))  # fmt: skip
LOWER_CROWNS = ((5.3, 8.6, 5.6, 1.6), (5.8, 8.6, 5.8, 1.6), (6.6, 9.4, 6.8, 2.4), (6.8, 8.0, 7.0, 4.4),
    (6.9, 7.4, 7.4, 4.8),
                (9.6, 7.0, 8.4, 6.2), (9.2, 6.6, 8.4, 6.2))  # fmt: skip
# Outer face of each arch in (x, z).
UPPER_ARCH = ((0, 91.4), (6, 91.0), (12, 89.25), (17.8, 85.5), (22.2, 79.8), (25.4, 71.5), (27.3, 61),
    (28.3, 48), (28.5, 36))  # fmt: skip
LOWER_ARCH = ((0, 89.0), (5, 88.6), (10, 86.9), (15.6, 82.8), (20.1, 77.3), (23.6, 69), (25.9, 58.5),
    (27.2, 46), (27.6, 36))  # fmt: skip
UPPER_EDGE, LOWER_EDGE = -68.803, -66.3
# How far each crown stays behind that edge. Behind the canines the rows meet on a plane between both edges;
# the lower molars sink, since an open jaw tilts them up.
UPPER_STEP, LOWER_STEP = (0.0, 0.443, 0.4, 0.5, 0.8, 1.1, 1.4), (0.0, 0.1, 0.7, 1.8, 3.0, 6.2, 10.0)
AROUND = 8


@dataclass(frozen=True)
class Form:
    """What crowns of one kind look like."""

    rings: tuple  # share of the way from the gum to the edge, and of the width
    rounded: float  # millimetres that the edge's sides stay behind its middle
    square: float  # 1 = round from above, less: more of a box
    inset: float = 0.0  # millimetres that it stands behind the arch


INCISOR = Form(((0.0, 0.78), (0.40, 0.97), (0.87, 1.0), (1.0, 0.93)), 0.2, 0.62)  # widest near the edge
CANINE = Form(((0.0, 0.78), (0.40, 1.0), (0.74, 0.98), (1.0, 0.62)), 0.3, 0.8, 1.0)  # comes to a point
PREMOLAR = Form(((0.0, 0.84), (0.40, 1.0), (0.74, 0.99), (1.0, 0.72)), 0.4, 0.9)
MOLAR = Form(PREMOLAR.rings, 0.6, 0.8)
FORMS = (INCISOR, INCISOR, CANINE, PREMOLAR, PREMOLAR, MOLAR, MOLAR)
LEVELS = len(INCISOR.rings)
GUM_STATIONS, GUM_AROUND = 19, 6
SLIM_FROM, SLIM_TO = 12.0, 30.0  # mm along the arch: before, the lower ridge makes room for the tongue's tip


def _arch(table):
    """Points along one side of an arch with the outward normal, sampled every 0.1 mm from the middle back."""
    t = np.linspace(0, 1, 900)
    curve = curve_at(table, t)
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    tangent = np.gradient(curve, axis=0)
    tangent[0] = [1, 0]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    kernel = np.ones(61) / 61
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    padded = np.vstack([normal[60:0:-1] * [-1, 1], normal, np.repeat(normal[-1:], 60, 0)])
    normal = np.stack([np.convolve(padded[:, k], kernel, "same") for k in range(2)], 1)[60:-60]
    return arc, curve, normal / np.linalg.norm(normal, axis=1, keepdims=True)


def _crown(at, normal, width, height, depth, edge_depth, edge_y, slope, up, form):
    """One crown: rings from the gum (first) to the biting edge (last)."""
    tangent = np.array([normal[1], -normal[0]])
    angle = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    cx, cy = np.cos(angle), np.sin(angle)
    cx, cy = np.sign(cx) * np.abs(cx) ** form.square, np.sign(cy) * np.abs(cy) ** form.square
    cx, cy = cx / cx.max(), cy / cy.max()
    rings = []
    for level, scale in form.rings:
        d = depth + (edge_depth - depth) * max(level, 0.15)
        bulge = 0.5 * np.sin(np.pi * min(level + 0.25, 1.0))
        mid = at - normal * (0.5 * d - bulge + form.inset)
        flat = mid + np.outer(cx, tangent) * (0.5 * width * 0.985 * scale) + np.outer(cy, normal) * 0.5 * d
        beside = form.rounded * np.clip((level - 0.5) / 0.5, 0, 1) * (np.abs(cx) > np.abs(cy))
        y = edge_y + up * (height * (1 - level) + beside + level * slope * cx * 0.5 * width)
        rings.append(np.c_[flat[:, 0], y, flat[:, 1]])
    return np.array(rings)


def _teeth(table, crowns, steps, edge, up):
    arc, curve, normal = _arch(table)
    points, faces, begin, offset = [], [], 0.03, 0
    middles = np.cumsum([crown[0] + 0.06 for crown in crowns]) - [0.5 * crown[0] for crown in crowns]
    tilt = [form not in (INCISOR, CANINE) for form in FORMS] * np.gradient(steps, middles)
    for number, (width, height, depth, edge_depth) in enumerate(crowns):
        s = begin + width / 2
        begin += width + 0.06
        n, at = (np.array([np.interp(s, arc, a[:, k]) for k in range(2)]) for a in (normal, curve))
        y = edge + up * steps[number]
        n /= np.linalg.norm(n)
        rings = _crown(at, n, width, height, depth, edge_depth, y, tilt[number], up, FORMS[number])
        ids = offset + np.arange(rings[..., 0].size).reshape(LEVELS, AROUND)
        part = np.vstack([tube_faces(ids), cap_faces(ids[-1])])
        faces.append(part)
        points.append(rings.reshape(-1, 3))
        offset += ids.size
    return np.vstack(points), np.vstack(faces)


def _gum(table, y, half_height, half_depth, face, slim=0.0):
    """A ridge along the whole arch; stations run from the right end to the left end.

    `half_depth` holds at the back, `slim` is what the front lacks of it; the ridge's outer face lies `face`
    behind the teeth's.
    """
    arc, curve, normal = _arch(table)
    side = GUM_STATIONS // 2
    s = np.linspace(0, 57.0, side + 1)
    at = np.stack([np.interp(s, arc, curve[:, k]) for k in range(2)], 1)
    n = np.stack([np.interp(s, arc, normal[:, k]) for k in range(2)], 1)
    deep = (half_depth - slim * np.clip((SLIM_TO - s) / (SLIM_TO - SLIM_FROM), 0, 1))[:, None]
    mid = at - n * (face + deep)
    deep = np.vstack([deep[:0:-1], deep])
    mid, n = np.vstack([mid[:0:-1] * [-1, 1], mid]), np.vstack([n[:0:-1] * [-1, 1], n])
    angle = 2 * np.pi * (np.arange(GUM_AROUND) + 0.5) / GUM_AROUND
    rings = np.array(
        [
            np.c_[
                m[0] + np.cos(angle) * d * v[0],
                y + np.sin(angle) * half_height,
                m[1] + np.cos(angle) * d * v[1],
            ]
            for m, v, d in zip(mid, n, deep, strict=True)
        ]
    )
    ids = np.arange(rings[..., 0].size).reshape(GUM_STATIONS, GUM_AROUND)
    faces = np.vstack([tube_faces(ids), cap_faces(ids[-1]), cap_faces(ids[0][::-1])])
    return rings.reshape(-1, 3), faces, ids[::-1].ravel()


def build_teeth(upper):
    table, crowns, steps, edge, up = (
        (UPPER_ARCH, UPPER_CROWNS, UPPER_STEP, UPPER_EDGE, 1)
        if upper
        else (LOWER_ARCH, LOWER_CROWNS, LOWER_STEP, LOWER_EDGE, -1)
    )
    points, faces = _teeth(table, crowns, steps, edge, up)
    one = LEVELS * AROUND
    for k in range(len(crowns)):
        own = (faces >= k * one).all(1) & (faces < (k + 1) * one).all(1)
        if not is_outward(points, faces[own]):
            faces[own] = flip(faces[own])
    uv = _tooth_uv(len(crowns))
    if np.median(signed_area(uv, faces)) < 0:
        uv = uv * [-1, 1] + [1, 0]
    whole, faces, mirror = both_sides(points, faces)
    name = "teeth_upper" if upper else "teeth_lower"
    index = {name: np.arange(len(whole))}
    for k in range(len(crowns)):
        index[f"{name}_left_{k + 1}"] = np.arange(k * one, (k + 1) * one)
        index[f"{name}_right_{k + 1}"] = np.arange(k * one, (k + 1) * one) + len(points)
    uv = np.vstack([uv * [1, 0.5], (uv * [-1, 1] + [1, 1]) * [1, 0.5]])
    return Piece(whole, faces, mirror, np.full(len(faces), "teeth"), uv, faces, index)


def _tooth_uv(teeth):
    """Concentric squares, one cell a tooth: the gum ring outside, the biting edge inside."""
    angle = 2 * np.pi * (np.arange(AROUND) + 0.5) / AROUND
    radius = (0.47, 0.36, 0.22, 0.11)
    cell = np.vstack([np.c_[0.5 + r * np.cos(angle), 0.5 + r * np.sin(angle)] for r in radius])
    return np.vstack([(cell + np.array([k, 0])) / [teeth, 1] for k in range(teeth)])


def build_gums(upper):
    if upper:
        points, faces, mirror = _gum(UPPER_ARCH, -55.6, 6.4, 4.3, -0.7)
    else:
        points, faces, mirror = _gum(LOWER_ARCH, -80.2, 6.2, 4.0, 0.8, slim=0.6)
    faces, uv, uv_faces = oriented(points, faces, *tube_uv(GUM_STATIONS, GUM_AROUND))
    index = {"gums_upper" if upper else "gums_lower": np.arange(len(points))}
    return Piece(points, faces, mirror, np.full(len(faces), "gums"), uv, uv_faces, index)
