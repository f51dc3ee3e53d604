"""python -m scripts.build_head.upper.check: figures of the upper face, in millimetres."""

import argparse
import itertools
import time

import numpy as np

from ..storage import cached_template
from . import KINDS, build_upper_expressions, gaze_correctives, lid_relation
from .eye import INNER_MARGIN, MARGIN, left_eye
from .lids import gap
from .posing import posed

REGIONS = {
    "brow": ("forehead", "eye_region"),
    "blink": ("left_eye_region",),
    "lid": ("left_eye_region",),
    "cheek": ("left_eye_region", "cheek_apple_left"),
    "nose": ("nose", "left_eye_region", "nasolabial_left"),
    "nostril": ("nose",),
}
LEAN = 12  # samples along each edge of a lid's quad


def ball_surface(eye, template, directions, turn):
    """Distance of the eyeball's surface from its centre along unit directions, the eye turned by `turn`."""
    from scipy.spatial.transform import Rotation

    ids = template.names["left_eyeball"]
    away = eye.points[ids] - eye.centre
    reach = np.linalg.norm(away, axis=1)
    angle = np.arccos(np.clip(away[:, 2] / reach, -1, 1))
    order = np.argsort(angle)
    gaze = Rotation.from_rotvec(turn).as_matrix()[:, 2]
    return np.interp(np.arccos(np.clip(directions @ gaze, -1, 1)), angle[order], reach[order])


def clearance(eye, template, points, turn, rings=slice(0, MARGIN + 1)):
    """Least distance of the lids' skin (the bands between these rings) to the eyeball under them."""
    least = np.inf
    s = np.linspace(0, 1, LEAN)
    for lid in (eye.upper[rings], eye.lower[rings]):
        p = points[lid]
        a, b, c, d = p[:-1, :-1], p[:-1, 1:], p[1:, :-1], p[1:, 1:]
        u, v = (x.ravel()[:, None, None, None] for x in np.meshgrid(s, s))
        samples = ((1 - u) * ((1 - v) * a + v * b) + u * ((1 - v) * c + v * d)).reshape(-1, 3) - eye.centre
        reach = np.linalg.norm(samples, axis=1)
        least = min(least, (reach - ball_surface(eye, template, samples / reach[:, None], turn)).min())
    return least


def stretch(template, field):
    """Longest and shortest edge at strength 1 against rest, on the skin in front of the margins."""
    points = template.vertices
    edges = np.vstack([template.quads[:, [k, (k + 1) % 4]] for k in range(4)])
    edges = edges[(edges >= 0).all(1)]
    hidden = np.unique(np.concatenate([template.names[f"lid_tuck_{s}"] for s in ("left", "right")]))
    edges = edges[~np.isin(edges, hidden).any(1)]
    before = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    moved = points + field
    after = np.linalg.norm(moved[edges[:, 0]] - moved[edges[:, 1]], axis=1)
    return (after / before).max(), (after / before).min()


def flipped(template, field):
    """How many skin faces turn by more than 90 degrees at strength 1."""
    tris = template.triangles[np.isin(template.triangles, template.names["skin"]).all(1)]

    def normals(p):
        return np.cross(p[tris[:, 1]] - p[tris[:, 0]], p[tris[:, 2]] - p[tris[:, 0]])

    return int(((normals(template.vertices) * normals(template.vertices + field)).sum(1) < 0).sum())


def report(template):
    begin = time.perf_counter()
    shapes, correctives = build_upper_expressions(template), gaze_correctives(template)
    yield f"built in {time.perf_counter() - begin:.2f} s"
    eye = left_eye(template)

    def pose(**action):
        return posed(template, shapes, correctives, action) * 1e3

    yield "lids: opening widest / narrowest, clearance of the skin and of the inner margin to the ball"
    for strength in (0, 0.25, 0.5, 0.75, 1):
        points = pose(blink_left=strength)
        open_by = gap(eye, points)[1:-1]
        skin = clearance(eye, template, points, np.zeros(3))
        inner = clearance(eye, template, points, np.zeros(3), slice(MARGIN, INNER_MARGIN + 1))
        yield f"  blink {strength:4}: {open_by.max():6.2f} {open_by.min():6.2f}   {skin:5.2f} {inner:5.2f}"
    for name in ("lid_wide", "lid_squint", "cheek_raise"):
        points = pose(**{f"{name}_left": 1.0})
        open_by = gap(eye, points)[1:-1]
        skin = clearance(eye, template, points, np.zeros(3))
        yield f"  {name:11}: {open_by.max():5.2f} {open_by.min():6.2f}   {skin:5.2f}"
    yield "clearance under gaze of 30 degrees: lids open, half closed, closed"
    for pitch, yaw in itertools.product((-30, 0, 30), repeat=2):
        turn = np.radians([pitch, yaw, 0.0])
        row = [clearance(eye, template, pose(blink_left=s, left_eye=turn), turn) for s in (0, 0.5, 1)]
        yield f"  pitch {pitch:3} yaw {yaw:3}:" + "".join(f" {x:5.2f}" for x in row)
    closing = lid_relation(template)["closing"]
    yield "blink that just closes, by pitch: " + ", ".join(f"{pitch}: {s:.2f}" for pitch, s in closing)
    yield "shapes: largest move, share outside the region, stretch, squeeze, turned faces, mirror error"
    yield from (_shape_line(template, shapes, kind) for kind in KINDS)
    margins = np.r_[eye.upper[MARGIN], eye.lower[MARGIN]]
    brows = template.names["brow_left"]

    def most(kinds, ids):
        return max(np.abs(shapes[f"{k}_left"][ids]).max() for k in kinds) * 1e3

    yield f"brow shapes move the lid margins by {most(KINDS[:3], margins):.3f}"
    yield f"lid shapes move the brows by {most(KINDS[3:6], brows):.3f}"


def _shape_line(template, shapes, kind):
    left, right = shapes[f"{kind}_left"], shapes[f"{kind}_right"]
    region = REGIONS[kind.split("_")[0]]
    size = np.linalg.norm(left, axis=1)
    inside = np.zeros(len(size), bool)
    inside[np.concatenate([template.names[name] for name in region])] = True
    longest, shortest = stretch(template, left)
    error = np.abs(right[template.mirror] * [-1, 1, 1] - left).max() * 1e3
    return (
        f"  {kind:14} {size.max() * 1e3:5.2f}  {size[~inside].sum() / size.sum():6.1%}  {longest:5.2f} "
        f"{shortest:5.2f}  {flipped(template, left)}  {error:.1e}"
    )


def main():
    options = argparse.ArgumentParser(prog="python -m scripts.build_head.upper.check", description=__doc__)
    options.parse_args()
    for line in report(cached_template()):
        print(line)


if __name__ == "__main__":
    main()
