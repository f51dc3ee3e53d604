"""What is seen of a face: landmarks of frames, sorted as the head's points are, and angles told of."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Told:
    """The angles of frames as somebody else sees them, and 1 / their covariance; 0 where nothing is known."""

    angles: Float[Tensor, "b 10"]
    precision: Float[Tensor, "b 10 10"]

    def __getitem__(self, frames: Tensor | slice) -> "Told":
        return Told(self.angles[frames], self.precision[frames])


@dataclass(frozen=True, eq=False)
class Observed:
    """Pixels. A weight of 0 leaves a landmark out."""

    points: Float[Tensor, "b n 2"]
    weights: Float[Tensor, "b n"]
    outline: Float[Tensor, "b m 2"]  # along the visible edge of the face, from the right ear over the chin
    outline_weights: Float[Tensor, "b m"]
    size: Float[Tensor, "b"]  # of the face: root mean square distance of its landmarks from their middle
    told: Told | None = None

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, frames: Tensor | slice) -> "Observed":
        return Observed(
            self.points[frames],
            self.weights[frames],
            self.outline[frames],
            self.outline_weights[frames],
            self.size[frames],
            None if self.told is None else self.told[frames],
        )


def face_size(points: Float[Tensor, "b n 2"], weights: Float[Tensor, "b n"]) -> Float[Tensor, "b"]:
    """Root mean square distance from the middle, of those that count."""
    seen = (weights > 0).to(points)
    total = seen.sum(1).clamp_min(1)
    middle = (points * seen[..., None]).sum(1) / total[:, None]
    squared = ((points - middle[:, None]) ** 2).sum(-1)
    return ((squared * seen).sum(1) / total).sqrt().clamp_min(1e-6)
