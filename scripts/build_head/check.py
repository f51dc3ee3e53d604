"""Measurements of a finished template: symmetry, faces, edges, winding, texture coordinates and sizes."""
import numpy as np

from .surface import triangulate
from .template import PARTS


def edge_use(quads):
    """Directed edges of the faces and how often each undirected edge is used."""
    pairs = []
    for k in range(4):
        a, b = quads[:, k], quads[:, (k + 1) % 4]
        if k == 2:
            b = np.where(b < 0, quads[:, 0], b)
        pairs.append(np.stack([a, b], 1)[(a >= 0) & (b >= 0)])
    directed = np.vstack(pairs)
    undirected, count = np.unique(np.sort(directed, 1), axis=0, return_counts=True)
    return directed, undirected, count


def quad_quality(points, quads):
    """Per face: the smallest corner normal's agreement with the face normal (below 0: a folded corner), and area."""
    whole = quads[:, 3] >= 0
    q = np.where(quads < 0, quads[:, :1], quads)
    p = points[q]
    normal = np.cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 1])
    normal[~whole] = np.cross(p[~whole, 1] - p[~whole, 0], p[~whole, 2] - p[~whole, 0])
    area = 0.5 * np.linalg.norm(normal, axis=1)
    unit = normal / np.maximum(2 * area, 1e-15)[:, None]
    worst = np.ones(len(q))
    for k in range(4):
        a, b, c = p[:, k], p[:, (k + 1) % 4], p[:, (k - 1) % 4]
        n = np.cross(b - a, c - a)
        size = np.linalg.norm(n, axis=1)
        cosine = (n * unit).sum(1) / np.maximum(size, 1e-15)
        worst = np.where(whole, np.minimum(worst, cosine), worst)
    return worst, area


def uv_overlap(uv, corners, size=1024):
    """Share of the covered texels that more than one texture triangle covers, and the number of flipped triangles."""
    tris, _ = triangulate(corners)
    p = uv[tris] * size
    signed = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    cover = np.zeros((size, size), int)
    for a, b, c in p:
        lo, hi = np.floor(np.minimum(np.minimum(a, b), c)).astype(int), np.ceil(np.maximum(np.maximum(a, b), c)).astype(int)
        x, y = np.meshgrid(np.arange(lo[0], hi[0]) + 0.5, np.arange(lo[1], hi[1]) + 0.5)
        det = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(det) < 1e-12:
            continue
        w1 = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / det
        w2 = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / det
        inside = (w1 > 1e-6) & (w2 > 1e-6) & (w1 + w2 < 1 - 1e-6)
        cover[lo[1]:hi[1], lo[0]:hi[0]] += inside[: cover[lo[1]:hi[1], lo[0]:hi[0]].shape[0], : cover[lo[1]:hi[1], lo[0]:hi[0]].shape[1]]
    return (cover > 1).sum() / max((cover > 0).sum(), 1), int((signed <= 0).sum())


def sizes(template):
    """Anthropometric lengths in millimetres."""
    p = template.vertices * 1e3
    n = template.names
    skin = p[n["skin"]]
    head = np.union1d(n["scalp"], n["forehead"])
    corners = p[n["lip_corners"]]
    front = p[n["midline_front"]]
    low = front[(front[:, 2] > 60) & (front[:, 1] < -100)][:, 1].min()
    return {"length": p[n["forehead"]][:, 2].max() - skin[skin[:, 1] > -30][:, 2].min(),
            "breadth": 2 * p[head][:, 0].max(), "face height": 5.7 - low, "mouth": np.ptp(corners[:, 0]),
            "nose": 2 * p[n["ala_left"]][:, 0].max(), "bizygomatic": 2 * skin[(np.abs(skin[:, 1] + 22) < 6) & (skin[:, 2] > 14)][:, 0].max()}


def report(template):
    p, q = template.vertices, template.quads
    yield f"vertices {len(p)}: " + ", ".join(f"{name} {np.sum(template.part == k)}" for k, name in enumerate(PARTS))
    yield f"faces {len(q)}, of them triangles {np.sum(q[:, 3] < 0)}"
    yield f"symmetry error {np.abs(p[template.mirror] * [-1, 1, 1] - p).max():.2e} m; mirror is an involution: {np.array_equal(template.mirror[template.mirror], np.arange(len(p)))}"
    directed, _, count = edge_use(q)
    yield f"edges used once {np.sum(count == 1)}, twice {np.sum(count == 2)}, more {np.sum(count > 2)}; repeated directed edges {len(directed) - len(np.unique(directed, axis=0))}"
    worst, area = quad_quality(p, q)
    yield f"folded quads {np.sum(worst < 0)}, corners beyond 75 degrees {np.sum(worst < 0.26)}, smallest face {area.min() * 1e6:.4f} mm2"
    share, flipped = uv_overlap(template.uv, template.uv_quads)
    yield f"uv within 0..1: {bool((template.uv >= 0).all() and (template.uv <= 1).all())}, overlap {100 * share:.3f} %, flipped {flipped}"
    yield ", ".join(f"{k} {v:.1f}" for k, v in sizes(template).items())
