"""What a retargeted motion kept: places on the face, closures of the lips, blinks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..errors import InputError
from ..head import Head
from .patch import parameters_of
from .retarget import CHUNK, openness, retargeting, wanted

TOUCHING = 0.5e-3  # metres beyond the gap at rest up to which lips count as closed
BLINKING = 0.15  # of their opening at rest, below which lids count as closed


@dataclass(frozen=True)
class RetargetReport:
    """Millimetres, frames; a closure counts as kept where both faces have it in the same frame."""

    motion_mm: float  # how far the face should move, on average over its places and all frames
    mean_mm: float  # how far it is from that
    p95_mm: float
    closed: int  # frames in which the source's lips are closed
    closed_kept: int
    blinks: int  # frames in which the source's lids are closed, each eye counted
    blinks_kept: int

    def lines(self) -> list[str]:
        return [
            f"face        {self.mean_mm:.2f} mm from where it should be ({self.p95_mm:.2f} mm at the 95th "
            f"percentile), of {self.motion_mm:.2f} mm of motion",
            f"lips        closed in {self.closed} frames, kept in {self.closed_kept}",
            f"lids        closed in {self.blinks} frames of an eye, kept in {self.blinks_kept}",
        ]


def measure_retarget(clip: Clip, result: Clip, to: Head, source: Head | None = None) -> RetargetReport:
    """`result` on the head `to` against the `clip` that it was made from."""
    source = source or Head.load(clip.made_for)
    if clip.n_frames != result.n_frames:
        raise InputError(f"{clip.n_frames} frames cannot be compared with {result.n_frames}")
    own = clip.shapes().mean(0) if clip.shape.ndim == 2 else clip.shape
    plan = retargeting(source, to, own, result.shapes()[0])
    given, made = parameters_of(clip, source.n_expression), parameters_of(result, to.n_expression)
    apart, moved, gaps_of_source, gaps_of_target = [], [], [], []
    for first in range(0, clip.n_frames, CHUNK):
        places, _ = wanted(plan, given[first : first + CHUNK])
        points = plan.target.points(made[first : first + CHUNK])
        apart.append(np.linalg.norm(points[:, plan.skin] - places, axis=-1))
        moved.append(np.linalg.norm(places - plan.target_rest, axis=-1).mean(1))
        gaps_of_source.append(plan.source_gaps.of(plan.source.points(given[first : first + CHUNK])))
        gaps_of_target.append(plan.target_gaps.of(points))
    theirs, ours = np.concatenate(gaps_of_source), np.concatenate(gaps_of_target)
    their_rest = plan.source_gaps.of(plan.source.points(np.zeros_like(given[:1])))[0]
    our_rest = plan.target_gaps.of(plan.target.points(np.zeros_like(made[:1])))[0]
    lips = plan.target_gaps.n_lips
    closed, kept = _touch(theirs[:, :lips], their_rest[:lips]), _touch(ours[:, :lips], our_rest[:lips])
    shut, still = _shut(theirs[:, lips:], their_rest[lips:]), _shut(ours[:, lips:], our_rest[lips:])
    error = np.concatenate(apart) * MILLIMETRES
    return RetargetReport(
        motion_mm=float(np.concatenate(moved).mean() * MILLIMETRES),
        mean_mm=float(error.mean()),
        p95_mm=float(np.percentile(error, 95)),
        closed=int(closed.sum()),
        closed_kept=int((closed & kept).sum()),
        blinks=int(shut.sum()),
        blinks_kept=int((shut & still).sum()),
    )


def _touch(lips: Float64[np.ndarray, "t g 3"], rest: Float64[np.ndarray, "g 3"]) -> np.ndarray:
    """Frames in which the middle of the lips is closed, (t,)."""
    middle = len(rest) // 2
    gap = np.linalg.norm(lips[:, middle], axis=-1)
    return gap < np.linalg.norm(rest[middle]) + TOUCHING


def _shut(lids: Float64[np.ndarray, "t l 3"], rest: Float64[np.ndarray, "l 3"]) -> np.ndarray:
    """Frames in which each eye is closed, (t, 2)."""
    return openness(lids, rest).reshape(len(lids), 2, -1).mean(-1) < BLINKING
