"""Lips, lids, edges and volumes of a posed head, in millimetres."""

from dataclasses import dataclass

import numpy as np

from flametalk.conventions import MILLIMETRES
from flametalk.render import CpuRenderer, Settings, from_head, perspective
from scripts.build_head.rig.face import Face
from scripts.build_head.rig.measure import apertures, lip_to_upper_teeth

SHORT = 0.6  # mm: edges shorter than this at rest tell nothing about stretch
TOOTH = 32  # vertices of one
EYE_PIXELS, EYE_VIEWS = 200, ((0, 0), (0, -25), (40, 0), (-40, 0))  # yaw and pitch of the camera, degrees


def face_of_head(head):
    """The head as the rig's measurements know it: millimetres and rings."""
    names = {name: value.long().numpy() for name, value in head.regions.items()}
    for part in ("mouth_skin_rings", "lip_rings", "mouth_sack_rings"):
        for side in ("upper", "lower"):
            names[f"{part}_{side}"] = names[f"{part}_{side}"].reshape(-1, 27)
    for jaw in ("upper", "lower"):
        crowns = names[f"teeth_{jaw}"].reshape(2, -1, TOOTH)
        for side, row in zip(("left", "right"), crowns, strict=True):
            names |= {f"teeth_{jaw}_{side}_{k + 1}": ids for k, ids in enumerate(row)}
    points = head.template.double().numpy() * MILLIMETRES
    return Face(points, head.faces.long().numpy(), head.mirror.long().numpy(), names)


@dataclass(frozen=True)
class Lips:
    gap: float  # widest, between the closed lips' middle parts
    pressed: float  # deepest of one lip in the other
    to_teeth: float  # of the lower lip to the nearest upper front tooth's edge


def lips(face, vertices):
    points = np.asarray(vertices) * MILLIMETRES
    gaps = apertures(face, points)
    middle = gaps[3:-3]
    return Lips(
        float(middle.max()), float(max(-gaps.min(), 0)), float(np.abs(lip_to_upper_teeth(face, points)).min())
    )


class Watcher:
    """Sees how much of the eyeballs shows between the lids."""

    def __init__(self, head):
        self.surface, self.renderer = from_head(head), CpuRenderer(Settings(look="clay", antialias=1))
        self.balls = {s: head.regions[f"{s}_eyeball"].long().numpy() for s in ("left", "right")}
        ball = np.zeros(head.n_vertices, bool)
        ball[np.concatenate([*self.balls.values()])] = True
        self.is_ball = ball[head.faces.long().numpy()].all(1)

    def pixels(self, vertices):
        """Of the balls in close-ups of both eyes from four sides; 0: closed."""
        seen = 0
        for ids in self.balls.values():
            middle = np.asarray(vertices)[ids].mean(0)
            for yaw, pitch in np.radians(EYE_VIEWS):
                away = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
                camera = perspective(middle + 0.4 * away, middle, EYE_PIXELS, EYE_PIXELS, 0.11)
                passes = self.renderer.render(vertices.astype(np.float32), self.surface, camera, ("face",))
                seen += int(self.is_ball[passes.face[passes.face >= 0]].sum())
        return seen


@dataclass(frozen=True, eq=False)
class Skin:
    """The skin that is seen, and the flesh that the whole skin encloses."""

    edges: np.ndarray  # (n, 2)
    whole: np.ndarray  # triangles of all the skin, the mouth's inside too
    tongue: np.ndarray


def skin_of(head):
    tris = head.faces.long().numpy()
    mask = np.zeros((3, head.n_vertices), bool)
    mask[0, head.regions["skin"].long().numpy()] = True
    for name in ("mouth_sack", "lid_tuck_left", "lid_tuck_right"):
        mask[1, head.regions[name].long().numpy()] = True
    mask[2, head.regions["tongue"].long().numpy()] = True
    whole = mask[0][tris].all(1)
    seen = tris[whole & ~mask[1][tris].any(1)]
    edges = np.unique(np.sort(np.r_[seen[:, :2], seen[:, 1:], seen[:, ::2]], 1), axis=0)
    return Skin(edges, tris[whole], tris[mask[2][tris].all(1)])


def stretch(skin, vertices, rest):
    """Edge lengths over those at rest: least, 0.5 %, 99.5 %, greatest."""
    lengths = [
        np.linalg.norm(p[skin.edges[:, 0]] - p[skin.edges[:, 1]], axis=1) * MILLIMETRES
        for p in (vertices, rest)
    ]
    keep = lengths[1] > SHORT
    return np.percentile(lengths[0][keep] / lengths[1][keep], [0, 0.5, 99.5, 100])


def volume(tris, vertices):
    """Enclosed by a surface, in cubic metres; what is open is closed by a cone from the origin."""
    a, b, c = (np.asarray(vertices)[tris[:, k]] for k in range(3))
    return float(np.einsum("nc,nc->", a, np.cross(b, c))) / 6
