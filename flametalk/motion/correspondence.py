"""Which place on one face is which on another: two heads with nothing in common but their landmarks.

The target is laid over the source by its landmarks (a similarity, then a thin-plate spline), and every one of
its vertices looks for the place on the source's skin that is near, faces the same way, and, around the mouth,
goes along with the jaw to the same degree: closed lips lie on one another and are told apart by that alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float64, Int
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from ..errors import InputError
from ..head import Head
from ..normals import vertex_normals
from .patch import JAW_STEP, N_EYES, N_JAW, Patch

GROUPS: Final = {  # of the 68 landmarks
    "outline": slice(0, 17),
    "right brow": slice(17, 22),
    "left brow": slice(22, 27),
    "nose": slice(27, 36),
    "right eye": slice(36, 42),
    "left eye": slice(42, 48),
    "mouth": slice(48, 68),
}
MOUTH: Final = GROUPS["mouth"]
CHIN: Final = 8
BENDS: Final = 1e-9  # smoothing of the spline, square metres: landmarks are placed by different hands
FACING: Final = 8e-3  # metres that a normal turned by 60 degrees counts as
MOBILITY: Final = 25e-3  # metres that going fully with the jaw or not at all counts as, at the mouth
REACH: Final = 5e-3  # metres; places further apart than that are hardly the same
SAMPLES: Final = np.array(  # places looked at on each triangle
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
)


@dataclass(frozen=True, eq=False)
class Surface:
    """A face with one identity, at rest."""

    points: Float64[np.ndarray, "v 3"]  # of the whole head
    faces: Int[np.ndarray, "f 3"]
    skin: Int[np.ndarray, "n"]  # vertices of the face
    marks: Float64[np.ndarray, "68 3"]
    normals: Float64[np.ndarray, "v 3"]
    mobility: Float64[np.ndarray, "v"]  # 0 … 1, how far a vertex goes with the jaw
    drop: float  # metres that the chin moves when the jaw opens by `JAW_STEP`


@dataclass(frozen=True, eq=False)
class Correspondence:
    """For n vertices of the target: a place on the source, and how its displacement becomes theirs."""

    corners: Int[np.ndarray, "n 3"]  # vertices of the source
    weights: Float64[np.ndarray, "n 3"]
    trust: Float64[np.ndarray, "n"]  # 0 … 1
    scale: Float64[np.ndarray, "n"]  # size of the region, target over source
    turn: Float64[np.ndarray, "3 3"]  # from the source's directions to the target's
    groups: dict[str, float]  # the scale of each group of landmarks


def surface(head: Head, shape: Float[np.ndarray, "s"], skin: Int[np.ndarray, "n"]) -> Surface:
    if "ibug68" not in head.landmarks or len(head.landmarks["ibug68"].faces) != 68:
        raise InputError(
            f"the head '{head.name}' has no 68 landmarks, by which faces are matched: "
            "`flametalk assets add landmarks FILE`"
        )
    whole = Patch.of(head, shape, np.arange(head.n_vertices))
    poses = np.zeros((2, whole.n_parameters))
    poses[1, -N_JAW - N_EYES] = JAW_STEP
    rest, opened = whole.points(poses).astype(np.float64)
    moved = np.linalg.norm(opened - rest, axis=1)
    marks = head.landmarks["ibug68"]
    corners = head.faces[marks.faces.long()].cpu().numpy()
    weights = marks.weights.double().cpu().numpy()
    places, after = (np.einsum("nkc,nk->nc", points[corners], weights) for points in (rest, opened))
    faces = head.faces.cpu().numpy().astype(np.int64)
    mobility = np.clip(moved / max(np.percentile(moved[skin], 98), 1e-9), 0, 1)
    drop = float(np.linalg.norm(after[CHIN] - places[CHIN]))
    normals = vertex_normals(rest.astype(np.float32), faces).astype(np.float64)
    return Surface(rest, faces, skin, places, normals, mobility, drop)


def correspond(source: Surface, target: Surface) -> Correspondence:
    """A place on the source for every vertex of the target's face."""
    scale, turn, shift = similarity(target.marks, source.marks)
    laid_marks = scale * target.marks @ turn.T + shift
    warp = RBFInterpolator(laid_marks, source.marks - laid_marks, kernel="thin_plate_spline", smoothing=BENDS)
    laid = scale * target.points[target.skin] @ turn.T + shift
    laid += warp(laid)

    inside = np.zeros(len(source.points), bool)
    inside[source.skin] = True
    triangles = source.faces[inside[source.faces].all(1)]
    mouth = source.marks[MOUTH].mean(0)
    reach = 1.2 * np.linalg.norm(source.marks[54] - source.marks[48])  # beyond a mouth's width
    points = np.einsum("sk,fkc->fsc", SAMPLES, source.points[triangles]).reshape(-1, 3)
    normals = np.einsum("sk,fkc->fsc", SAMPLES, source.normals[triangles]).reshape(-1, 3)
    mobile = np.einsum("sk,fk->fs", SAMPLES, source.mobility[triangles]).ravel()

    def features(places: np.ndarray, facing: np.ndarray, mobility: np.ndarray) -> np.ndarray:
        near = np.exp(-(((places - mouth) ** 2).sum(1)) / reach**2)
        return np.concatenate([places, FACING * facing, (MOBILITY * near * mobility)[:, None]], axis=1)

    facing = target.normals[target.skin] @ turn.T
    wanted = features(laid, facing, target.mobility[target.skin])
    apart, found = cKDTree(features(points, normals, mobile)).query(wanted)
    corners = triangles[found // len(SAMPLES)]
    weights = _projected(laid, source.points[corners], SAMPLES[found % len(SAMPLES)])
    sizes = _sizes(source, target)
    middles = np.stack([source.marks[where].mean(0) for where in GROUPS.values()])
    spreads = np.array([_spread(source.marks[where]) for where in GROUPS.values()])
    closeness = np.exp(-(((laid[:, None] - middles) ** 2).sum(-1)) / spreads**2 / 2) + 1e-12
    blended = np.exp(closeness @ np.log(list(sizes.values())) / closeness.sum(1))
    return Correspondence(corners, weights, np.exp(-((apart / REACH) ** 2) / 2), blended, turn.T, sizes)


def similarity(
    start: Float[np.ndarray, "n 3"], end: Float[np.ndarray, "n 3"]
) -> tuple[float, Float64[np.ndarray, "3 3"], Float64[np.ndarray, "3"]]:
    """Scale s, rotation R and shift t with which s R x + t lies closest to `end` (Umeyama 1991)."""
    a, b = start - start.mean(0), end - end.mean(0)
    left, values, right = np.linalg.svd(b.T @ a)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    turn = (left * flip) @ right
    scale = float((values * flip).sum() / (a**2).sum())
    return scale, turn, end.mean(0) - scale * turn @ start.mean(0)


def _spread(points: Float[np.ndarray, "n 3"]) -> float:
    return float(np.sqrt(((points - points.mean(0)) ** 2).sum(1).mean()))


def _sizes(source: Surface, target: Surface) -> dict[str, float]:
    """How much larger each part of the target's face is."""
    return {
        name: _spread(target.marks[where]) / _spread(source.marks[where]) for name, where in GROUPS.items()
    }


def _projected(
    points: Float[np.ndarray, "n 3"],
    corners: Float[np.ndarray, "n 3 3"],
    sampled: Float[np.ndarray, "n 3"],
) -> Float64[np.ndarray, "n 3"]:
    """Barycentric weights of the foot points on the triangles; of thin triangles the sampled place."""
    a, u, v = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    d = points - a
    uu, uv, vv = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    du, dv = (d * u).sum(1), (d * v).sum(1)
    area = uu * vv - uv * uv
    good = area > 1e-4 * uu * vv
    area = np.where(good, area, 1.0)
    second, third = (du * vv - dv * uv) / area, (dv * uu - du * uv) / area
    weights = np.clip(np.stack([1 - second - third, second, third], 1), 0.0, None)
    weights /= weights.sum(1, keepdims=True)
    return np.where(good[:, None], weights, sampled)
