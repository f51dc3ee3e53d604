"""Pictures that were drawn are used more than once: drawing costs more than looking."""

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .losses import truth_of
from .pictures import Batch, as_photographed


@dataclass(eq=False)
class Memory:
    """The last `room` pictures and the truth about them."""

    room: int
    pictures: list[np.ndarray] = field(default_factory=list)
    truth: list[dict[str, Tensor]] = field(default_factory=list)
    next: int = 0

    def keep(self, batch: Batch) -> None:
        """In place of the oldest ones, when there is no more room."""
        truth = truth_of(batch.people)
        for k, picture in enumerate(batch.pictures):
            row = {name: value[k].clone() for name, value in truth.items()}
            if len(self.pictures) < self.room:
                self.pictures.append(picture.copy())
                self.truth.append(row)
            else:
                self.pictures[self.next], self.truth[self.next] = picture.copy(), row
                self.next = (self.next + 1) % self.room

    def draw(
        self, count: int, chance: np.random.Generator
    ) -> tuple[Float[Tensor, "b 3 h w"], dict[str, Tensor]]:
        """Some of them, photographed anew."""
        chosen = chance.integers(0, len(self.pictures), count)
        pictures = np.stack([as_photographed(self.pictures[k], chance) for k in chosen])
        truth = {name: torch.stack([self.truth[k][name] for k in chosen]) for name in self.truth[0]}
        given = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
        return given.contiguous(memory_format=torch.channels_last), truth
