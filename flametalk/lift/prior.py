"""What is likely before anything is seen: statistics of shapes, expressions, jaws and glances.

Shapes are in standard deviations. FLAME's expressions are too. The built-in head's expressions are actions of
0 … 1 with names: how far each is used by the head's own actions says how likely it is.
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
LEAST = 0.08  # actions that none of the head's poses uses still happen
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
    sigma[layout.expression], floor[layout.expression] = _expressions(head)
    sigma[layout.jaw] = torch.tensor(JAW, dtype=double)
    floor[layout.jaw.start] = True
    sigma[layout.habits] = 1.0
    precision = torch.diag(1 / sigma**2)
    gaze = layout.gaze.start
    for axis, spread in enumerate(GAZE):
        left, right = gaze + axis, gaze + 2 + axis
        precision[left, left] += 0.5 / spread**2 + 1 / VERGENCE**2
        precision[right, right] += 0.5 / spread**2 + 1 / VERGENCE**2
        precision[left, right] -= 1 / VERGENCE**2
        precision[right, left] -= 1 / VERGENCE**2
    rest = torch.zeros(width, dtype=double)
    rest[layout.jaw.start] = JAW_REST
    shared = torch.full((layout.shared,), SIGMAS_SHAPE**-2, dtype=double)
    shared[layout.focal] = 1e12 if focal_known else FOCAL**-2
    return Prior(precision, rest, shared, floor)


def _expressions(head: Head) -> tuple[Float[Tensor, "e"], Bool[Tensor, "e"]]:
    """Spread, and which ones are actions of 0 … 1."""
    names = head.expression_names
    if not names or not head.actions:
        spread = torch.full((head.n_expression,), SIGMAS_EXPRESSION, dtype=torch.float64)
        return spread, torch.zeros(head.n_expression, dtype=torch.bool)
    used = torch.stack([a.expression.double() for n, a in head.actions.items() if not n.startswith("arkit")])
    spread = used.abs().amax(0).mul(0.5).clamp(LEAST, 0.5)
    return spread, torch.tensor([name not in BOTH_WAYS for name in names])
