"""Motion from one head to another: between the built-in head and FLAME, or any two with 68 landmarks.

Places on the two faces are matched (`correspondence.py`). What the source's places do in a frame, turned and
scaled region by region, is what the target's should do; lips part as far as they did beyond their rest, lids
close by the same part of their opening. Expression and jaw of the target then

    minimise  Σ trust·area·|place − wanted|² + lips + lids + |jaw − expected|² + ridge·|expression|²

within the bounds of anatomy, by a few steps of Newton's method with one matrix for all frames. Head, neck,
gaze, translation and sound are taken over. Identity is not: the target keeps its own.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from ..clip import Clip
from ..conventions import N_EXPRESSION, N_SHAPE
from ..head import Head
from .boxed import solve_boxed
from .correspondence import Correspondence, correspond, surface
from .patch import (
    N_EYES,
    N_JAW,
    Gaps,
    Patch,
    face_vertices,
    gap_vertices,
    gaps,
    parameters_of,
    vertex_areas,
)

STEPS: Final = 3  # of Newton's method
CHUNK: Final = 64  # frames in memory at a time
LIPS: Final = 1.0  # weight of their gaps, where the whole face counts 1
LIDS: Final = 1.0
JAW: Final = 10e-3  # metres that a jaw off by one radian counts as
RIDGE: Final = 3e-5  # metres that a coefficient of 1 counts as, so that none is spent on nothing
NATURAL: Final = (-0.15, 1.3)  # bounds of expressions with names, which are 0 … 1
BOTH_WAYS: Final = (-1.3, 1.3)  # of those that go to either side
SIGMAS: Final = (-5.0, 5.0)  # of statistical ones
JAW_LOW: Final = (-0.05, -0.2, -0.2)  # radians
JAW_HIGH: Final = (0.6, 0.2, 0.2)
SHUT: Final = -0.1  # of a lid's opening: by so much may closed lids overlap, more is not motion
UNSEEN: Final = 1e-5  # metres: expressions of the same name that the face does not show are taken over


@dataclass(frozen=True, eq=False)
class Retargeting:
    """All that two heads and two people decide, before any motion is known."""

    source: Patch
    target: Patch
    match: Correspondence  # corners count within `source`
    skin: Int[np.ndarray, "k"]  # the matched points within `target`
    source_rest: Float64[np.ndarray, "k 3"]  # of the matched places
    target_rest: Float64[np.ndarray, "k 3"]
    source_gaps: Gaps
    target_gaps: Gaps
    rows: Float64[np.ndarray, "q r"]  # weighed motion of places and gaps, by expression and jaw
    matrix: Float64[np.ndarray, "q q"]
    prior: Float64[np.ndarray, "q"]
    low: Float64[np.ndarray, "q"]
    high: Float64[np.ndarray, "q"]
    jaw_ratio: float
    by_name: tuple[tuple[int, int], ...]  # expressions taken over: source, target

    @property
    def n_expression(self) -> int:
        return self.target.head.n_expression


def retarget(
    clip: Clip,
    to: Head,
    source: Head | None = None,
    shape: Float[np.ndarray, "s"] | None = None,
    n_expression: int = N_EXPRESSION,
) -> Clip:
    """The motion of `clip` on the head `to`, on its mean face or on the person `shape`.

    `source` is the head the clip was made for, where `Head.load` does not find it by name. At most
    `n_expression` coefficients of the target are used.
    """
    source = source or Head.load(clip.made_for)
    clip.check_made_for(source.name)
    person = np.zeros(N_SHAPE, np.float32) if shape is None else np.asarray(shape, np.float32)
    if source is to and shape is None:
        return clip
    own = clip.shapes().mean(0) if clip.shape.ndim == 2 else clip.shape
    plan = retargeting(source, to, own, person, n_expression)
    given = parameters_of(clip, source.n_expression)
    solved = [_solve(plan, given[first : first + CHUNK]) for first in range(0, clip.n_frames, CHUNK)]
    parameters = np.concatenate(solved)
    n = min(to.n_expression, n_expression)
    story: dict[str, Any] = {"from": source.name, "to": to.name}
    if clip.detail is not None:
        story["not_kept"] = ["detail"]
    return clip.replace(
        shape=person,
        expression=parameters[:, :n],
        jaw=parameters[:, to.n_expression : to.n_expression + N_JAW],
        detail=None,
        made_for=to.name,
        provenance={**clip.provenance, "retarget": story},
    )


def retargeting(
    source: Head,
    target: Head,
    source_shape: Float[np.ndarray, "s"],
    target_shape: Float[np.ndarray, "s"],
    n_expression: int = N_EXPRESSION,
) -> Retargeting:
    """Match the faces and prepare the solver; kept for the last few pairs."""
    return _prepare(
        *(source, target),
        np.asarray(source_shape, np.float32).tobytes(),
        np.asarray(target_shape, np.float32).tobytes(),
        n_expression,
    )


@lru_cache(maxsize=4)
def _prepare(source: Head, target: Head, source_code: bytes, target_code: bytes, n: int) -> Retargeting:
    source_shape, target_shape = (np.frombuffer(code, np.float32) for code in (source_code, target_code))
    theirs = surface(source, source_shape, skin_of(source))
    ours = surface(target, target_shape, skin_of(target))
    match = correspond(theirs, ours)
    source_ids = np.union1d(match.corners, gap_vertices(source))
    target_ids = np.union1d(ours.skin, gap_vertices(target))
    skin = np.searchsorted(target_ids, ours.skin)
    within = Correspondence(**(vars(match) | {"corners": np.searchsorted(source_ids, match.corners)}))
    patch = Patch.of(target, target_shape, target_ids)
    target_gaps = gaps(target, target_ids)

    area = vertex_areas(ours.points, ours.faces)[ours.skin] * match.trust
    weights = np.sqrt(np.r_[area / area.sum(), _gap_weights(target_gaps)]).repeat(3)
    motion = patch.jacobian()[..., :-N_EYES]
    seen = np.concatenate([motion[skin], np.einsum("gn,ncq->gcq", target_gaps.rows, motion)])
    flat = seen.reshape(-1, motion.shape[-1]) * weights[:, None]
    prior = np.r_[np.full(target.n_expression, RIDGE**2), np.full(N_JAW, JAW**2)]
    low, high = _bounds(target, n)
    return Retargeting(
        source=Patch.of(source, source_shape, source_ids),
        target=patch,
        match=within,
        skin=skin,
        source_rest=np.einsum("nkc,nk->nc", theirs.points[match.corners], match.weights),
        target_rest=ours.points[ours.skin],
        source_gaps=gaps(source, source_ids),
        target_gaps=target_gaps,
        rows=(flat * weights[:, None]).T.copy(),
        matrix=flat.T @ flat,
        prior=prior,
        low=low,
        high=high,
        jaw_ratio=match.groups["outline"] * theirs.drop / ours.drop if ours.drop > 1e-4 else 0.0,
        by_name=_unseen(source, target, patch),
    )


def wanted(
    plan: Retargeting, given: Float[np.ndarray, "t p"]
) -> tuple[Float64[np.ndarray, "t k 3"], Float64[np.ndarray, "t g 3"]]:
    """Where the target's places should be, and how far its lips and lids should part."""
    points = plan.source.points(np.concatenate([np.zeros_like(given[:1]), given])).astype(np.float64)
    match, size = plan.match, plan.match.groups
    places = np.einsum("tnkc,nk->tnc", points[1:, match.corners], match.weights)
    moved = (places - plan.source_rest) @ match.turn.T * match.scale[:, None] + plan.target_rest
    theirs, lips = plan.source_gaps.of(points), plan.target_gaps.n_lips
    rest = plan.target_gaps.of(plan.target.points(np.zeros((1, plan.target.n_parameters))))[0]
    changed = theirs[1:] - theirs[0]
    left = openness(theirs[1:, lips:], theirs[0, lips:])[..., None]
    aside = changed[:, lips:] - (left - 1) * theirs[0, lips:]
    eyes = np.repeat([size["right eye"], size["left eye"]], aside.shape[1] // 2)[:, None]
    parted = rest[:lips] + changed[:, :lips] @ match.turn.T * size["mouth"]
    lids = np.maximum(left, SHUT) * rest[lips:] + aside @ match.turn.T * eyes
    return moved, np.concatenate([parted, lids], axis=1)


def openness(
    lids: Float64[np.ndarray, "t l 3"], rest: Float64[np.ndarray, "l 3"]
) -> Float64[np.ndarray, "t l"]:
    """Of each pair of lids, the part of its opening at rest that is left."""
    return (lids * rest).sum(-1) / np.maximum((rest**2).sum(-1), 1e-12)


def _solve(plan: Retargeting, given: Float32[np.ndarray, "t p"]) -> Float64[np.ndarray, "t q"]:
    """Expression, jaw and eyes of the target."""
    n = plan.n_expression
    places, parted = wanted(plan, given)
    goal = np.concatenate([places, parted], axis=1).reshape(len(given), -1)
    expected = np.zeros(n + N_JAW)
    jaw = given[:, -N_JAW - N_EYES : -N_EYES].astype(np.float64) * plan.jaw_ratio
    x = np.zeros((len(given), n + N_JAW + N_EYES))
    x[:, n : n + N_JAW], x[:, n + N_JAW :] = jaw, given[:, -N_EYES:]
    free = x[:, : n + N_JAW]  # a view: the eyes are the source's
    centre = np.broadcast_to(expected, free.shape).copy()
    centre[:, n:] = jaw
    full = plan.matrix + np.diag(plan.prior)
    for _ in range(STEPS):
        points = plan.target.points(x).astype(np.float64)
        now = np.concatenate([points[:, plan.skin], plan.target_gaps.of(points)], axis=1)
        left = goal - now.reshape(len(given), -1)
        right = left @ plan.rows.T + free @ plan.matrix + centre * plan.prior
        free[:] = solve_boxed(full, right, plan.low, plan.high, start=free)
    column = given[:, [a for a, _ in plan.by_name]]
    x[:, [b for _, b in plan.by_name]] = column
    return x


def skin_of(head: Head) -> Int[np.ndarray, "n"]:
    """The face without eyeballs."""
    turning = head.skinning[:, -2:].sum(1).cpu().numpy() > 0.5
    return np.setdiff1d(face_vertices(head), np.flatnonzero(turning))


def _gap_weights(found: Gaps) -> Float64[np.ndarray, "g"]:
    lids = len(found.rows) - found.n_lips
    return np.r_[np.full(found.n_lips, LIPS / max(found.n_lips, 1)), np.full(lids, LIDS / max(lids, 1))]


def _bounds(head: Head, used: int) -> tuple[Float64[np.ndarray, "q"], Float64[np.ndarray, "q"]]:
    if head.expression_names:
        each = [BOTH_WAYS if "_side" in name else NATURAL for name in head.expression_names]
    else:
        each = [SIGMAS] * head.n_expression
    low, high = (np.array(side, float) for side in zip(*each, strict=True))
    low[used:] = high[used:] = 0.0
    return np.r_[low, JAW_LOW], np.r_[high, JAW_HIGH]


def _unseen(source: Head, target: Head, patch: Patch) -> tuple[tuple[int, int], ...]:
    """Expressions of the same name on both heads that the target's face does not show: the tongue's."""
    place = {name: k for k, name in enumerate(source.expression_names)}
    shown = target.expression_basis[patch.ids].norm(dim=1).amax(0) > UNSEEN
    return tuple(
        (place[name], k)
        for k, name in enumerate(target.expression_names)
        if name in place and not bool(shown[k])
    )
