"""Lips: a border that fades into the skin, fine lines from the skin to the seam, a darker seam."""

import numpy as np
from scipy.spatial import cKDTree

from ..grid import LIP_LINE
from .fields import layers, nearest, noise, refine, step, within


def _curve(template, name):
    return refine(template.vertices[template.names[name]] * 1e3)


def _measure(template, texels):
    """Of texels near the mouth: mask, mm inside the vermilion border (negative outside), mm from the seam,
    place along the lip, and whether it is the upper lip."""
    borders = [_curve(template, f"lip_vermilion_{side}") for side in ("upper", "lower")]
    near = within(texels.points, np.vstack(borders), 16)
    near &= texels.points[:, 2] > 60
    some = texels.pick(near)
    depth = np.zeros(len(template.vertices))
    upper = np.zeros(len(template.vertices))
    for side, value in (("upper", 1.0), ("lower", 0.0)):
        for name, first in (("mouth_skin_rings", -4), ("lip_rings", 0), ("mouth_sack_rings", LIP_LINE - 4)):
            rings = template.names[f"{name}_{side}"]
            depth[rings] = np.arange(len(rings))[:, None] + first + 1e-6
            upper[rings] = value
    outside = depth == 0
    depth[outside] = -5
    level = some.of(depth)
    high = some.of(
        np.where(
            outside, template.vertices[:, 1] > template.vertices[template.names["lip_corners"][0], 1], upper
        )
    )
    apart = [nearest(some.points, border) for border in borders]
    is_upper = high > 0.5
    distance = np.where(is_upper, apart[0][0], apart[1][0])
    place = np.where(is_upper, apart[0][1], apart[1][1])
    seam = cKDTree(_curve(template, "lip_seam_upper")).query(some.points)[0]
    return near, some, np.where(level > 0, distance, -distance), seam, place, is_upper, level


def lips(template, texels):
    """(how much lip, lines and shade within it), both 0…1."""
    near, some, inside, seam, place, is_upper, level = _measure(template, texels)
    ragged = 0.35 * layers(some.points, 3.0, 21, 2)
    width = np.where(is_upper, 0.9, 1.3)  # mm over which the colour fades in
    corner = step(0.0, 0.05, place) * step(1.0, 0.95, place)
    lip = step(-width, width * 1.4, inside + ragged + 0.2) * (0.35 + 0.65 * corner)
    lip = np.maximum(lip, level > LIP_LINE - 4.5)
    run = np.stack([place * 68, 0.22 * seam, 3.0 * is_upper], 1)
    run[:, 0] += 0.8 * noise(some.points, 5.0, 31) + 0.05 * seam * (place - 0.5) * 8
    lines = (
        step(0.1, 0.9, noise(run, (0.9, 2.5, 1), 23)) * 0.7
        + step(0.2, 0.9, noise(run, (0.45, 1.6, 1), 29)) * 0.4
    )
    shade = 0.32 * lines * step(0.5, 2.5, inside) * step(0.2, 1.4, seam)
    shade += 0.75 * step(1.5, 0.1, seam)
    shade = np.where(level > LIP_LINE - 4 + 0.3, 0.6, shade)
    out = np.zeros((2, len(texels.at)))
    out[:, near] = lip, np.clip(shade, 0, 1) * lip
    return out
