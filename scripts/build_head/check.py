"""Measurements of a finished template: symmetry, faces, edges, winding, texture coordinates and sizes."""

import numpy as np

from flametalk.conventions import MILLIMETRES

from .piece import cross2
from .surface import triangulate
from .template import PARTS

SHARP = 0.26  # cosine of 75 degrees


def edge_use(quads):
    """Directed edges of the faces, and how often each undirected edge is used."""
    pairs = []
    for k in range(4):
        a, b = quads[:, k], quads[:, (k + 1) % 4]
        if k == 2:
            b = np.where(b < 0, quads[:, 0], b)
        pairs.append(np.stack([a, b], 1)[(a >= 0) & (b >= 0)])
    directed = np.vstack(pairs)
    _, count = np.unique(np.sort(directed, 1), axis=0, return_counts=True)
    return directed, count


def quad_quality(points, quads):
    """Per face: the least cosine of a corner's normal with the face's (below 0: folded), and the area."""
    whole = quads[:, 3] >= 0
    p = points[np.where(quads < 0, quads[:, :1], quads)]
    normal = np.cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 1])
    normal[~whole] = np.cross(p[~whole, 1] - p[~whole, 0], p[~whole, 2] - p[~whole, 0])
    area = 0.5 * np.linalg.norm(normal, axis=1)
    unit = normal / np.maximum(2 * area, 1e-15)[:, None]
    worst = np.ones(len(p))
    for k in range(4):
        a, b, c = p[:, k], p[:, (k + 1) % 4], p[:, (k - 1) % 4]
        n = np.cross(b - a, c - a)
        cosine = (n * unit).sum(1) / np.maximum(np.linalg.norm(n, axis=1), 1e-15)
        worst = np.where(whole, np.minimum(worst, cosine), worst)
    return worst, area


def uv_overlap(uv, corners, size=1024):
    """Share of the covered texels that more than one triangle covers, and the number of flipped triangles."""
    p = uv[triangulate(corners)[0]] * size
    area = cross2(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    cover = np.zeros((size, size), int)
    lows = np.clip(np.floor(p.min(1)).astype(int), 0, size)
    highs = np.clip(np.ceil(p.max(1)).astype(int), 0, size)
    for (a, b, c), whole, low, high in zip(p, area, lows, highs, strict=True):
        if abs(whole) < 1e-12:
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        away = np.stack([x - a[0], y - a[1]], -1)
        to_b, to_c = cross2(away, c - a) / whole, cross2(b - a, away) / whole
        cover[low[1] : high[1], low[0] : high[0]] += (to_b > 1e-6) & (to_c > 1e-6) & (to_b + to_c < 1 - 1e-6)
    return (cover > 1).sum() / max((cover > 0).sum(), 1), int((area <= 0).sum())


def sizes(template):
    """Anthropometric lengths in millimetres."""
    p, n = template.vertices * MILLIMETRES, template.names
    skin, front, wing = p[n["skin"]], p[n["midline_front"]], p[n["ala_left"]]
    beside_ear = skin[(np.abs(skin[:, 1] + 22) < 6) & (skin[:, 2] > 14)]
    chin = front[(front[:, 2] > 60) & (front[:, 1] < -100)][:, 1].min()
    return {
        "length": p[n["forehead"]][:, 2].max() - skin[skin[:, 1] > -30][:, 2].min(),
        "breadth": 2 * p[np.union1d(n["scalp"], n["forehead"])][:, 0].max(),
        "face height": 5.7 - chin,
        "mouth": np.ptp(p[n["lip_corners"]][:, 0]),
        "nose": 2 * wing[wing[:, 1] > -45][:, 0].max(),  # above the base, where it runs into the cheek
        "bizygomatic": 2 * beside_ear[:, 0].max(),
    }


def figures(template):
    """What the template promises, by name."""
    p, q = template.vertices, template.quads
    directed, count = edge_use(q)
    worst, area = quad_quality(p, q)
    overlap, flipped = uv_overlap(template.uv, template.uv_quads)
    return {
        "vertices": len(p),
        "faces": len(q),
        "triangles": int((q[:, 3] < 0).sum()),
        "symmetry error, mm": float(np.abs(p[template.mirror] * [-1, 1, 1] - p).max() * MILLIMETRES),
        "vertices whose mirror's mirror is another": int(
            (template.mirror[template.mirror] != np.arange(len(p))).sum()
        ),
        "open edges": int((count == 1).sum()),
        "edges of more than two faces": int((count > 2).sum()),
        "edges run along twice": len(directed) - len(np.unique(directed, axis=0)),
        "folded quads": int((worst < 0).sum()),
        "quads with a corner beyond 75 degrees": int((worst < SHARP).sum()),
        "smallest face, mm2": float(area.min() * MILLIMETRES**2),
        "texture corners outside 0…1": int(((template.uv < 0) | (template.uv > 1)).any(1).sum()),
        "texture overlap, %": float(100 * overlap),
        "flipped texture triangles": flipped,
    }


def report(template):
    """Lines to print."""
    yield ", ".join(f"{name} {np.sum(template.part == k)}" for k, name in enumerate(PARTS))
    yield from (
        f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value:.3g}"
        for name, value in figures(template).items()
    )
    yield "millimetres: " + ", ".join(f"{name} {value:.1f}" for name, value in sizes(template).items())
