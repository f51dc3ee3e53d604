"""Head and brows: nods and raised brows on stressed syllables, new bearings with phrases, sway, breath."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import gaussian_filter1d

from .beats import Beats
from .noise import drift, pulse, steps
from .score import Score

# Radians: pitch (down positive), yaw (the subject's left positive), roll.
SWAY = np.array([0.012, 0.022, 0.010])  # standard deviation of the idle sway
SWAY_TIMES = (1.6, 2.4, 2.8)  # seconds
LIVELY = np.array([0.008, 0.012, 0.007])  # further motion while speaking
LIVELY_TIMES = (0.6, 0.8, 0.9)
BEARING = np.array([0.022, 0.045, 0.020])  # spread of the bearings taken with phrases
BEARING_SECONDS = 0.9
PHRASE = 2.2  # seconds after which a long phrase takes a new bearing
LIMITS = np.array([0.16, 0.26, 0.13])
NODS, NOD = 0.65, (0.02, 0.055)  # chance on a stressed syllable, depth
BREATH_SECONDS, BREATH = 3.8, 0.004  # and the head's pitch with it
BROWS, BROW = 0.3, (0.2, 0.5)  # chance, strength
BROW_DRIFT = 0.05
BROW_NAMES = ("arkit/browInnerUp", "arkit/browOuterUpLeft", "arkit/browOuterUpRight")


def move_head(score: Score, beats: Beats, chance: np.random.Generator) -> Float64[np.ndarray, "frames 3"]:
    """Rotation of the head, well within what a person does while talking to someone."""
    frames, fps, times = score.n_frames, score.fps, score.frame_times
    speaking = gaussian_filter1d(score.at_frames(score.speech), 0.4 * fps)[:, None]
    sway = np.stack([drift(chance, frames, fps, s) for s in SWAY_TIMES], 1) * SWAY
    lively = np.stack([drift(chance, frames, fps, s) for s in LIVELY_TIMES], 1) * LIVELY
    starts = _bearing_starts(beats, frames / fps, chance)
    targets = np.clip(chance.standard_normal((len(starts), 3)), -1.8, 1.8) * BEARING
    bearing = np.stack([steps(times, starts, column, BEARING_SECONDS) for column in targets.T], 1)
    settled = sway * (0.55 + 0.45 * speaking) + lively * speaking + bearing * (0.4 + 0.6 * speaking)
    breath = BREATH * np.sin(2 * np.pi * (times / BREATH_SECONDS + chance.random()))
    settled[:, 0] += _nods(times, beats, chance) - breath
    return LIMITS * np.tanh(settled / LIMITS)


def _bearing_starts(beats: Beats, seconds: float, chance: np.random.Generator) -> np.ndarray:
    """Just before each phrase, and now and then within a long one."""
    starts = [max(0.0, start - 0.3) for start in beats.phrase_starts]
    edges = [*starts, seconds]
    for start, end in pairwise(edges):
        time = start + PHRASE * chance.uniform(0.8, 1.3)
        while time < end - 0.5:
            starts.append(time)
            time += PHRASE * chance.uniform(0.8, 1.3)
    return np.array(sorted(starts))


def _nods(times: np.ndarray, beats: Beats, chance: np.random.Generator) -> np.ndarray:
    nods = np.zeros(len(times))
    for beat, strength in zip(beats.stressed, beats.strength, strict=True):
        takes, depth, rise, fall = chance.random(4)
        if takes < NODS * (0.5 + 0.5 * strength):
            deep = (NOD[0] + (NOD[1] - NOD[0]) * depth) * (0.5 + 0.5 * strength)
            up, down = 0.2 + 0.08 * rise, 0.34 + 0.14 * fall
            nods += deep * pulse(times, beat - up, up, 0.03, down)
            nods -= 0.2 * deep * pulse(times, beat - up - 0.24, 0.24, 0.0, 0.28)  # a little backswing
    return nods


def move_brows(
    score: Score, beats: Beats, chance: np.random.Generator
) -> dict[str, Float64[np.ndarray, "frames"]]:
    """Raised brows on some stressed syllables, over a slow drift."""
    times = score.frame_times
    raised = np.zeros(score.n_frames)
    for beat, strength in zip(beats.stressed, beats.strength, strict=True):
        takes, height, hold = chance.random(3)
        if takes < BROWS * (0.4 + 0.6 * strength):
            high = BROW[0] + (BROW[1] - BROW[0]) * height
            raised = np.maximum(raised, high * pulse(times, beat - 0.2, 0.18, 0.08 + 0.25 * hold, 0.4))
    curves = {}
    for name in BROW_NAMES:
        wander = BROW_DRIFT * (1.0 + drift(chance, score.n_frames, score.fps, 2.5))
        curves[name] = np.clip(raised * chance.uniform(0.8, 1.0) + wander, 0.0, 1.0)
    return curves
