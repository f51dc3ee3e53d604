"""The eyes' surroundings: lash lines, the pink of the lid rims and the caruncle."""

import numpy as np

from ..grid import EYE_MARGIN
from .fields import along, leftward, nearest, noise, refine, step, within

# By place from the inner canthus: how dark, and how many millimetres above the margin.
UPPER_LASH = ((0, 0.10), (0.1, 0.45), (0.3, 0.9), (0.7, 1.0), (0.97, 1.0), (1, 0.7))
LOWER_LASH = ((0, 0.0), (0.2, 0.10), (0.5, 0.26), (0.85, 0.42), (1, 0.4))
UPPER_WIDTH = ((0, 0.4), (0.3, 1.5), (0.7, 2.1), (0.95, 1.8), (1, 1.0))


def _ring_number(template):
    """Per vertex: which ring around the eye it belongs to, −1 outside."""
    number = np.full(len(template.vertices), -1.0)
    for side in ("left", "right"):
        rings = template.names[f"eye_rings_{side}"]
        number[rings] = np.arange(len(rings))[:, None]
    return number


def _margin(template, lid):
    return refine(template.vertices[template.names[f"lid_margin_{lid}_left"]] * 1e3)


def _near_eye(template, texels, reach=9.0):
    margin = np.vstack([_margin(template, "upper"), _margin(template, "lower")])
    return within(leftward(texels.points), margin, reach)


def lashes(template, texels):
    """A dark line on the upper lid's edge, a faint one on the lower."""
    out = np.zeros(len(texels.at))
    near = _near_eye(template, texels)
    some = texels.pick(near)
    points, ring = leftward(some.points), some.of(_ring_number(template))
    inward = ring > EYE_MARGIN
    up, t = nearest(points, _margin(template, "upper"))
    down, s = nearest(points, _margin(template, "lower"))
    comb = 0.75 + 0.45 * noise(np.stack([t * 60, 0 * t, 0 * t], 1), 1.0, 5)
    soft = np.maximum(some.pitch, 0.16)
    height = along(t, UPPER_WIDTH) * comb
    upper = np.where(inward, step(1.6, 0.5, up), step(height + soft, 0.35 * height, up)) * along(
        t, UPPER_LASH
    )
    smear = 0.5 * step(2.4, 0.2, up) * ~inward * along(t, UPPER_LASH)
    comb = 0.5 + 0.7 * np.abs(noise(np.stack([s * 42, 0 * s, 0 * s], 1), 1.0, 9))
    lower = np.where(inward, step(0.3, 0.0, down), step(0.55 + soft, 0.1, down)) * along(s, LOWER_LASH) * comb
    closer = up < down
    out[near] = np.clip(
        np.where(closer, np.maximum(upper, smear), np.maximum(lower, smear * step(1.2, 0, up))), 0, 1
    )
    return out


def rims(template, texels):
    """Wet pink: the lids' edges, what lies behind them, and the inner corner."""
    out = np.zeros(len(texels.at))
    near = _near_eye(template, texels)
    some = texels.pick(near)
    points, ring = leftward(some.points), some.of(_ring_number(template))
    edge = step(EYE_MARGIN - 0.25, EYE_MARGIN + 0.5, ring)
    corner = template.vertices[template.names["canthus_inner_left"][0]] * 1e3
    away = np.linalg.norm(points - corner - [0.9, 0.1, 0], axis=1)
    caruncle = step(3.4, 1.2, away) * step(EYE_MARGIN - 0.8, EYE_MARGIN + 0.2, ring)
    glow = 0.22 * step(4.0, 0.5, away) + 0.10 * step(EYE_MARGIN - 1.3, EYE_MARGIN, ring)
    out[near] = np.clip(np.maximum(np.maximum(0.72 * edge, caruncle), glow), 0, 1)
    return out
