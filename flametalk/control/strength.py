"""How strongly a clip shows what it shows: style strength, emphasis of the mouth, smoothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..audio.features import AudioFeatures
from ..clip import REQUIRED, TIMED, Clip
from ..errors import InputError, UnknownNameError
from ..head import Head
from ..motion.finish import clamp_jaw
from .articulation import close_again, contacts
from .regions import NAMED

MOST = 3.0


@dataclass(frozen=True)
class Style:
    """XTalker's equation 6: `alpha · reference + (1 − alpha) · expression`, and head motion times `gamma`.

    alpha 0 is the clip as it is, 1 the still expression of its reference frame; gamma 0 holds the head where
    it is in that frame, 2 doubles its motion.
    """

    alpha: float = 0.0
    gamma: float = 1.0
    frame: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise InputError(f"alpha is {self.alpha:g}, expected 0 to 1")
        if not 0.0 <= self.gamma <= MOST:
            raise InputError(f"gamma is {self.gamma:g}, expected 0 to {MOST:g}")

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        if not -clip.n_frames <= self.frame < clip.n_frames:
            raise InputError(f"frame {self.frame} is not in a clip of {clip.n_frames} frames")
        still, there = clip.expression[self.frame], clip.head[self.frame]
        return clip.replace(
            expression=self.alpha * still + (1.0 - self.alpha) * clip.expression,
            head=there + self.gamma * (clip.head - there),
        )


@dataclass(frozen=True)
class Emphasis:
    """Larger or smaller mouth motion: `jaw` and `lips` multiply. Lips that met still meet."""

    jaw: float = 1.0
    lips: float = 1.0

    def __post_init__(self) -> None:
        for name in ("jaw", "lips"):
            if not 0.0 <= getattr(self, name) <= MOST:
                raise InputError(f"emphasis of the {name} is {getattr(self, name):g}, expected 0 to {MOST:g}")

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        head = Head.load(clip.made_for)
        factors = _lip_factors(head, clip.expression.shape[1], self.lips)
        jaw = clip.jaw * np.array([self.jaw, 1.0, 1.0], np.float32)
        louder = clip.replace(expression=clip.expression * factors, jaw=clamp_jaw(jaw.astype(np.float32)))
        span = np.abs(louder.expression).max(0) + 0.1 * float(np.abs(louder.expression).max() + 1e-6)
        return close_again(louder, clip, contacts(clip, head), head, span)


def _lip_factors(head: Head, width: int, gain: float) -> Float[np.ndarray, "e"]:
    """The gain for coefficients of the mouth, or, where none has a name, for all."""
    names = head.expression_names[:width]
    if not names:
        return np.full(width, gain)
    return np.array([gain if name.startswith(NAMED["mouth"]) else 1.0 for name in names])


@dataclass(frozen=True)
class Smooth:
    """Savitzky–Golay over `seconds`; eyes are left alone unless they are named."""

    seconds: float = 0.2
    names: Sequence[str] = REQUIRED

    def __post_init__(self) -> None:
        if not 0.0 <= self.seconds <= 5.0:
            raise InputError(f"smoothing over {self.seconds:g} s, expected 0 to 5")
        for name in self.names:
            if name not in TIMED:
                raise UnknownNameError("part of a clip", name, TIMED)

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        there = [name for name in self.names if getattr(clip, name) is not None]
        return clip.smooth(self.seconds, there)
