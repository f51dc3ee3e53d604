"""Anthropometric measurements (millimetres) of many heads at once, between vertices found on the template."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .anchors import find_anchors

# Pooled standard deviations of adults.
HUMAN_SD = {
    "head length": 7.0,
    "head breadth": 6.0,
    "head height": 7.0,
    "face height": 7.0,
    "bizygomatic": 6.0,
    "bigonial": 7.0,
    "nose height": 3.5,
    "nose width": 3.0,
    "nose protrusion": 2.2,
    "mouth width": 4.0,
    "upper lip": 1.5,
    "lower lip": 1.5,
    "chin height": 3.5,
    "intercanthal": 2.7,
    "eye width": 1.8,
    "eye opening": 1.0,
    "interpupillary": 3.6,
    "ear length": 4.5,
    "neck width": 9.0,
}


@dataclass(frozen=True)
class Ruler:
    """Pairs of vertices, and the axis along which their distance is taken (None: straight)."""

    pairs: dict


def make_ruler(template):
    p, n, a = template.vertices * 1e3, template.names, find_anchors(template)
    skin = n["skin"]
    tree = cKDTree(p[skin])
    at = lambda q: int(skin[tree.query(q)[1]])  # noqa: E731
    across = lambda v: (v, int(template.mirror[v]), 0)  # noqa: E731
    head = np.setdiff1d(np.union1d(n["scalp"], n["forehead"]), np.union1d(n["left_ear"], n["right_ear"]))
    front = n["midline_front"]
    brow = front[(p[front, 1] > a.eye[1] + 8) & (p[front, 1] < a.eye[1] + 45)]
    inner, outer = int(n["canthus_inner_left"][0]), int(n["canthus_outer_left"][0])
    gonion, neck = at(a.gonion), at([60, a.menton[1] - 20, -25])
    sellion, menton, subnasale = at(a.sellion), at(a.menton), at(a.subnasale)
    bow, seam = n["lip_vermilion_upper"][13], n["lip_seam_upper"][13]
    low, seam_low = n["lip_vermilion_lower"][13], n["lip_seam_lower"][13]
    corner = int(n["lip_corners"][np.argmax(p[n["lip_corners"], 0])])
    ear = n["left_ear"]
    top, lobe = int(ear[np.argmax(p[ear, 1])]), int(ear[np.argmin(p[ear, 1])])
    return Ruler(
        {
            "head length": (int(brow[np.argmax(p[brow, 2])]), at(a.occiput), 2),
            "head breadth": across(int(head[np.argmax(p[head, 0])])),
            "head height": (at(a.vertex), at(a.tragion), 1),
            "face height": (sellion, menton, 1),
            "bizygomatic": across(at(a.zygion)),
            "bigonial": across(gonion),
            "nose height": (sellion, subnasale, 1),
            "nose width": across(at(a.ala)),
            "nose protrusion": (int(n["nose_tip"][0]), subnasale, 2),
            "mouth width": across(corner),
            "upper lip": (int(bow), int(seam), 1),
            "lower lip": (int(low), int(seam_low), 1),
            "chin height": (at(a.lip_low), menton, 1),
            "intercanthal": across(inner),
            "eye width": (inner, outer, 0),
            "eye opening": (int(n["lid_margin_upper_left"][9]), int(n["lid_margin_lower_left"][9]), 1),
            "interpupillary": across(int(n["left_eye_front"][0])),
            "ear length": (top, lobe, None),
            "neck width": across(neck),
        }
    )


def measure(ruler, vertices):
    """{name: (people,)} from vertices (people, V, 3) in metres."""
    out = {}
    for name, (a, b, axis) in ruler.pairs.items():
        d = (vertices[:, a] - vertices[:, b]) * 1e3
        out[name] = np.linalg.norm(d, axis=1) if axis is None else np.abs(d[:, axis])
    return out


def vertices_of(ruler):
    return np.unique([v for a, b, _ in ruler.pairs.values() for v in (a, b)])
