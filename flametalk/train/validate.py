"""How good it is, on performances that were not learned from: as a mouth, not as a loss."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..generate.inputs import AudioInput
from ..generate.model import origin_of, rows_of
from ..generate.network import AudioRichTransformer
from ..generate.sample import SampleSettings, sample
from ..generate.schedules import EvenSchedule
from ..head import Head
from ..metrics import mouth_aperture
from ..motion.statistics import MotionStatistics
from .crops import reference_of
from .recipes import Recipe
from .source import Remembered
from .surface import LIPS

LONGEST = 250  # frames of each performance that are looked at


@dataclass(frozen=True, eq=False)
class Validation:
    """Means over performances, and one of them to look at."""

    lip_error: float  # mm: the largest of the lips' vertices, mean over frames (LVE)
    still_error: float  # the same of the mean pose: what knowing nothing gives
    aperture: float  # Pearson's r of made and true mouth opening
    made: Clip
    truth: Clip

    @property
    def figures(self) -> dict[str, float]:
        return {
            "lip_error_mm": self.lip_error,
            "still_error_mm": self.still_error,
            "aperture_r": self.aperture,
        }


def lip_vertex_error(made: Clip, truth: Clip, head: Head) -> float:
    """Millimetres, head motion apart: largest error of a lip vertex in each frame, mean over frames."""
    lips = head.regions[LIPS].long()
    errors = [
        (a[:, lips] - b[:, lips]).norm(dim=-1).amax(1)
        for a, b in zip(upright(made).vertex_chunks(head), upright(truth).vertex_chunks(head), strict=True)
    ]
    return float(torch.cat(errors).mean()) * MILLIMETRES


def upright(clip: Clip) -> Clip:
    """Without the motion of head and eyes, of the same person at rest."""
    still = np.zeros(clip.shape.shape[-1], np.float32)
    return clip.replace(shape=still, head=np.zeros((clip.n_frames, 3), np.float32), neck=None, eyes=None)


@torch.no_grad()
def validate(
    network: AudioRichTransformer,
    statistics: MotionStatistics,
    data: Remembered,
    recipe: Recipe,
    head: Head,
) -> Validation:
    """Sample every one of `recipe.validate_on` performances and compare."""
    space, certain = network.config.space, replace(recipe, any_reference=0.0)
    settings = SampleSettings(schedule=EvenSchedule(recipe.sample_steps))
    count = min(len(data), recipe.validate_on)
    device = next(network.parameters()).device
    rows: list[tuple[float, float, float]] = []
    for i in np.linspace(0, len(data) - 1, count).round().astype(int):
        motion, language, _, envelope, feeling, felt = (a[:LONGEST] for a in data[int(i)])
        chance = np.random.default_rng(int(i))
        frame = reference_of(data.portraits, motion, envelope, felt, certain, chance)
        heard = (torch.from_numpy(a.astype(np.float32))[None] for a in (language, envelope, feeling))
        audio, motion = AudioInput(*heard).to(device), motion.astype(np.float32)
        scored = torch.from_numpy(statistics.frame.normalise(frame)).float()[None].to(device)
        drawn = sample(network, audio, scored, torch.Generator().manual_seed(int(i)), settings)[0]
        origin = origin_of(network.config, frame)
        made = space.unpack(rows_of(statistics, origin, drawn), made_for=head.name)
        truth = space.unpack(motion, made_for=head.name)
        still = np.broadcast_to(statistics.frame.mean.astype(np.float32), motion.shape)
        error = lip_vertex_error(made, truth, head)
        still_error = lip_vertex_error(space.unpack(still, made_for=head.name), truth, head)
        rows.append(
            (error, still_error, correlation(mouth_aperture(made, head), mouth_aperture(truth, head)))
        )
    lips, stills, r = np.nanmean(rows, axis=0)
    return Validation(float(lips), float(stills), float(r), made, truth)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r; NaN where one does not move."""
    if a.std() < 1e-9 or b.std() < 1e-9:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
