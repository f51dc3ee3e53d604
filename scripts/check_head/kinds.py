"""What the head's triangles belong to, and what it means when two of them cross."""

import itertools
from dataclasses import dataclass

import numpy as np

from flametalk.conventions import MILLIMETRES

from .crossing import crossing_pairs
from .depth import poked, sunk

SIDES = ("left", "right")
GROUPS = (
    "skin", "ears", "upper lip", "lower lip", "upper lids", "lower lids", "mouth's inside", "lid tucks",
    "eyeballs", "upper teeth", "lower teeth", "gums", "tongue",
)  # fmt: skip
NUMBER = {name: k for k, name in enumerate(GROUPS)}
OUTSIDE = ("skin", "upper lip", "lower lip", "upper lids", "lower lids")
HARD = ("upper teeth", "lower teeth", "gums")
# kind -> pairs of groups; a triangle pair belongs to the first kind that names it
KINDS = {
    "lip on lip": [("upper lip", "lower lip")],
    "lid on lid": [("upper lids", "lower lids")],
    "skin": list(itertools.combinations_with_replacement(OUTSIDE, 2)),
    "ear": [("ears", name) for name in (*OUTSIDE, "ears")],
    "lids on the ball": [(name, "eyeballs") for name in OUTSIDE],
    "teeth": [(name, hard) for name in OUTSIDE for hard in HARD],
    "tongue on lips": [(name, "tongue") for name in OUTSIDE],
    "tongue on teeth": [("tongue", hard) for hard in HARD],
    "bite": [("upper teeth", "lower teeth"), ("upper teeth", "gums"), ("lower teeth", "gums")],
    "mouth's inside": [("mouth's inside", name) for name in (*OUTSIDE, "mouth's inside", *HARD, "tongue")],
    "lid tucks": [("lid tucks", name) for name in (*OUTSIDE, "lid tucks", "eyeballs")],
}
SEEN = ("skin", "ear", "lids on the ball", "teeth", "tongue on lips")  # faults that a viewer can see
CONTACT = ("lip on lip", "lid on lid", "tongue on teeth", "bite")  # soft parts pressed on others
HIDDEN = ("mouth's inside", "lid tucks")
# one surface with itself, lids that slide over one another, linings: measured by planes
BY_PLANES = ("skin", "ear", "lid on lid", *HIDDEN)


@dataclass(frozen=True)
class Parts:
    """The head's triangles by group, and which crossings its roots bring along."""

    tris: np.ndarray
    group: np.ndarray
    kind: np.ndarray  # (groups, groups) number in KINDS, −1: not looked at
    rooted: np.ndarray  # (f,) number of a tooth, −1 otherwise


def parts_of(head):
    """Every triangle's group."""
    ids = {name: value.long().numpy() for name, value in head.regions.items()}
    tris = head.faces.long().numpy()
    group = np.full(len(tris), NUMBER["skin"])

    def paint(name, *vertices):
        mask = np.zeros(head.n_vertices, bool)
        mask[np.concatenate([np.ravel(v) for v in vertices])] = True
        group[mask[tris].any(1)] = NUMBER[name]

    for lid in ("upper", "lower"):
        paint(f"{lid} lids", *(ids[f"lid_rings_{lid}_{s}"].reshape(-1, 19)[4:, 1:-1] for s in SIDES))
        paint(f"{lid} lip", ids[f"lip_rings_{lid}"].reshape(-1, 27)[:, 1:-1])
    paint("ears", ids["left_ear"], ids["right_ear"])
    paint("mouth's inside", ids["mouth_sack"])
    paint("lid tucks", ids["lid_tuck_left"], ids["lid_tuck_right"])
    paint("eyeballs", ids["left_eyeball"], ids["right_eyeball"])
    for jaw in ("upper", "lower"):
        paint(f"{jaw} teeth", ids[f"teeth_{jaw}"])
        paint("gums", ids[f"gums_{jaw}"])
    paint("tongue", ids["tongue"])
    kind = np.full((len(GROUPS), len(GROUPS)), -1)
    for number, pairs in reversed([*enumerate(KINDS.values())]):
        for a, b in pairs:
            kind[NUMBER[a], NUMBER[b]] = kind[NUMBER[b], NUMBER[a]] = number
    jaw = np.full(head.n_vertices, -1)
    for number, name in enumerate(("upper", "lower")):
        for part in ("teeth", "gums"):
            jaw[ids[f"{part}_{name}"]] = number
    return Parts(tris, group, kind, jaw[tris[:, 0]])


def crossings_by_kind(parts, vertices, measured=True):
    """kind -> (triangles that cross, depth in mm, pairs), for vertices in metres. Teeth in the gums of their
    own jaw are roots, not crossings."""
    points = np.asarray(vertices, np.float64) * MILLIMETRES
    pairs = crossing_pairs(points, parts.tris, parts.group, parts.kind >= 0)
    jaw = parts.rooted[pairs]
    pairs = pairs[(jaw[:, 0] != jaw[:, 1]) | (jaw[:, 0] < 0)]
    kind = parts.kind[parts.group[pairs[:, 0]], parts.group[pairs[:, 1]]]
    normals = vertex_normals(points, parts.tris) if measured else None
    out = {}
    for number, name in enumerate(KINDS):
        mine = pairs[kind == number]
        depth = 0.0
        if measured and len(mine):
            depth = _depth(parts, points, normals, name, mine)
        out[name] = (len(np.unique(mine)), depth, mine)
    return out


def _depth(parts, points, normals, name, pairs):
    if name in BY_PLANES:
        return poked(points, parts.tris, pairs)
    deepest = 0.0
    groups = parts.group[pairs]
    for a, b in {tuple(sorted(row)) for row in groups.tolist()}:
        mine = pairs[(np.sort(groups, 1) == (a, b)).all(1)]
        if a == b:
            deepest = max(deepest, poked(points, parts.tris, mine))
            continue
        for own, other in ((a, b), (b, a)):
            depth = sunk(points, normals, parts.tris, parts.group == own, parts.group == other, mine)
            deepest = max(deepest, depth)
    return deepest


def vertex_normals(points, tris):
    """Unit normals, faces weighed by area."""
    corner = points[tris]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    out = np.zeros_like(points)
    for k in range(3):
        np.add.at(out, tris[:, k], flat)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
