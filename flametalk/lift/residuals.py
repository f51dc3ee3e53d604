"""How far a guess is from what is seen, and the normal equations of a step that makes it better.

Residuals are counted in standard deviations. A landmark that is far off counts less the farther it is
(Cauchy), so that a hand before the mouth does not bend the face.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..head.embeddings import contour_row
from .marks import Marks, outline_rows
from .observed import Observed
from .outline import beyond, beyond_slopes, nearest_on_line
from .points import FacePoints, Rest, at_rest, by_angle, by_coefficient, posed
from .prior import NEGATIVE, Prior
from .projection import Lens, project
from .unknowns import Layout, joint_rotations

TOLERATED = 3.0  # standard deviations from which a landmark begins to lose its say


@dataclass(frozen=True, eq=False)
class Problem:
    """All that a fit is about."""

    marks: Marks
    layout: Layout
    lens: Lens
    prior: Prior


@dataclass(frozen=True, eq=False)
class Equations:
    """½ x·H·x + g·x near a guess, and its cost there, by frame."""

    cost: Float[Tensor, "b"]
    h: Float[Tensor, "b x x"]
    g: Float[Tensor, "b x"]
    h_mixed: Float[Tensor, "b x y"] | None = None
    h_shared: Float[Tensor, "b y y"] | None = None
    g_shared: Float[Tensor, "b y"] | None = None


def cost_of(
    problem: Problem, seen: Observed, frames: Float[Tensor, "b x"], shared: Float[Tensor, "#b y"]
) -> Float[Tensor, "b"]:
    """What is minimised, without the prior of the shared numbers."""
    total = _prior_cost(problem, frames) + _told_cost(problem, seen, frames)
    for part in _parts(problem, seen, frames, shared):
        pixels = project(problem.lens, part.places, frames[:, problem.layout.place], shared[:, -1])[0]
        residual = part.residual(pixels)
        total = total + _robust(residual, part.weights)[0].sum(1)
    return total


def equations_of(
    problem: Problem,
    seen: Observed,
    frames: Float[Tensor, "b x"],
    shared: Float[Tensor, "#b y"],
    with_shared: bool = False,
) -> Equations:
    """Gauss–Newton's normal equations at a guess."""
    layout, prior = problem.layout, problem.prior
    cost = _prior_cost(problem, frames) + _told_cost(problem, seen, frames)
    below = (prior.floor & (frames < 0)).double() / NEGATIVE**2
    h = prior.frame + torch.diag_embed(below)
    g = ((frames - prior.rest) @ prior.frame) + below * frames
    if seen.told is not None:
        away = frames[:, layout.angles] - seen.told.angles
        h[:, layout.angles, layout.angles] += seen.told.precision
        g[:, layout.angles] += (seen.told.precision @ away[..., None])[..., 0]
    h_mixed = frames.new_zeros(len(frames), layout.frame, layout.shared) if with_shared else None
    h_shared = frames.new_zeros(len(frames), layout.shared, layout.shared) if with_shared else None
    g_shared = frames.new_zeros(len(frames), layout.shared) if with_shared else None
    for part in _parts(problem, seen, frames, shared):
        pixels, slopes, zoom = _with_slopes(problem, part, frames, shared, with_shared)
        residual = part.residual(pixels)
        value, pull = _robust(residual, part.weights)
        cost = cost + value.sum(1)
        lines = part.linear(slopes)
        if part.beyond is not None:
            lines[..., -layout.frame :] += (
                beyond_slopes(problem.marks, layout, seen.size, frames) / part.scale[..., None]
            )
        lines = lines.flatten(1, 2)  # b r columns
        residual = residual.flatten(1, 2)
        pull = pull.repeat_interleave(residual.shape[1] // pull.shape[1], 1)
        mine = lines[..., -layout.frame :]
        weighted = mine * pull[..., None]
        h = h + weighted.mT @ mine
        g = g + (weighted.mT @ residual[..., None])[..., 0]
        if with_shared:
            assert h_mixed is not None and h_shared is not None and g_shared is not None
            ours = torch.cat([lines[..., : layout.n_shape], part.linear(zoom[..., None]).flatten(1, 2)], -1)
            h_mixed = h_mixed + weighted.mT @ ours
            heavy = ours * pull[..., None]
            h_shared = h_shared + heavy.mT @ ours
            g_shared = g_shared + (heavy.mT @ residual[..., None])[..., 0]
    return Equations(cost, h, g, h_mixed, h_shared, g_shared)


@dataclass(frozen=True, eq=False)
class _Part:
    """Landmarks of one kind, and how a place in the picture becomes a residual."""

    points: FacePoints
    rest: Rest
    places: Tensor  # b m 3
    rows: Tensor | None
    wanted: Tensor  # b m 2
    weights: Tensor  # b m
    scale: Tensor  # b m 1: pixels of one standard deviation
    blend: Tensor | None = None  # b m 17: observed points of the outline lie between the head's
    normal: Tensor | None = None  # b m 2: only what is across the outline counts
    habits: Tensor | None = None  # b m 2 k: pixels by which the tracker errs in each of its ways
    beyond: Tensor | None = None  # b m 1: pixels by which the tracker's outline lies outside

    def linear(self, values: Tensor) -> Tensor:
        """(b, points, 2, …) in pixels to (b, m, 1 or 2, …) in standard deviations."""
        flat = values.flatten(3) if values.ndim > 3 else values[..., None]
        if self.blend is not None and self.normal is not None:
            mixed = torch.einsum("bmp,bpck->bmck", self.blend, flat)
            flat = torch.einsum("bmck,bmc->bmk", mixed, self.normal)[:, :, None]
        flat = flat / self.scale[..., None]
        return flat if values.ndim > 3 else flat[..., 0]

    def residual(self, pixels: Tensor) -> Tensor:
        if self.blend is None or self.normal is None or self.beyond is None:
            return (pixels - self.wanted) / self.scale
        apart = self.blend @ pixels - self.wanted
        return ((apart * self.normal).sum(-1, keepdim=True) + self.beyond) / self.scale


def _parts(problem: Problem, seen: Observed, frames: Tensor, shared: Tensor) -> list[_Part]:
    marks = problem.marks
    sigma = (seen.size[:, None] * marks.sigma)[..., None]
    habits = seen.size[:, None, None, None] * marks.habits
    wanted = seen.points - (habits @ frames[:, None, problem.layout.habits, None])[..., 0]
    turns, coefficients = _turns(problem, frames), _coefficients(problem, frames, shared)
    rest = at_rest(marks.points, coefficients)
    fixed = _Part(marks.points, rest, posed(rest, turns), None, wanted, seen.weights, sigma, habits=habits)
    rows = outline_rows(contour_row(turns[:, 0]))
    rest = at_rest(marks.outline, coefficients, rows)
    places = posed(rest, turns)
    line = project(problem.lens, places, frames[:, problem.layout.place], shared[:, -1])[0]
    blend, normal = nearest_on_line(line, seen.outline)
    scale = (seen.size[:, None] * marks.outline_sigma)[..., None]
    outline = _Part(
        marks.outline,
        rest,
        places,
        rows,
        seen.outline,
        seen.outline_weights,
        scale,
        blend,
        normal,
        None,
        beyond(marks, problem.layout, seen.size, frames),
    )
    return [fixed, outline]


def _with_slopes(
    problem: Problem, part: _Part, frames: Tensor, shared: Tensor, with_shared: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels, their derivatives by (shape,) expression, angles and place, and by the zoom."""
    layout = problem.layout
    angles = frames[:, layout.angles]
    rest = part.rest
    start = 0 if with_shared else layout.n_shape
    rotations = joint_rotations(angles)
    by_blend = by_coefficient(part.points, rotations, rest.joints, part.rows, start)
    pixels, by_point, zoom, by_place = project(
        problem.lens, part.places, frames[:, layout.place], shared[:, -1]
    )
    slopes = by_point @ torch.cat([by_blend, by_angle(rest, angles, rotations)], -1)
    habits = part.habits
    if habits is None:
        habits = slopes.new_zeros(*slopes.shape[:3], layout.n_habits)
    return pixels, torch.cat([slopes, by_place, habits], -1), zoom


def _coefficients(problem: Problem, frames: Tensor, shared: Tensor) -> Tensor:
    layout = problem.layout
    return torch.cat([shared[:, layout.shape].expand(len(frames), -1), frames[:, layout.expression]], -1)


def _turns(problem: Problem, frames: Tensor) -> Tensor:
    return joint_rotations(frames[:, problem.layout.angles])


def _prior_cost(problem: Problem, frames: Tensor) -> Tensor:
    prior = problem.prior
    away = frames - prior.rest
    below = torch.where(prior.floor, frames.clamp_max(0), 0.0) / NEGATIVE
    return 0.5 * ((away @ prior.frame * away).sum(-1) + (below**2).sum(-1))


def _told_cost(problem: Problem, seen: Observed, frames: Tensor) -> Tensor:
    if seen.told is None:
        return frames.new_zeros(len(frames))
    away = frames[:, problem.layout.angles] - seen.told.angles
    return 0.5 * (away[:, None] @ seen.told.precision @ away[..., None])[:, 0, 0]


def _robust(residual: Float[Tensor, "b m c"], weights: Float[Tensor, "b m"]) -> tuple[Tensor, Tensor]:
    """Cost of each landmark, and its weight in the normal equations."""
    squared = (residual**2).sum(-1) / TOLERATED**2
    return 0.5 * weights * TOLERATED**2 * torch.log1p(squared), weights / (1 + squared)
