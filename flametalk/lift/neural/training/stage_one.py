"""The first stage: one encoder reads identity, expression, pose, camera, skin tone and light."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ....errors import InputError
from ....head import Head
from ....version import __version__
from ..codes import PARTS, split
from ..encoder import FLAME_OUTPUTS, Encoder
from ..model import FaceEncoder
from ..picture import canvas, tone_albedo
from .loop import Report, train
from .losses import (
    MARKS,
    FacePart,
    Weights,
    face_part,
    full_pose,
    landmark_loss,
    parameter_loss,
    photometric_loss,
)
from .people import mean_person
from .pictures import batches
from .recipe import EncoderRecipe, as_json

SPREADS = {
    "shape": 0.8, "texture": 1.0, "expression": 0.4, "head": 0.3, "jaw": 0.12, "light": 0.5,
    "camera": (1.0, 0.02, 0.02),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trained:
    """The encoder and how it came about."""

    model: FaceEncoder
    steps: int
    seconds: float
    losses: dict[str, float]  # means over the last steps


def new_encoder(recipe: EncoderRecipe) -> Encoder:
    """Random weights; what it says first is next to nothing."""
    torch.manual_seed(recipe.seed)
    encoder = Encoder(FLAME_OUTPUTS, recipe.sizes)
    with torch.no_grad():
        encoder.last.weight.mul_(0.1)
        encoder.last.bias.zero_()
    return encoder


@dataclass(frozen=True, eq=False)
class Units:
    """While it learns, the encoder says by how many spreads each number differs from the mean face's: steps
    of the optimiser are alike for all weights, metres and standard deviations are not."""

    mean: Float[Tensor, "236"]
    spread: Float[Tensor, "236"]

    def codes(self, outputs: Float[Tensor, "b 236"]) -> dict[str, Tensor]:
        return split(self.mean + outputs * self.spread)

    def fold(self, encoder: Encoder) -> None:
        """From now on it says the numbers themselves."""
        last = encoder.last
        with torch.no_grad():
            last.weight.mul_(self.spread[:, None])
            last.bias.mul_(self.spread).add_(self.mean)


def units(head: Head) -> Units:
    mean = mean_person(head)
    spread = [torch.as_tensor(SPREADS[name]).expand(size) for name, size in PARTS.items()]
    return Units(torch.cat([mean[name].flatten() for name in PARTS]), torch.cat(spread))


def train_encoder(
    recipe: EncoderRecipe,
    head: Head,
    stop_after: float | None = None,
    report: Report | None = None,
) -> Trained:
    """From nothing; `stop_after` seconds ends it early, at the learning rate reached by then."""
    if head.n_shape != PARTS["shape"] or head.n_expression != PARTS["expression"]:
        raise InputError(
            f"{head.name} has {head.n_shape} + {head.n_expression} coefficients, expected 100 + 50"
        )
    if "face" not in head.regions or not head.actions:
        raise InputError(
            f"{head.name} has no face region or no actions to draw people with; use the built-in head"
        )
    start = time.perf_counter()
    with torch.random.fork_rng():
        encoder = new_encoder(recipe)
    source = batches(head, recipe.batch, recipe.sizes.pixels, recipe.seed)
    objective, scale = _Objective(head, recipe), units(head)

    def losses(pictures: Tensor, truth: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        return objective(scale.codes(encoder(pictures)), pictures, truth, step)

    chance = np.random.default_rng([recipe.seed, 1])
    steps, last = train(encoder, recipe, source, chance, losses, stop_after, report)
    scale.fold(encoder)
    encoder.eval().requires_grad_(False)
    seconds = time.perf_counter() - start
    info = {
        "source": f"flametalk train encoder, {steps} steps",
        "flametalk": __version__,
        "recipe": as_json(recipe),
    }
    model = FaceEncoder("builtin-small", head.name, recipe.sizes, encoder, info=info)
    return Trained(model, steps, seconds, last)


class _Objective:
    """All parts of the loss of one batch."""

    def __init__(self, head: Head, recipe: EncoderRecipe):
        self.head, self.recipe = head, recipe
        self.part: FacePart = face_part(head)
        self.on = canvas(head, recipe.sizes.pixels)
        self.albedo = tone_albedo(head)
        self.marks = landmark_head(head)

    def __call__(
        self, codes: dict[str, Tensor], pictures: Tensor, truth: dict[str, Tensor], step: int
    ) -> dict[str, Tensor]:
        weights: Weights = self.recipe.weights
        losses = parameter_loss(codes, truth, self.part, weights)
        small = self.marks
        here = small.vertices(codes["shape"], codes["expression"], full_pose(codes))
        with torch.no_grad():
            there = small.vertices(truth["shape"], truth["expression"], full_pose(truth))
        losses["landmark"] = weights.landmark * landmark_loss(here, codes, truth, small, there)
        if step % self.recipe.photometric_every == 0 and weights.photometric > 0:
            few = {name: value[: self.recipe.photometric_batch] for name, value in codes.items()}
            vertices = self.head.vertices(few["shape"], few["expression"], full_pose(few))
            colour = photometric_loss(self.on, self.albedo, vertices, few, pictures[: len(vertices)])
            losses["photometric"] = weights.photometric * colour
        return losses


def landmark_head(head: Head) -> Head:
    """The head cut down to the triangles under its landmarks: the same points for a hundredth of the work.

    Joints come from the whole head, so they are fitted as sums over all vertices before the cut.
    """
    marks = head.landmarks[MARKS]
    corners = head.faces[marks.faces.long()].long()
    ids, place = torch.unique(corners, return_inverse=True)
    small = replace(
        head,
        template=head.template[ids],
        faces=place.to(torch.int32),
        shape_basis=head.shape_basis[ids],
        expression_basis=head.expression_basis[ids],
        pose_basis=head.pose_basis[ids],
        skinning=head.skinning[ids],
        joint_regressor=torch.zeros(len(head.joint_regressor), len(ids)),
        uv=None,
        uv_faces=None,
        quads=None,
        uv_quads=None,
        materials=None,
        occlusion=None,
        mirror=None,
        regions={},
        landmarks={MARKS: replace(marks, faces=torch.arange(len(corners), dtype=torch.int32))},
    )
    # joints come from vertices that are left out here
    small._products["joint template", 0] = head._joint_template()
    small._products["joint basis", 0] = head._joint_basis()
    return small
