"""A tracker's habits: where it takes the landmarks of one head to be, and by what it errs.

Measured on renders, whose landmarks are known, by `scripts/calibrate_landmarks.py`. In millimetres:

- answers: by how much a landmark lies off, in the head's axes, as a linear function of the head's
  coefficients and rotations. A tracker has its own idea of where a brow is, it follows an expression less or
  more than the skin does, and it sees a turned head otherwise than one from the front.
- outline: by how much the edge of the jaw is seen outside of the head's, as a linear function of the turn.
- ways: errors that remain and that all landmarks make together, one standard deviation each, in the picture.
- spread: the rest, of each landmark alone.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from ..files import PathLike, read_safetensors, write_safetensors
from ..head import Head

TABLE = Path(__file__).with_name("landmarks_builtin.safetensors")
TABLE_MAX_BYTES = 4 * 2**20
LAYOUT = "flametalk-landmark-habits-1"
SHAPES = {  # as in `Habits`
    "answers": "float n 3 k",
    "outline": "float m 10",
    "ways": "float j n 2",
    "outline_ways": "float j m",
    "spread": "float n",
    "outline_spread": "float m",
}
NUMBERS = tuple(SHAPES)


@dataclass(frozen=True, eq=False)
class Habits:
    """k = 1 + shape + expression + rotations: a constant, then as in `FacePoints.basis`."""

    head: str
    ids: tuple[int, ...]  # MediaPipe's numbers
    answers: Float[Tensor, "n 3 k"]
    outline: Float[Tensor, "m 10"]  # a constant, and by the root's rotation − identity
    ways: Float[Tensor, "j n 2"]  # x right, y up
    outline_ways: Float[Tensor, "j m"]
    spread: Float[Tensor, "n"]
    outline_spread: Float[Tensor, "m"]


def habits_of(head: Head) -> Habits | None:
    """What was measured for this head; None for any but the built-in one."""
    if not TABLE.is_file():
        return None
    habits = read_habits(TABLE)
    return habits if habits.head == head.name else None


def write_habits(habits: Habits, path: PathLike, story: dict[str, str]) -> None:
    tensors = {name: getattr(habits, name).to(torch.float16).contiguous() for name in NUMBERS}
    tensors["ids"] = torch.tensor(habits.ids, dtype=torch.int16)
    write_safetensors(path, tensors, {"layout": LAYOUT, "head": habits.head, **story})


def read_habits(path: PathLike) -> Habits:
    expected = SHAPES | {"ids": "int n"}
    parts, told = read_safetensors(
        path, "a table of a tracker's habits", TABLE_MAX_BYTES, LAYOUT, expected, framework="pt"
    )
    ids = tuple(parts.pop("ids").tolist())
    return Habits(told.get("head", ""), ids, **{name: part.double() for name, part in parts.items()})
