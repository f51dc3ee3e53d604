"""A painted albedo for the template: skin tones, brows, lash lines, lips, irises.  Colours are sRGB, 0..1."""
import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from .fit import curve_at
from .semantics import BROW
from .surface import triangulate
from .template import MATERIALS

SKIN, BLUSH, SHADE = np.array([0.80, 0.62, 0.53]), np.array([0.80, 0.46, 0.40]), np.array([0.60, 0.42, 0.36])
LIPS, HAIR, CARUNCLE = np.array([0.72, 0.46, 0.42]), np.array([0.23, 0.16, 0.12]), np.array([0.74, 0.46, 0.42])
PLAIN = {"teeth": (0.91, 0.88, 0.80), "gums": (0.72, 0.42, 0.41), "tongue": (0.71, 0.40, 0.39), "mouth": (0.42, 0.17, 0.16),
         "sclera": (0.90, 0.885, 0.865), "iris": (0.36, 0.45, 0.47), "pupil": (0.03, 0.03, 0.035)}
IRIS_RADIUS = 5.8


def texel_surface(template, size):
    """Per texel: position in millimetres (size, size, 3) and material (-1 outside the charts); row 0 is the top, v = 1."""
    points = template.vertices * 1e3
    tris, face = triangulate(template.quads)
    corners, _ = triangulate(template.uv_quads)
    position = np.zeros((size, size, 3))
    material = np.full((size, size), -1)
    place = template.uv[corners] * [size, -size] + [0, size]
    for p, t, f in zip(place, tris, face):
        low, high = np.floor(p.min(0)).astype(int), np.ceil(p.max(0)).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        e1, e2 = p[1] - p[0], p[2] - p[0]
        det = e1[0] * e2[1] - e1[1] * e2[0]
        if abs(det) < 1e-12:
            continue
        dx, dy = x + 0.5 - p[0, 0], y + 0.5 - p[0, 1]
        b, c = (dx * e2[1] - dy * e2[0]) / det, (dy * e1[0] - dx * e1[1]) / det
        inside = (b >= -1e-6) & (c >= -1e-6) & (b + c <= 1 + 1e-6) & (x >= 0) & (y >= 0) & (x < size) & (y < size)
        bary = np.stack([1 - b - c, b, c], -1)[inside]
        position[y[inside], x[inside]] = bary @ points[t]
        material[y[inside], x[inside]] = template.material[f]
    return position, material


def _noise(p, scale, seed):
    """Smooth noise of unit spread at points (N, 3), with features of about `scale` millimetres."""
    rng = np.random.default_rng(seed)
    grid = gaussian_filter(rng.standard_normal((48, 48, 48)), 0.8, mode="wrap")
    grid /= grid.std()
    return map_coordinates(grid, (p / scale % 48).T, order=1, mode="grid-wrap")


def _blob(p, centre, radii):
    q = np.abs(p[:, :1]) if centre[0] else p[:, :1]
    r = (np.c_[q, p[:, 1:]] - centre) / radii
    return np.exp(-0.5 * (r * r).sum(1))


def _mix(colour, other, amount):
    return colour + np.asarray(amount)[:, None] * (other - colour)


def _curve_distance(p, points, n=200):
    """Distance to a polyline and the fraction along it, for |x|."""
    curve = curve_at(points, np.linspace(0, 1, n))
    d, k = cKDTree(curve).query(np.c_[np.abs(p[:, 0]), p[:, 1:]])
    return d, k / (n - 1), p[:, 1] - curve[k, 1]


def brows(p):
    """Density of the eyebrows' hair at points, as strokes that lean outward."""
    d, t, above = _curve_distance(p, BROW)
    half = 3.3 * np.clip(t / 0.10, 0.45, 1) * np.clip((1.04 - t) / 0.45, 0.12, 1)
    body = np.clip(1.25 - (d / half) ** 2, 0, 1)
    x = np.abs(p[:, 0])
    lean = np.interp(t, [0, 0.35, 1], [0.25, 1.3, 2.6])
    strokes = _noise(np.c_[x - lean * above, 0.15 * above + 40, 0 * x], 0.36, 3)
    return np.clip(body * (0.66 + 0.20 * strokes), 0, 0.88)


