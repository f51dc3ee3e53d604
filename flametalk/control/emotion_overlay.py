"""Emotion laid over a finished clip: constant, along keyframes, mixed, or as heard in the voice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from ..audio.features import AudioFeatures
from ..audio.mood import FEATURES as MOOD
from ..clip import Clip
from ..errors import InputError
from ..head import Head
from .articulation import close_again, contacts, lips_of, split
from .curves import keyframes, smoothed
from .emotion import (
    FEELINGS,
    Mixture,
    Templates,
    check_emotion,
    check_intensity,
    padded,
    templates_for,
)

SMOOTHING = 0.2  # seconds, σ: bounds the acceleration of every strength (curves.greatest_acceleration)
HEARD_OVER = 0.6  # seconds, σ over which a voice's mood is gathered
HEARD_FROM = 0.3  # part of the voice's mood that is not neutral from which the face takes part
APART = 0.35  # of what parts the lips stays while they are clear of each other
Key = Sequence[Any]  # (seconds, name), (seconds, name, intensity) or (seconds, {name: part, …}, intensity)
Wish = str | Mixture | Sequence[Key]


@dataclass(frozen=True)
class Emotion:
    """Lays an emotion over a clip.

    `emotion` is a name, a mixture {name: part}, keyframes [(seconds, name or mixture, intensity), …], or
    "auto": what the voice tells. `intensity` scales all of it. `protect` is how far articulation is kept:
    1 entirely, 0 not at all (then the template is simply added). `templates` is a file of them; by default
    those of the clip's head.
    """

    emotion: Wish
    intensity: float = 1.0
    protect: float = 1.0
    templates: str | None = None

    def __post_init__(self) -> None:
        check_intensity(self.intensity)
        if not 0.0 <= self.protect <= 1.0:
            raise InputError(f"protect is {self.protect:g}, expected 0 to 1")
        if self.emotion != "auto":
            read_keys(self.emotion)

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        templates = templates_for(clip.made_for, self.templates)
        templates.fit(clip)
        if self.emotion == "auto":
            if features is None:
                raise InputError("emotion 'auto' listens to the voice: the clip has no sound")
            strengths = heard_strengths(features, clip.n_frames, clip.fps)
        else:
            strengths = strengths_along(self.emotion, clip.times)
        return overlay(clip, self.intensity * strengths, templates, self.protect)


def read_keys(wish: Wish) -> tuple[Float64[np.ndarray, "k"], Float64[np.ndarray, "k 7"]]:
    """Times and strengths of the seven emotions at each key; a name or a mixture is one key."""
    if isinstance(wish, str | Mapping):
        return np.zeros(1), _strengths(wish, 1.0)[None]
    if not wish:
        raise InputError("an emotion track needs at least one keyframe: [(seconds, name), …]")
    times: list[float] = []
    rows = []
    for key in wish:
        if isinstance(key, str) or not 2 <= len(key) <= 3 or not isinstance(key[0], int | float):
            raise InputError(
                f"{key!r} is no keyframe: expected (seconds, name) or (seconds, name, intensity)"
            )
        if not np.isfinite(key[0]) or (times and key[0] <= times[-1]):
            raise InputError(f"keyframe {key!r} does not come after {times[-1:] or 'a finite time'}")
        times.append(float(key[0]))
        rows.append(_strengths(key[1], float(key[2]) if len(key) == 3 else 1.0))
    return np.array(times), np.stack(rows)


def _strengths(wish: str | Mixture, intensity: float) -> np.ndarray:
    check_intensity(intensity)
    mixture = {wish: 1.0} if isinstance(wish, str) else dict(wish)
    for name, part in mixture.items():
        check_emotion(name)
        if not 0.0 <= float(part) <= 1.0:
            raise InputError(f"the part of '{name}' is {part}, expected 0 to 1")
    if sum(mixture.values()) > 1.0 + 1e-6:
        raise InputError(f"the parts of {mixture} sum to more than 1")
    return intensity * np.array([float(mixture.get(name, 0.0)) for name in FEELINGS])


def strengths_along(wish: Wish, times: Float[np.ndarray, "t"]) -> Float64[np.ndarray, "t 7"]:
    """Strength of each of the seven at every time: least jerk from key to key, then smoothed.

    Smoothing bounds the acceleration, however close the keys are.
    """
    at, rows = read_keys(wish)
    if len(at) == 1:
        return np.repeat(rows, len(times), axis=0)
    fps = 1.0 / (times[1] - times[0]) if len(times) > 1 else 1.0
    return smoothed(keyframes(times, at.tolist(), rows), SMOOTHING, fps)


def heard_strengths(features: AudioFeatures, frames: int, fps: float) -> Float64[np.ndarray, "t 7"]:
    """How much of each emotion the voice shows; a mostly neutral voice leaves the face at rest.

    The built-in emotion features tell it second by second (rules on prosody), others only for the clip.
    """
    if features.emotion.shape[1] == len(MOOD):
        columns = [MOOD.index(name) for name in FEELINGS]
        own = smoothed(features.emotion[:, columns].astype(np.float64), HEARD_OVER, features.fps)
        at = np.arange(frames) / fps * features.fps
        parts = np.stack([np.interp(at, np.arange(len(own)), column) for column in own.T], 1)
    else:
        scores = [features.emotion_scores.get(name, 0.0) for name in FEELINGS]
        parts = np.repeat(np.array([scores], np.float64), frames, axis=0)
    total = parts.sum(1, keepdims=True)
    shown = np.clip((total - HEARD_FROM) / (1.0 - HEARD_FROM), 0.0, 1.0)
    return smoothed(parts / np.maximum(total, 1e-9) * shown, SMOOTHING, fps)


def overlay(
    clip: Clip, strengths: Float[np.ndarray, "t 7"], templates: Templates, protect: float = 1.0
) -> Clip:
    """The clip with each emotion added at its strength; lips that touched still touch."""
    active = [k for k, name in enumerate(FEELINGS) if strengths[:, k].any() and name in templates.emotions]
    if not active:
        return clip
    width = clip.expression.shape[1]
    chosen = [(strengths[:, [k]], templates.offset(FEELINGS[k])) for k in active]
    plain = _added(clip, [(s, padded(t.expression, width), t.jaw) for s, t in chosen])
    if protect == 0.0:
        return plain
    head = Head.load(clip.made_for)
    contact = contacts(clip, head)
    parted = (1.0 - protect) + protect * APART * (1.0 - contact[:, None])
    lips, kept = lips_of(head), []
    for strength, template in chosen:
        calm, parting = split(lips, padded(template.expression, width))
        kept.append((strength, calm, np.zeros(3)))
        kept.append((strength * parted, parting, template.jaw))
    laid = _added(clip, kept)
    span = np.abs(plain.expression - clip.expression).max(0)
    return close_again(laid, clip, protect * contact, head, span)


def _added(clip: Clip, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Clip:
    expression, jaw = clip.expression.astype(np.float64), clip.jaw.astype(np.float64)
    for strength, more, drop in parts:
        expression, jaw = expression + strength * more, jaw + strength * drop
    return clip.replace(expression=expression, jaw=jaw)
