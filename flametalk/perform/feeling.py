"""An emotion laid over the performance; what would part the lips gives way wherever they must meet."""

import numpy as np
from jaxtyping import Float64

from ..errors import InputError, UnknownNameError
from .noise import drift, ease
from .rig import CLOSING, PARTS_LIPS, Rig
from .score import Score

ONSET, DECAY = 0.6, 0.8  # seconds
WAVER = 0.08  # of the strength
WHILE_SPEAKING = 0.5  # of the mouth's part: lips that talk cannot hold a full smile
AT_REST = 0.8
MOST = 1.5


def feel(
    score: Score,
    rig: Rig,
    name: str,
    intensity: float,
    bound: Float64[np.ndarray, "frames"],
    chance: np.random.Generator,
) -> tuple[Float64[np.ndarray, "frames e"], Float64[np.ndarray, "frames 3"]]:
    """What the emotion adds to expression and jaw. `bound` is 1 where lips or teeth are in contact."""
    names = sorted(a.removeprefix("emotion/") for a in rig.head.actions if a.startswith("emotion/"))
    if name != "neutral" and name not in names:
        raise UnknownNameError("emotion", name, [*names, "neutral"])
    if not 0.0 <= intensity <= MOST:
        raise InputError(f"intensity is {intensity:g}, expected 0 to {MOST:g}")
    frames = score.n_frames
    if name == "neutral":
        return np.zeros((frames, rig.head.n_expression)), np.zeros((frames, 3))
    action = rig.action(f"emotion/{name}")
    end = frames / score.fps
    onset, decay = min(ONSET, 0.3 * end), min(DECAY, 0.3 * end)
    times = score.frame_times
    strength = np.minimum(ease(times / onset), 0.35 + 0.65 * ease((end - times) / decay))
    strength = intensity * strength * (1.0 + WAVER * np.tanh(drift(chance, frames, score.fps, 2.0)))
    speaking = np.clip(score.at_frames(score.speech), 0.0, 1.0)
    mouth = strength * (AT_REST + (WHILE_SPEAKING - AT_REST) * speaking)
    # Around the mouth all is weaker in speech; what opens it goes entirely in contacts and in silence.
    opens = mouth * (1.0 - bound) * speaking
    share = np.where(rig.lips, mouth[:, None], strength[:, None])
    share = np.where(rig.parts > PARTS_LIPS, opens[:, None], share)
    expression = share * action.expression.double().cpu().numpy()
    # What many small parts still open then is closed again.
    parted = np.clip(expression @ rig.parts, 0.0, None) * np.maximum(bound, 1.0 - speaking)
    closing = parted / -rig.gaps[CLOSING]
    expression += closing[:, None] * rig.action(CLOSING).expression.double().cpu().numpy()
    return expression, opens[:, None] * action.jaw.double().cpu().numpy()
