"""EMOCA's stage: expressions get an encoder of their own, everything else stays as it is.

What the user's recognisers see in the picture and in the one drawn from the codes should be the same: emotion
on the whole face, lip reading on the mouth. Without recognisers only the truth of the renders teaches.
"""

import copy
import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from ....errors import InputError
from ....head import Head
from ..camera import project
from ..codes import PARTS, split
from ..encoder import EXPRESSION_OUTPUTS, Encoder
from ..model import FaceEncoder
from ..picture import canvas, draw, tone_albedo
from .loop import Report, train
from .losses import MARKS, face_part, full_pose, parameter_loss
from .pictures import batches
from .recipe import EncoderRecipe
from .recogniser import Recogniser, features
from .stage_one import Trained

MOUTH = slice(48, 68)  # of the 68 landmarks
MOUTH_PIXELS = 64
MOUTH_MARGIN = 1.6  # of the mouth's square over its landmarks


@dataclass(frozen=True, eq=False)
class Plugs:
    """The user's recognisers, and what their agreement weighs."""

    emotion: Recogniser | None = None
    lips: Recogniser | None = None
    emotion_weight: float = 1.0
    lips_weight: float = 1.0

    @property
    def any(self) -> bool:
        return self.emotion is not None or self.lips is not None


def train_expression(
    model: FaceEncoder,
    recipe: EncoderRecipe,
    head: Head,
    plugs: Plugs | None = None,
    stop_after: float | None = None,
    report: Report | None = None,
) -> Trained:
    """`model` with an `E_expression`, which begins as a copy of its `E_flame`; nothing else changes."""
    if model.made_for != head.name:
        raise InputError(f"'{model.name}' was made for {model.made_for}, not for {head.name}")
    plugs = plugs or Plugs()
    start = time.perf_counter()
    encoder = expression_encoder(model)
    recipe = replace(recipe, sizes=model.sizes)
    source = batches(head, recipe.batch, recipe.sizes.pixels, recipe.seed + 1)
    objective = Agreement(head, recipe, plugs)

    def losses(pictures: Tensor, truth: dict[str, Tensor], step: int) -> dict[str, Tensor]:
        with torch.no_grad():
            frozen = split(model.E_flame(pictures))
        return objective(frozen | {"expression": encoder(pictures)}, pictures, truth, step)

    chance = np.random.default_rng([recipe.seed, 2])
    steps, last = train(encoder, recipe, source, chance, losses, stop_after, report)
    encoder.eval().requires_grad_(False)
    used = [name for name in ("emotion", "lips") if getattr(plugs, name) is not None]
    info = {**model.info, "expression": {"steps": steps, "recognisers": used}}
    done = replace(model, E_expression=encoder, info=info)
    return Trained(done, steps, time.perf_counter() - start, last)


def expression_encoder(model: FaceEncoder) -> Encoder:
    """A copy of `E_flame` that says its expression and nothing else."""
    first = list(PARTS)[: list(PARTS).index("expression")]
    begin = sum(PARTS[name] for name in first)
    encoder = Encoder(EXPRESSION_OUTPUTS, model.sizes)
    state = copy.deepcopy(model.E_flame.state_dict())
    for name in ("layers.2.weight", "layers.2.bias"):
        state[name] = state[name][begin : begin + EXPRESSION_OUTPUTS]
    encoder.load_state_dict(state)
    return encoder.requires_grad_(True)


class Agreement:
    """The loss of this stage."""

    def __init__(self, head: Head, recipe: EncoderRecipe, plugs: Plugs):
        self.head, self.recipe, self.plugs = head, recipe, plugs
        self.part, self.albedo = face_part(head), tone_albedo(head)
        self.on = canvas(head, recipe.sizes.pixels)

    def __call__(
        self, codes: dict[str, Tensor], pictures: Tensor, truth: dict[str, Tensor], step: int
    ) -> dict[str, Tensor]:
        known = truth | {name: codes[name].detach() for name in ("shape",)}
        found = parameter_loss(codes, known, self.part, self.recipe.weights)
        losses = {name: found[name] for name in ("face", "expression")}
        if self.plugs.any and step % self.recipe.photometric_every == 0:
            losses |= self.recognised(codes, pictures)
        return losses

    def recognised(self, codes: dict[str, Tensor], pictures: Tensor) -> dict[str, Tensor]:
        """How differently the recognisers see the picture and the drawing of its codes."""
        few = {name: value[: self.recipe.photometric_batch] for name, value in codes.items()}
        seen = pictures[: self.recipe.photometric_batch]
        vertices = self.head.vertices(few["shape"], few["expression"], full_pose(few))
        colours = self.albedo.colours(few["texture"])
        drawn, _ = draw(self.on, vertices, few["camera"], colours, few["light"], seen)
        losses = {}
        if self.plugs.emotion is not None:
            with torch.no_grad():
                wanted = features(self.plugs.emotion, seen, "emotion")
            got = features(self.plugs.emotion, drawn, "emotion")
            losses["emotion"] = self.plugs.emotion_weight * (got - wanted).square().mean()
        if self.plugs.lips is not None:
            marks = project(self.head.landmark_points(vertices, MARKS), few["camera"])[..., :2]
            where = marks[:, MOUTH].detach()
            with torch.no_grad():
                wanted = features(self.plugs.lips, mouths(seen, where), "lip")
            got = features(self.plugs.lips, mouths(drawn, where), "lip")
            losses["lips"] = self.plugs.lips_weight * (1 - F.cosine_similarity(got, wanted)).mean()
        return losses


def mouths(
    pictures: Float[Tensor, "b 3 h w"], marks: Float[Tensor, "b n 2"], pixels: int = MOUTH_PIXELS
) -> Float[Tensor, "b 3 p p"]:
    """The square around the mouth's landmarks (−1 … 1 over the picture)."""
    low, high = marks.amin(1), marks.amax(1)
    middle, half = (low + high) / 2, (high - low).amax(1) / 2 * MOUTH_MARGIN
    here = (torch.arange(pixels) + 0.5) / pixels * 2 - 1
    grid = torch.stack(torch.meshgrid(here, here, indexing="xy"), -1).to(pictures)
    places = middle[:, None, None] + grid * half[:, None, None, None]
    return F.grid_sample(pictures, places, padding_mode="border", align_corners=False)
