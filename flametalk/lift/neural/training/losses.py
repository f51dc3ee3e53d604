"""How far an encoder's codes are from the truth: in the parameters, on the face, in the picture."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ....conventions import JAW_JOINT, MILLIMETRES, N_JOINTS, ROOT
from ....head import Head
from ....rotations import matrix_from_axis_angle
from ..camera import project
from ..picture import Albedo, Canvas, draw
from .people import People

SAMPLES = 500  # points of the face on which shapes are compared
MARKS = "ibug68"
LEVELS = 2  # halvings of the pictures in which colours are compared, too
ALBEDO_PRIOR, LIGHT_PRIOR = 0.01, 0.002


@dataclass(frozen=True)
class Weights:
    """Of the parts of the loss."""

    face: float = 0.15  # a millimetre on the face
    shape: float = 0.05  # squared standard deviations
    expression: float = 0.3
    head: float = 6.0  # squared chord of the rotation
    jaw: float = 20.0
    camera: float = 10.0  # squared parts of the scale, and of the crop
    landmark: float = 20.0  # parts of the crop
    photometric: float = 1.0  # sRGB


@dataclass(frozen=True, eq=False)
class FacePart:
    """The blend shapes of a few points of the face."""

    ids: Int[Tensor, "p"]
    shape: Float[Tensor, "p3 s"]
    expression: Float[Tensor, "p3 e"]


def face_part(head: Head, seed: int = 0) -> FacePart:
    """Points drawn from the face region."""
    ids = head.regions["face"].long().numpy()
    few = np.sort(np.random.default_rng(seed).choice(ids, min(SAMPLES, len(ids)), replace=False))
    chosen = torch.from_numpy(few)
    return FacePart(
        chosen, head.shape_basis[chosen].flatten(0, 1), head.expression_basis[chosen].flatten(0, 1)
    )


def full_pose(codes: dict[str, Tensor], eyes: Tensor | None = None) -> Float[Tensor, "b 5 3"]:
    """Head and jaw of the codes in their places; the eyes look ahead unless told otherwise."""
    pose = torch.zeros(len(codes["head"]), N_JOINTS, 3).to(codes["head"])
    if eyes is not None:
        pose[:, JAW_JOINT + 1 :] = eyes
    pose = pose.index_copy(1, torch.tensor([ROOT]), codes["head"][:, None])
    return pose.index_copy(1, torch.tensor([JAW_JOINT]), codes["jaw"][:, None])


def truth_of(people: People) -> dict[str, Tensor]:
    """The same names as the codes have."""

    def tensor(value: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(value))

    return {
        "shape": tensor(people.shape),
        "expression": tensor(people.expression),
        "head": tensor(people.pose[:, ROOT]),
        "jaw": tensor(people.pose[:, JAW_JOINT]),
        "eyes": tensor(people.pose[:, JAW_JOINT + 1 :]),
        "camera": tensor(people.camera),
    }


def parameter_loss(
    codes: dict[str, Tensor], truth: dict[str, Tensor], part: FacePart, weights: Weights
) -> dict[str, Float[Tensor, ""]]:
    """Parts of the loss by name, each already weighted."""

    def rotation(name: str) -> Tensor:
        matrices = [matrix_from_axis_angle(x[name]) for x in (codes, truth)]
        return (matrices[0] - matrices[1]).square().sum((1, 2)).mean()

    shape, expression = (codes[name] - truth[name] for name in ("shape", "expression"))
    moved = shape @ part.shape.T + expression @ part.expression.T
    face = moved.unflatten(-1, (-1, 3)).square().sum(-1).mean(-1).add(1e-10).sqrt().mean() * MILLIMETRES
    scale = (codes["camera"][:, 0] / truth["camera"][:, 0] - 1).square().mean()
    # the shift moves by half a crop what the scale says
    shift = ((codes["camera"] - truth["camera"])[:, 1:] * truth["camera"][:, :1] / 2).square().sum(-1).mean()
    return {
        "face": weights.face * face,
        "shape": weights.shape * shape.square().mean(),
        "expression": weights.expression * expression.square().mean(),
        "head": weights.head * rotation("head"),
        "jaw": weights.jaw * rotation("jaw"),
        "camera": weights.camera * (scale + shift),
    }


def landmark_loss(
    vertices: Float[Tensor, "b v 3"], codes: dict[str, Tensor], truth: dict[str, Tensor], head: Head,
    expected: Float[Tensor, "b v 3"],
) -> Float[Tensor, ""]:  # fmt: skip
    """Mean distance of the landmarks in the picture, in parts of the crop."""
    here, there = (
        project(head.landmark_points(v, MARKS), camera)[..., :2]
        for v, camera in ((vertices, codes["camera"]), (expected, truth["camera"]))
    )
    return (here - there).square().sum(-1).add(1e-10).sqrt().mean() / 2


def photometric_loss(
    on: Canvas,
    albedo: Albedo,
    vertices: Float[Tensor, "b v 3"],
    codes: dict[str, Tensor],
    pictures: Float[Tensor, "b 3 h w"],
) -> Float[Tensor, ""]:
    """Mean difference of the skin's colours between the picture and one drawn from the codes.

    Truth is not asked: this is the part that can be had from any picture.
    """
    colours = albedo.colours(codes["texture"])
    drawn, sight = draw(on, vertices, codes["camera"], colours, codes["light"], pictures)
    skin = sight.skin[:, None].to(pictures)
    difference = (drawn - pictures).abs() * skin
    total = difference.sum() / skin.sum().clamp_min(1) / 3
    for level in range(1, LEVELS + 1):  # coarse pictures agree from farther away
        size = 2**level
        pooled, part = (torch.nn.functional.avg_pool2d(x, size) for x in ((drawn - pictures) * skin, skin))
        total = total + pooled.abs().sum() / part.sum().clamp_min(1) / 3
    prior = ALBEDO_PRIOR * codes["texture"].square().mean() + LIGHT_PRIOR * codes["light"].square().mean()
    return total / (LEVELS + 1) + prior
