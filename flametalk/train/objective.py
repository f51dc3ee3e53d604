"""What is learned: the end of the flow, judged as numbers and as a mouth."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..generate import path
from ..generate.guidance import drop_some
from ..generate.network import AudioRichTransformer
from ..generate.noise import noise_of
from ..generate.times import StepTimes, Times, UniformTimes
from ..motion.statistics import MotionStatistics
from .crops import Batch
from .recipes import Recipe
from .surface import Surface

MEETS = 1.0  # mm: a gap of that size counts half as much more as none
MEETING = 3.0  # how much more errors count where the lips meet


@dataclass(frozen=True, eq=False)
class Errors:
    """Means over the batch; `total` is what is minimised."""

    total: Float[Tensor, ""]
    numbers: Float[Tensor, ""]  # z-scores
    lips: Float[Tensor, ""]  # mm², of the lip vertices
    gap: Float[Tensor, ""]  # mm², of the lip gap, more where lips meet


class Objective(nn.Module):
    """The network with its loss, as one module, so that a wrapper for many GPUs sees one forward pass."""

    counts: Tensor
    lips: Tensor
    gap: Tensor
    frame_gap: Tensor

    def __init__(
        self,
        network: AudioRichTransformer,
        recipe: Recipe,
        statistics: MotionStatistics,
        surface: Surface | None,
    ):
        super().__init__()
        self.network, self.recipe = network, recipe
        std, mean = (
            torch.from_numpy(x.copy()).float()
            for x in (statistics.difference.std, statistics.difference.mean)
        )
        moves = torch.from_numpy(statistics.difference.moves.copy())
        frame_std, frame_mean = (
            torch.from_numpy(x.copy()).float() for x in (statistics.frame.std, statistics.frame.mean)
        )
        self.register_buffer("counts", moves.float() / moves.float().mean(), persistent=False)
        self.has_surface = surface is not None
        if surface is not None:
            scale = torch.where(moves, std, 0.0)
            self.register_buffer("lips", surface.lips * scale, persistent=False)
            self.register_buffer("gap", surface.gap * scale, persistent=False)
            told = float(network.config.relative)  # motion that is told as it is needs no reference
            frame_gap = told * surface.gap * torch.where(moves, frame_std, 0.0)
            self.register_buffer("frame_gap", frame_gap, persistent=False)
            self.gap_at_zero = surface.rest + float(surface.gap @ (mean + told * frame_mean))
        self.times: Times = StepTimes(recipe.times) if recipe.times else UniformTimes()
        self.noise = noise_of(network.config, training=True)

    def forward(self, batch: Batch, generator: torch.Generator) -> Errors:
        """One draw of noise and flow time per example."""
        x1 = batch.motion
        x0 = self.noise.draw(batch.audio.amplitude, x1.shape[-1], generator).to(x1)
        time = self.times.draw(len(x1), generator).to(x1.device)
        keep = drop_some(len(x1), self.recipe.drop, generator).to(x1.device)
        valid = None if bool(batch.valid.all()) else batch.valid
        given = self.network.condition(batch.audio, batch.reference, keep, valid)
        xt = path.at_time(x0, x1, time)
        predicted = self.network.predict(xt, time, given).float()
        if self.network.config.predicts == "velocity":
            numbers = predicted - path.velocity(x0, x1)
            end = path.end_of(xt, predicted, time)
        else:
            numbers, end = predicted - x1, predicted
        return self.judge(numbers, end - x1, batch)

    def judge(self, numbers: Float[Tensor, "b t d"], off: Float[Tensor, "b t d"], batch: Batch) -> Errors:
        """`numbers` is the error of what the network puts out, `off` that of the motion it leads to."""
        recipe, valid = self.recipe, batch.valid.float()
        pairs = valid[:, 1:] * valid[:, :-1]
        z = _mean((numbers**2 * self.counts).mean(-1), valid)
        z_speed = _mean((torch.diff(off, dim=1) ** 2 * self.counts).mean(-1), pairs)
        total = z + recipe.speed * z_speed
        nothing = torch.zeros((), device=off.device)
        if not self.has_surface:
            return Errors(total, z.detach(), nothing, nothing)
        lips_off, gap_off = off @ self.lips.T, off @ self.gap
        lips = _mean((lips_off**2).sum(-1), valid)
        lips_speed = _mean((torch.diff(lips_off, dim=1) ** 2).sum(-1), pairs)
        seen = batch.motion @ self.gap + (batch.reference @ self.frame_gap)[:, None] + self.gap_at_zero
        counts = 1.0 + MEETING * torch.exp(-(seen.clamp_min(0.0) / MEETS))
        gap = _mean(gap_off**2 * counts, valid)
        total = total + recipe.lips * (lips + recipe.speed * lips_speed) + recipe.gap * gap
        return Errors(total, z.detach(), lips.detach(), gap.detach())


def _mean(
    values: Float[Tensor, "b t"], valid: Float[Tensor, "b t"] | Bool[Tensor, "b t"]
) -> Float[Tensor, ""]:
    return (values * valid).sum() / valid.sum().clamp_min(1)