def _skin(template, p):
    names, points = template.names, template.vertices * 1e3
    colour = np.tile(SKIN, (len(p), 1))
    for centre, radii, amount in (((40, -36, 74), (16, 14, 25), 0.24), ((0, -40, 114), (12, 9, 12), 0.22),
                                  ((76, -10, -14), (14, 26, 18), 0.26), ((0, -98, 94), (14, 9, 12), 0.16)):
        colour = _mix(colour, BLUSH, amount * _blob(p, centre, radii))
    for centre, radii, amount in (((31, 9, 80), (13, 5, 14), 0.22), ((28, -10, 80), (12, 4, 12), 0.20)):
        colour = _mix(colour, SHADE, amount * _blob(p, centre, radii))
    colour *= (1 + 0.012 * _noise(p, 9.0, 1) + 0.010 * _noise(p, 2.0, 2))[:, None]
    nostril = points[np.append(names["nostril_rings_left"][2], names["nostril_rings_left"][2, 0])]
    inside = np.exp(-(_ring_distance(nostril, np.c_[np.abs(p[:, 0]), p[:, 1:]]) / 0.6) ** 2)
    colour = _mix(colour, np.array(PLAIN["mouth"]) * 1.15, 0.8 * inside)
    lips = np.r_[names["lip_vermilion_upper"], names["lip_vermilion_lower"][::-1]]
    colour = _mix(colour, LIPS, 0.55 * np.exp(-(_ring_distance(points[lips], p) / 0.8) ** 2))
    colour = _mix(colour, HAIR, brows(p) * (p[:, 2] > 45))
    upper, lower = (points[names[f"lid_margin_{k}_left"]] for k in ("upper", "lower"))
    mirrored = np.c_[np.abs(p[:, 0]), p[:, 1:]]
    colour = _mix(colour, HAIR, 0.85 * np.exp(-(_ring_distance(upper, mirrored) / 0.75) ** 2))
    colour = _mix(colour, SHADE, 0.65 * np.exp(-(_ring_distance(lower, mirrored) / 0.7) ** 2))
    return _mix(colour, CARUNCLE, 0.9 * _blob(p, (18.8, -2.2, 76.6), (1.7, 1.6, 2.5)))


def _ring_distance(line, p):
    t = np.linspace(0, len(line) - 1, 12 * len(line))
    dense = np.stack([np.interp(t, np.arange(len(line)), line[:, k]) for k in range(3)], 1)
    return cKDTree(dense).query(p)[0]


def _eye(template, p, name):
    """Sclera, iris or pupil by distance from the line of sight."""
    centre = np.array(template.joints[3]) * 1e3
    x, y = np.abs(p[:, 0]) - centre[0], p[:, 1] - centre[1]
    r, turn = np.hypot(x, y), np.arctan2(y, x)
    colour = np.tile(np.array(PLAIN[name]), (len(p), 1))
    if name == "iris":
        fibres = _noise(np.c_[9 * np.cos(turn), 9 * np.sin(turn), 0.35 * r], 0.5, 5)
        colour *= (1 + 0.16 * fibres)[:, None]
        colour = _mix(colour, np.array([0.52, 0.44, 0.31]), 0.55 * np.exp(-((r - 2.5) / 0.9) ** 2))
        colour = _mix(colour, np.array([0.10, 0.13, 0.15]), 0.75 * np.clip((r - 4.7) / 1.1, 0, 1) ** 1.5)
    if name == "sclera":
        colour = _mix(colour, np.array([0.86, 0.66, 0.62]), 0.55 * np.clip((r - 8.5) / 4.0, 0, 1))
        colour = _mix(colour, np.array([0.42, 0.43, 0.44]), 0.6 * np.exp(-((r - IRIS_RADIUS) / 0.35) ** 2))
    return colour


def paint(template, size=1024):
    """(size, size, 3) uint8 albedo for the template's texture coordinates; row 0 is the top (v = 1)."""
    fine = _paint(template, 2 * size).reshape(size, 2, size, 2, 3).mean((1, 3))
    return (np.clip(fine, 0, 1) * 255 + 0.5).astype(np.uint8)


def _paint(template, size):
    position, material = texel_surface(template, size)
    image = np.zeros((size, size, 3))
    for k, name in enumerate(MATERIALS):
        here = material == k
        p = position[here]
        if name == "skin":
            image[here] = _skin(template, p)
        elif name == "lips":
            image[here] = LIPS * (1 + 0.025 * _noise(p * [1, 0.25, 0.25], 0.6, 7))[:, None]
        elif name in ("sclera", "iris", "pupil"):
            image[here] = _eye(template, p, name)
        else:
            image[here] = PLAIN[name]
    _, (row, column) = distance_transform_edt(material < 0, return_indices=True)
    return image[row, column]
