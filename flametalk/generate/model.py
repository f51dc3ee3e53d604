"""A generator ready to use: network, statistics, and what it was made for. Clip in, clip out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..errors import HeadMismatchError, InputError
from ..motion.finish import SMOOTHING, finish
from ..motion.statistics import MotionStatistics
from .config import NetworkConfig
from .inputs import AudioInput
from .network import AudioRichTransformer
from .sample import SampleSettings, sample


@dataclass(frozen=True, eq=False)
class MotionModel:
    """What a checkpoint holds."""

    network: AudioRichTransformer
    statistics: MotionStatistics
    made_for: str  # the head whose coefficients it gives
    features: Mapping[str, str]  # what it listens to: linguistic and emotion, as in AudioFeatures.provenance
    fps: float = 25.0
    info: Mapping[str, Any] = field(default_factory=dict)  # data, steps, seeds, figures; JSON values only

    def check_head(self, head_name: str) -> None:
        """Another head's coefficients mean something else: refuse."""
        family = self.made_for == "flame" and head_name.startswith("flame")
        if head_name != self.made_for and not family:
            raise HeadMismatchError(
                f"this generator was made for the head '{self.made_for}', not for '{head_name}': "
                f"load that head, carry its clips over with flametalk.retarget(clip, to=head), "
                f"or use a generator trained on '{head_name}'"
            )

    def check_features(self, features: AudioFeatures) -> None:
        """Features of another kind, width or rate are refused."""
        if features.fps != self.fps:
            raise InputError(f"features at {features.fps:g} fps, this generator needs {self.fps:g}")
        for part, expected in self.features.items():
            got = features.provenance.get(part, "nothing")
            if _kind(got) != _kind(expected):
                raise InputError(
                    f"{part} features come from '{got}', this generator was trained on '{expected}': "
                    "extract those, or load another checkpoint"
                )


def generate_clip(
    model: MotionModel,
    features: AudioFeatures,
    reference: Clip,
    generator: torch.Generator,
    settings: SampleSettings | None = None,
    smoothing: float = SMOOTHING,
    progress: Callable[[int, int], None] | None = None,
) -> Clip:
    """The person of `reference` (its first frame) speaks what `features` were made of.

    Same seed and version, same clip. Parts outside the motion space stay as they are in the reference.
    """
    if reference.made_for is not None:
        model.check_head(reference.made_for)
    model.check_features(features)
    space = model.network.config.space
    frame = space.pack(reference)[0]
    device = next(model.network.parameters()).device
    scored = torch.from_numpy(model.statistics.frame.normalise(frame)).float().to(device)
    audio = AudioInput.from_features(features).to(device)
    motion = sample(model.network, audio, scored[None], generator, settings, progress)[0]
    origin = origin_of(model.network.config, frame)
    clip = space.unpack(rows_of(model.statistics, origin, motion), reference)
    if (clip.shape == clip.shape[:1]).all():
        clip = clip.replace(shape=clip.shape[0])  # one identity: heads are faster with it
    provenance = {
        "generator": str(model.info.get("name", "unnamed")),
        "features": dict(features.provenance),
        "seed": generator.initial_seed(),
    }
    return finish(clip.replace(fps=model.fps, made_for=model.made_for, provenance=provenance), smoothing)


def origin_of(config: NetworkConfig, reference: Float[np.ndarray, "d"]) -> Float[np.ndarray, "d"]:
    """What motion is told relative to: the reference frame, or nothing."""
    return reference if config.relative else np.zeros_like(reference)


def rows_of(
    statistics: MotionStatistics, origin: Float[np.ndarray, "d"], motion: Float[torch.Tensor, "t d"]
) -> Float[np.ndarray, "t d"]:
    """Z-scored differences to rows of the motion space."""
    return (origin + statistics.difference.denormalise(motion.cpu().numpy())).astype(np.float32)


def _kind(provenance: str) -> str:
    """ "WavLM (768, wavlm-base-plus)" → "WavLM 768": the folder's name does not matter."""
    name, _, rest = provenance.partition(" (")
    return f"{name} {rest.split(',')[0].rstrip(')')}"
