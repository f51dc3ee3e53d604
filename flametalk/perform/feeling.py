"""Emotions laid over the performance; what would part the lips gives way wherever they must meet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ..errors import InputError, UnknownNameError
from .noise import drift, ease
from .rig import CLOSING, PARTS_LIPS, Rig
from .score import Score

ONSET, DECAY = 0.6, 0.8  # seconds
REMAINS = 0.35  # of an emotion that fills the clip, at its end
WAVER = 0.08  # of the strength
WHILE_SPEAKING = 0.5  # of the mouth's part: lips that talk cannot hold a full smile
AT_REST = 0.8
MOST = 1.5
NEUTRAL = "neutral"


@dataclass(frozen=True)
class Feeling:
    """An emotion that comes, stays and fades. Seconds; what began before the clip has a negative start."""

    name: str
    intensity: float = 1.0
    start: float = 0.0
    onset: float = ONSET
    hold: float = 1.0
    decay: float = DECAY
    remains: float = 0.0  # part of it that is left after the decay

    @staticmethod
    def throughout(name: str, intensity: float, seconds: float) -> "Feeling":
        """Comes at the beginning and is fading when the clip ends."""
        onset, decay = min(ONSET, 0.3 * seconds), min(DECAY, 0.3 * seconds)
        return Feeling(name, intensity, 0.0, onset, seconds - onset - decay, decay, REMAINS)

    @property
    def end(self) -> float:
        return self.start + self.onset + self.hold + self.decay

    def strength(self, times: Float64[np.ndarray, "t"]) -> Float64[np.ndarray, "t"]:
        """0 … intensity."""
        comes = ease((times - self.start) / max(self.onset, 1e-3))
        goes = self.remains + (1.0 - self.remains) * ease((self.end - times) / max(self.decay, 1e-3))
        return self.intensity * np.minimum(comes, goes)


def check_feelings(feelings: Sequence[Feeling], rig: Rig) -> None:
    """Names that the head knows, in strengths that it can show."""
    names = sorted(a.removeprefix("emotion/") for a in rig.head.actions if a.startswith("emotion/"))
    for feeling in feelings:
        if feeling.name != NEUTRAL and feeling.name not in names:
            raise UnknownNameError("emotion", feeling.name, [*names, NEUTRAL])
        if not 0.0 <= feeling.intensity <= MOST:
            raise InputError(f"intensity is {feeling.intensity:g}, expected 0 to {MOST:g}")
        if min(feeling.onset, feeling.hold, feeling.decay) < 0.0:
            raise InputError(f"{feeling} lasts less than no time")


def feel(
    score: Score,
    rig: Rig,
    feelings: Sequence[Feeling],
    bound: Float64[np.ndarray, "frames"],
    chance: np.random.Generator,
) -> tuple[Float64[np.ndarray, "frames e"], Float64[np.ndarray, "frames 3"]]:
    """What the emotions add to expression and jaw. `bound` is 1 where lips or teeth are in contact."""
    frames = score.n_frames
    speaking = np.clip(score.at_frames(score.speech), 0.0, 1.0)
    expression, jaw = np.zeros((frames, rig.head.n_expression)), np.zeros((frames, 3))
    for feeling in feelings:
        if feeling.name == NEUTRAL:
            continue
        action = rig.action(f"emotion/{feeling.name}")
        waver = 1.0 + WAVER * np.tanh(drift(chance, frames, score.fps, 2.0))
        strength = feeling.strength(score.frame_times) * waver
        mouth = strength * (AT_REST + (WHILE_SPEAKING - AT_REST) * speaking)
        # Around the mouth all is weaker in speech; what opens it goes entirely in contacts and in silence.
        opens = mouth * (1.0 - bound) * speaking
        share = np.where(rig.lips, mouth[:, None], strength[:, None])
        share = np.where(rig.parts > PARTS_LIPS, opens[:, None], share)
        expression += share * action.expression.double().cpu().numpy()
        jaw += opens[:, None] * action.jaw.double().cpu().numpy()
    # What many small parts still open then is closed again.
    parted = np.clip(expression @ rig.parts, 0.0, None) * np.maximum(bound, 1.0 - speaking)
    closing = parted / -rig.gaps[CLOSING]
    expression += closing[:, None] * rig.action(CLOSING).expression.double().cpu().numpy()
    return expression, jaw
