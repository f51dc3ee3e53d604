"""Blinks, and eyes that jump from place to place, rest there while the head moves, and take lids along."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from .beats import Beats
from .noise import pulse
from .score import Score

# Blinks
MEAN_INTERVAL, REGULARITY = 3.6, 4.0  # seconds, shape of the gamma distribution
INTERVALS = (1.0, 6.5)  # seconds, shortest and longest
WHOLE = 0.35  # seconds before the end in which no blink begins
FIRST = (0.6, 3.0)  # seconds, of the first blink
AT_PHRASE_END, NEAR = 0.65, 0.9  # chance that a blink waits for, or hurries to, a phrase end that near (s)
CLOSING, SHUT, OPENING = (0.06, 0.09), (0.02, 0.05), (0.11, 0.17)  # seconds, ranges
# Gaze, in radians
LOOK = (0.6, 2.2)  # seconds that the eyes rest on the listener
AWAY = (0.4, 1.1)  # seconds that they rest elsewhere
LOOKS_AWAY = 0.28  # of the fixations
SIDE, UP_DOWN = 0.12, 0.06
FIDGET = 0.012  # between fixations of the listener's face
JUMP = 0.05  # seconds
STEADYING = 0.85  # part of the head's motion that the eyes take back
FURTHEST = 0.3
LIDS_DOWN, LIDS_UP = 1.3, 1.5  # strength of the lids' following a radian


@dataclass(frozen=True, eq=False)
class Eyes:
    """Strength of the blink, of wide lids, and the turn of both eyes."""

    blink: Float64[np.ndarray, "frames"]
    wide: Float64[np.ndarray, "frames"]
    turn: Float64[np.ndarray, "frames 6"]


def blink_times(beats: Beats, seconds: float, chance: np.random.Generator) -> Float64[np.ndarray, "n"]:
    """When the lids begin to close."""
    times: list[float] = []
    time = chance.uniform(*FIRST)
    while time < seconds - WHOLE:
        near = beats.phrase_ends[np.abs(beats.phrase_ends - time) < NEAR]
        if len(near) and chance.random() < AT_PHRASE_END:
            wanted = float(near[np.abs(near - time).argmin()]) + chance.uniform(-0.05, 0.15)
            if wanted < seconds - WHOLE and (not times or wanted - times[-1] >= INTERVALS[0]):
                time = wanted
        times.append(time)
        time += float(np.clip(chance.gamma(REGULARITY, MEAN_INTERVAL / REGULARITY), *INTERVALS))
    return np.array(times)


def move_eyes(
    score: Score, beats: Beats, head: Float64[np.ndarray, "frames 3"], chance: np.random.Generator
) -> Eyes:
    """`head` is the turn of the head, which the eyes counter while they look at someone."""
    times = score.frame_times
    seconds = score.n_frames / score.fps
    blink = np.zeros(score.n_frames)
    for start in blink_times(beats, seconds, chance):
        closing, shut, opening = (chance.uniform(*span) for span in (CLOSING, SHUT, OPENING))
        shown = pulse(times, start, closing, shut, opening)
        nearest = np.abs(times - (start + closing + shut / 2)).argmin()
        shown[nearest] = 1.0  # a blink never falls between two frames
        blink = np.maximum(blink, shown)
    yaw, pitch = _gaze(times, seconds, chance)
    yaw = np.clip(yaw - STEADYING * head[:, 1], -FURTHEST, FURTHEST)
    pitch = np.clip(pitch - STEADYING * head[:, 0], -FURTHEST, FURTHEST)
    lids = np.clip(LIDS_DOWN * pitch, 0.0, 0.25)
    turn = np.stack([pitch, yaw, np.zeros_like(yaw)] * 2, 1)
    return Eyes(lids + (1.0 - lids) * blink, np.clip(-LIDS_UP * pitch, 0.0, 0.4) * (1.0 - blink), turn)


def _gaze(times: np.ndarray, seconds: float, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and pitch of where the eyes look: mostly at the listener, at times past them."""
    yaw, pitch = np.zeros(len(times)), np.zeros(len(times))
    time, last = 0.0, np.zeros(2)
    while time < seconds:
        away = time > 0 and chance.random() < LOOKS_AWAY
        spread = np.array([SIDE, UP_DOWN]) if away else np.array([FIDGET, FIDGET])
        target = np.clip(chance.standard_normal(2), -1.8, 1.8) * spread
        arrived = np.clip((times - time) / JUMP, 0.0, 1.0)
        yaw += (target[0] - last[0]) * arrived
        pitch += (target[1] - last[1]) * arrived
        time, last = time + chance.uniform(*(AWAY if away else LOOK)), target
    return yaw, pitch
