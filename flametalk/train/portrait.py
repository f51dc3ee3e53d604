"""Reference frames as a user gives them: a person at rest, who feels what the performance feels."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from ..head import Head
from ..motion.space import MotionSpace
from ..perform import Feeling

EMOTION = "emotion/"


@dataclass(frozen=True, eq=False)
class Portraits:
    """What each emotion of a head, at full strength, adds to the expression of a row of a motion space."""

    space: MotionSpace
    names: tuple[str, ...]
    rows: Float32[np.ndarray, "emotions d"]

    def strengths(
        self, info: Mapping[str, Any], frames: int, fps: float
    ) -> Float32[np.ndarray, "t emotions"]:
        """How strongly each is felt, frame by frame, as the story of a performance tells."""
        felt = np.zeros((frames, len(self.names)), np.float32)
        times = (np.arange(frames) + 0.5) / fps
        known = {f.name for f in fields(Feeling)}
        for told in info.get("feelings", ()):
            feeling = Feeling(**{name: value for name, value in dict(told).items() if name in known})
            if feeling.name in self.names:
                felt[:, self.names.index(feeling.name)] += feeling.strength(times)
        return felt

    def draw(
        self, row: Float[np.ndarray, "d"], felt: Float[np.ndarray, "t emotions"]
    ) -> Float32[np.ndarray, "d"]:
        """The person of `row` at rest, with the mean of what is felt."""
        portrait = felt.mean(0).astype(np.float32) @ self.rows
        shape = self.space["shape"]
        portrait[shape] = row[shape]
        return portrait


def portraits_of(head: Head | None, space: MotionSpace) -> Portraits:
    """A head without emotions gives portraits at rest."""
    actions = {} if head is None else head.actions
    names = tuple(sorted(name.removeprefix(EMOTION) for name in actions if name.startswith(EMOTION)))
    rows = np.zeros((len(names), space.width), np.float32)
    for k, name in enumerate(names):
        rows[k, space["expression"]] = actions[EMOTION + name].expression.numpy()
    return Portraits(space, names, rows)
