"""How an encoder does on people it has never seen, next to the mean face."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from ....conventions import MILLIMETRES
from ....head import Head
from ....rotations import matrix_from_axis_angle
from ..camera import project
from ..codes import Codes
from ..model import FaceEncoder
from .losses import MARKS, full_pose, truth_of
from .people import mean_person
from .pictures import batches

SEED = 987_654_321  # no training run draws from it


@dataclass(frozen=True)
class Scores:
    """Means over the pictures."""

    face: float  # mm, vertices of the face after a similarity alignment
    identity: float  # mm, the same of the heads at rest, not aligned
    rotation: float  # degrees of the head
    jaw: float  # correlation of the opening, 0 where a guess never opens
    landmarks: float  # parts of the crop

    def __str__(self) -> str:
        return (
            f"face {self.face:.2f} mm · identity {self.identity:.2f} mm · head {self.rotation:.1f}° · "
            f"jaw r = {self.jaw:.2f} · landmarks {100 * self.landmarks:.1f} % of the crop"
        )


def measure(model: FaceEncoder, head: Head, count: int = 200, seed: int = SEED) -> tuple[Scores, Scores]:
    """Scores of the encoder and of the mean face on the same held-out renders."""
    source = batches(head, min(count, 20), model.sizes.pixels, seed)
    own, mean = [], []
    left = count
    while left > 0:
        batch = next(source)
        truth = truth_of(batch.people)
        rest = mean_person(head)
        guess = {k: v.expand(len(batch.people), *v.shape[1:]) for k, v in rest.items()}
        own.append(_compare(head, _tensors(model.encode(batch.pictures)), truth))
        mean.append(_compare(head, guess, truth))
        left -= len(batch.people)
    return _summary(own), _summary(mean)


def _tensors(codes: Codes) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in vars(codes).items() if value is not None}


def _compare(
    head: Head, codes: dict[str, torch.Tensor], truth: dict[str, torch.Tensor]
) -> dict[str, np.ndarray]:
    ids = head.regions["face"].long()
    with torch.no_grad():
        posed = [head.vertices(x["shape"], x["expression"], full_pose(x)) for x in (codes, truth)]
        still = torch.zeros(1, 5, 3)
        rest = [head.vertices(x["shape"], torch.zeros(1, 50), still) for x in (codes, truth)]
        marks = [
            project(head.landmark_points(v, MARKS), x["camera"])[..., :2]
            for v, x in zip(posed, (codes, truth), strict=True)
        ]
        turns = [matrix_from_axis_angle(x["head"]) for x in (codes, truth)]
        trace = (turns[0] * turns[1]).sum((1, 2))
    faces = [v[:, ids].double().numpy() for v in posed]
    aligned = np.stack([similarity(a, b) for a, b in zip(*faces, strict=True)])
    return {
        "face": MILLIMETRES * np.linalg.norm(aligned - faces[1], axis=-1).mean(-1),
        "identity": MILLIMETRES * (rest[0] - rest[1])[:, ids].norm(dim=-1).mean(-1).numpy(),
        "rotation": np.degrees(np.arccos(np.clip((trace.numpy() - 1) / 2, -1, 1))),
        "landmarks": (marks[0] - marks[1]).norm(dim=-1).mean(-1).numpy() / 2,
        "jaw": np.stack([codes["jaw"][:, 0].numpy(), truth["jaw"][:, 0].numpy()], 1),
    }


def similarity(points: Float[np.ndarray, "n 3"], onto: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """`points` scaled, turned and moved as near to `onto` as can be (Umeyama 1991)."""
    middle, target = points.mean(0), onto.mean(0)
    a, b = points - middle, onto - target
    u, spread, v = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    scale = float((spread * sign).sum() / (a**2).sum())
    return scale * a @ (u * sign @ v).T + target


def _summary(parts: list[dict[str, np.ndarray]]) -> Scores:
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    jaw = whole.pop("jaw")
    moves = bool((jaw.std(0) > 1e-6).all())
    means = {name: float(values.mean()) for name, values in whole.items()}
    return Scores(**means, jaw=float(np.corrcoef(jaw.T)[0, 1]) if moves else 0.0)
