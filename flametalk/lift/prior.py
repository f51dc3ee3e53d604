"""What is likely before anything is seen: statistics of shapes, expressions, jaws and glances.

Shapes are in standard deviations. FLAME's expressions are too. The built-in head's expressions are actions of
0 … 1 with names: how far each is used by the head's own poses, and with what others, says how likely it is.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..head import Head
from .unknowns import Layout

JAW = (0.12, 0.03, 0.03)  # radians: opens, and slides
JAW_REST = 0.03
JAW_LOWEST = 0.0
GAZE = (0.15, 0.25)  # down, sideways
VERGENCE = 0.04  # by which the eyes differ
NEGATIVE = 0.03  # an action below 0 by this much is as unlikely as one standard deviation
FOCAL = 0.08  # of its logarithm: what the tracker errs by would otherwise be read as a wide lens
SIGMAS_SHAPE = 1.0
SIGMAS_EXPRESSION = 1.0
LEAST = 0.05  # by which every action and the jaw may differ from what the head's poses use
FAMILIES = {"emotion/": 0.6, "speech/": 0.7, "arkit/": 0.3}  # how often a face shows a pose of each
BOTH_WAYS = (
    "jaw_side",
    "jaw_forward",
    "mouth_side",
    "tongue_side",
    "tongue_up",
    "tongue_back",
    "mouth_close",
)


@dataclass(frozen=True, eq=False)
class Prior:
    """Precision (1 / variance) of a frame's numbers and of the shared ones, and where they rest."""

    frame: Float[Tensor, "x x"]
    rest: Float[Tensor, "x"]
    shared: Float[Tensor, "y"]
    floor: Bool[Tensor, "x"]  # numbers that do not go below 0


def prior_of(head: Head, layout: Layout, focal_known: bool = False) -> Prior:
    """The prior for one head. The head's turn and place are free."""
    double = torch.float64
    width = layout.frame
    sigma = torch.full((width,), float("inf"), dtype=double)
    floor = torch.zeros(width, dtype=torch.bool)
    rest = torch.zeros(width, dtype=double)
    sigma[layout.expression] = SIGMAS_EXPRESSION
    sigma[layout.jaw] = torch.tensor(JAW, dtype=double)
    rest[layout.jaw.start] = JAW_REST
    floor[layout.jaw.start] = True
    sigma[layout.habits] = 1.0
    precision = torch.diag(1 / sigma**2)
    if head.expression_names and head.actions:
        face = [*range(layout.expression.stop), *range(layout.jaw.start, layout.jaw.stop)]
        mean, covariance = _of_actions(head)
        precision[torch.tensor(face)[:, None], face] = torch.linalg.inv(covariance)
        rest[face] = mean
        floor[layout.expression] = torch.tensor([name not in BOTH_WAYS for name in head.expression_names])
    gaze = layout.gaze.start
    for axis, spread in enumerate(GAZE):
        left, right = gaze + axis, gaze + 2 + axis
        precision[left, left] += 0.5 / spread**2 + 1 / VERGENCE**2
        precision[right, right] += 0.5 / spread**2 + 1 / VERGENCE**2
        precision[left, right] -= 1 / VERGENCE**2
        precision[right, left] -= 1 / VERGENCE**2
    shared = torch.full((layout.shared,), SIGMAS_SHAPE**-2, dtype=double)
    shared[layout.focal] = 1e12 if focal_known else FOCAL**-2
    return Prior(precision, rest, shared, floor)


def _of_actions(head: Head) -> tuple[Float[Tensor, "a"], Float[Tensor, "a a"]]:
    """Mean and covariance of expression and jaw, if faces show one pose of each family, of any strength.

    What goes together in a smile or an "oo" is likely together; else an open jaw and a pulled lip, which move
    the same landmarks, could not be told apart.
    """
    size = head.n_expression + 3
    mean, covariance = torch.zeros(size, dtype=torch.float64), torch.zeros(size, size, dtype=torch.float64)
    for family, often in FAMILIES.items():
        poses = [action for name, action in head.actions.items() if name.startswith(family)]
        if not poses:
            continue
        rows = torch.stack([torch.cat([pose.expression, pose.jaw]).double() for pose in poses])
        first = often / 2 * rows.mean(0)  # strengths are even from 0 to 1: 1/2 and 1/3 are their moments
        mean += first
        covariance += often / 3 * rows.T @ rows / len(rows) - torch.outer(first, first)
    least = torch.full((size,), LEAST, dtype=torch.float64)
    least[-3:] = torch.tensor(JAW, dtype=torch.float64) / 2
    return mean, covariance + torch.diag(least**2)
