"""The skin's own variety: blood, shadowed and bluish places, hair under the skin, mottling, freckles."""

import numpy as np
from scipy.spatial import cKDTree

from .fields import hill, layers, leftward, nearest, noise, refine, step

UNDER_EYE = ((14.5, -6.0, 84), (19, -10.5, 84), (27, -13.2, 84), (36, -12.6, 81), (43, -8.5, 76))


def _ears(template, texels):
    ear = np.zeros(len(template.vertices))
    ear[template.names["left_ear"]] = ear[template.names["right_ear"]] = 1
    return texels.of(ear)


def _at(template, name):
    return template.vertices[template.names[name]].mean(0) * 1e3


def _hills(template, points, table):
    """The sum of hills (strength, named place or None, offset from it, radii)."""
    total = np.zeros(len(points))
    for strength, name, offset, radii in table:
        start = np.zeros(3) if name is None else _at(template, name)
        total += strength * hill(points, start + offset, radii)
    return total


BLOOD = (
    (0.34, "cheek_apple_left", (1, 3, 0), (27, 20, 34)),
    (0.20, "cheek_apple_left", (14, 6, -14), (34, 24, 40)),
    (0.36, "nose_tip", (0, 1, -3), (14, 13, 17)),
    (0.26, "ala_left", (2, 1, 0), (11, 11, 14)),
    (0.20, "chin", (0, 2, 0), (24, 15, 28)),
    (0.10, None, (0, 22, 95), (30, 18, 30)),
    (0.12, None, (0, -22, 105), (12, 28, 22)),
    (0.14, None, (30, 3, 84), (24, 15, 20)),
)
SHADOW = (
    (0.18, None, (14.8, -3.0, 84), (6, 9, 12)),
    (0.14, None, (30, 9.0, 84), (18, 7, 16)),
    (0.20, None, (64, 14, 42), (18, 28, 34)),
    (0.12, None, (28, -69, 84), (9, 13, 17)),
    (0.14, None, (0, -84, 90), (19, 5, 14)),
    (0.10, None, (0, -100, 70), (70, 26, 60)),
)


def blush(template, texels):
    """Where blood shows: cheeks, nose, around the nostrils, chin, lids and the ears' rims."""
    p = texels.points
    total = _hills(template, p, BLOOD)
    total += (0.30 + 0.14 * noise(p, 14.0, 61)) * _ears(template, texels) * step(69, 84, np.abs(p[:, 0]))
    total += 0.12 * step(-112, -140, p[:, 1]) * step(-20, 40, p[:, 2])  # the front of the neck
    return np.clip(total * (1 + 0.30 * layers(p, 9.0, 41)), 0, 1)


def cool(template, texels):
    """Darker and bluer: under the eyes, in their inner corners, the temples, beside and below the mouth."""
    p = texels.points
    bag, _ = nearest(leftward(p), refine(np.array(UNDER_EYE, float)))
    total = 0.38 * np.exp(-((bag / 4.8) ** 2)) + _hills(template, p, SHADOW)
    return np.clip(total * (1 + 0.18 * layers(p, 8.0, 43)), 0, 1)


def nostrils(template, texels):
    """Dark inside the nostrils, fading out over their edge."""
    depth = np.zeros(len(template.vertices))
    for side in ("left", "right"):
        depth[template.names[f"nostril_{side}"]] = 6
        rings = template.names[f"nostril_rings_{side}"]
        depth[rings] = np.arange(len(rings))[:, None]
    return step(0.3, 2.4, texels.of(depth))


def _edge_distance(points, inside):
    """Signed mm to the border between texels inside (positive) and outside a region."""
    a, b = cKDTree(points[inside][::7]), cKDTree(points[~inside][::7])
    out = np.empty(len(points))
    out[inside], out[~inside] = b.query(points[inside])[0], -a.query(points[~inside])[0]
    return out


def scalp(template, texels):
    """Where the hair of the head would grow, fading in over the hairline."""
    p = texels.points
    region = np.zeros(len(template.vertices))
    region[template.names["scalp"]] = 1
    distance = _edge_distance(p, texels.of(region) > 0.5)
    grain = noise(p, 0.8, 73)
    edge = step(-5, 12, distance + 3.0 * layers(p, 16.0, 71, 2) + 2.5 * grain)
    return edge * np.clip(0.84 + 0.10 * grain + 0.06 * noise(p, 1.6, 74), 0, 1)


BEARD_TOP = ((0, -49), (14, -49), (24, -54), (34, -64), (46, -58), (58, -40), (68, -22), (76, -14))  # x, y
BEARD_FOOT = ((-20, -62), (5, -76), (25, -90), (50, -101), (70, -107), (85, -112))  # z, y


def beard(template, texels):
    """Where a beard would grow: upper lip, chin, lower cheeks and the neck's upper part."""
    p = texels.points
    left = leftward(p)
    below = np.interp(p[:, 2], *np.transpose(BEARD_FOOT)) - p[:, 1]
    top = np.interp(left[:, 0], *np.transpose(BEARD_TOP))
    wave = layers(p, 8.0, 83, 2)
    total = step(5, -9, left[:, 1] - top + 3 * wave) * step(28, 4, below + 4 * wave)
    total *= 1 - 0.75 * hill(p, (14, -82, 88), (9, 5, 14))  # bare beside the lower lip's middle
    total *= step(-14, 14, p[:, 2] + 4 * wave) * (1 - _ears(template, texels))
    return np.clip(total * (0.9 + 0.1 * noise(p, 1.2, 89)), 0, 1)


def mottle(template, texels):
    """Uneven colour, 0.5 in the mean: broad patches and fine grain. Not the same left and right."""
    p = texels.points
    fine = noise(p, 2.1, 51) * 0.6 + noise(p, 1.1, 53) * 0.4
    return np.clip(0.5 + 0.30 * layers(p, 13.0, 47, 3, 0.6) * 0.62 + 0.16 * fine, 0, 1)


SPOTTED = (
    (1.0, "cheek_apple_left", (0, 6, 0), (30, 22, 40)),
    (0.8, "nose_tip", (0, 12, -6), (20, 16, 30)),
    (0.12, None, (0, 35, 90), (50, 24, 50)),
    (0.10, None, (0, -70, 90), (50, 40, 40)),
)


def freckles(template, texels):
    """Small brown spots over nose and cheeks. Not the same left and right."""
    rng = np.random.default_rng(19)
    p = texels.points
    likely = _hills(template, p, SPOTTED)
    likely *= texels.pitch**2
    spots = p[rng.choice(len(p), 520, replace=False, p=likely / likely.sum())]
    radius = rng.uniform(0.35, 0.95, len(spots)) ** 1.2
    depth = rng.uniform(0.25, 1.0, len(spots))
    total = np.zeros(len(p))
    tree = cKDTree(p)
    for spot, r, d in zip(spots, radius, depth, strict=True):
        ids = np.array(tree.query_ball_point(spot, 2.5 * r))
        away = np.linalg.norm(p[ids] - spot, axis=1)
        total[ids] = np.maximum(total[ids], d * np.exp(-((away / r) ** 2)))
    return total
