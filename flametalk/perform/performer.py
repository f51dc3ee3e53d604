"""The performer: a rule-based animator. What is said moves the mouth; chance, by seed, moves the rest.

No weights were learned: it is the baseline of learned generators, and can teach them.
"""

from collections.abc import Sequence

import numpy as np

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..conventions import N_SHAPE
from ..errors import InputError
from ..head import Head
from .beats import find_beats
from .body import move_brows, move_head
from .eyes import move_eyes
from .feeling import Feeling, check_feelings, feel
from .mouth import move_mouth
from .rig import pose_face, rig_of
from .score import Score, score_from_features

NAME = "performer (rule-based)"


def perform(
    features: AudioFeatures,
    head: Head | None = None,
    seed: int = 0,
    emotion: str | None = None,
    intensity: float = 1.0,
) -> Clip:
    """Animate `head` (the built-in one, or another with its named actions) to what is heard.

    The seed decides on head motion, brows, gaze and blinks, never on the lips.
    """
    clip = perform_score(score_from_features(features), head, seed, emotion, intensity)
    return clip.replace(provenance={**clip.provenance, "features": dict(features.provenance)})


def perform_score(
    score: Score,
    head: Head | None = None,
    seed: int = 0,
    emotion: str | Sequence[Feeling] | None = None,
    intensity: float = 1.0,
) -> Clip:
    """The same from a score: `score_from_intervals` makes one of phones whose times are known.

    `emotion` may also be several that come and go; each has an intensity of its own.
    """
    if seed < 0:
        raise InputError(f"seed is {seed}, expected 0 or more")
    rig = rig_of(head or Head.load())
    feelings: Sequence[Feeling] = emotion if emotion and not isinstance(emotion, str) else ()
    if isinstance(emotion, str):
        feelings = [Feeling.throughout(emotion, intensity, score.n_frames / score.fps)]
    check_feelings(feelings, rig)
    # One stream each, so that a change in one part leaves the others as they were.
    bodily, brows, eyes_by, feeling = (np.random.default_rng([seed, part]) for part in range(4))
    beats = find_beats(score)
    mouth, bound = move_mouth(score, rig)
    turn = move_head(score, beats, bodily)
    eyes = move_eyes(score, beats, turn, eyes_by)
    curves = mouth | move_brows(score, beats, brows)
    curves |= {"blink": eyes.blink, "arkit/eyeWideLeft": eyes.wide, "arkit/eyeWideRight": eyes.wide}
    expression, jaw, gaze = pose_face(rig, curves)
    if feelings:
        added, dropped = feel(score, rig, feelings, bound, feeling)
        expression, jaw = expression + added, jaw + dropped
    return Clip(
        shape=np.zeros(N_SHAPE, np.float32),
        expression=expression.astype(np.float32),
        head=turn.astype(np.float32),
        jaw=jaw.astype(np.float32),
        eyes=(gaze + eyes.turn).astype(np.float32),
        fps=score.fps,
        made_for=rig.head.name,
        provenance={
            "generator": NAME,
            "weights": "none (rules, nothing learned)",
            "seed": int(seed),
            "emotion": ", ".join(felt.name for felt in feelings) or "none",
            "intensity": float(max((felt.intensity for felt in feelings), default=0.0)),
        },
    )
