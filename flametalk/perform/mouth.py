"""Phones → strengths of speech shapes and jaw, frame by frame. No chance in it: same words, same lips."""

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import convolve1d, gaussian_filter1d

from ..audio.phones import LIPS_TOUCH, PHONES
from .contact import SURE_BITE, SURE_SHUT, contact
from .phone_shapes import AFTER, BEFORE, LIP_MEETS_TEETH, LIPS_MEET, ROUNDED, MouthTable, mouth_table
from .rig import Rig
from .score import RATE, Score

WIDEST = 0.013  # metres between the lips in a loud "ah"
SHARING = 0.05  # seconds, σ over which openings are shared; forms have their own times
SOFTEST = 0.85  # opening of the quietest syllables, as a part of that of the loud ones
EMPHASIS = 0.08  # further opening where the voice is stressed
STEADY = 0.022  # seconds, σ of the final easing of the shapes
PUCKER = 0.6  # rounding that stays while the lips are shut
UPPER_LIP, SNEER = ("arkit/mouthUpperUpLeft", "arkit/mouthUpperUpRight"), 0.4  # f, v with a calmer upper lip
TUCK = 0.03  # radians by which the jaw rises in them, so that the lower lip covers the edge of the teeth
TOUCHES = np.array([name in LIPS_TOUCH for name in PHONES], float)
BITES = np.array([name in ("F", "V") for name in PHONES], float)

Curves = dict[str, Float64[np.ndarray, "frames"]]  # action of the head → strength per frame


def move_mouth(score: Score, rig: Rig) -> tuple[Curves, Float64[np.ndarray, "frames"]]:
    """Strength of every action of the mouth, and how far the lips are bound to a contact (0 … 1)."""
    table = mouth_table()
    forms = np.clip(score.at_frames(_forms(score, table)), 0.0, 1.0)
    wanted = score.at_frames(_opening(score, table)) * WIDEST * rig.scale
    shut, bite = contact(score, TOUCHES, SURE_SHUT), contact(score, BITES, SURE_BITE)
    bite = bite * (1.0 - shut)
    free = (1.0 - shut) * (1.0 - bite)
    curves: Curves = {f"speech/{shape}": forms[:, i] * free for i, shape in enumerate(table.shapes)}
    curves["arkit/jawOpen"] = _jaw(curves, wanted * free, rig)
    rounding = sum(forms[:, table.shapes.index(shape)] for shape in ROUNDED if shape in table.shapes)
    curves["arkit/mouthPucker"] = PUCKER * np.clip(rounding, 0.0, 1.0) * shut
    curves[f"speech/{LIPS_MEET}"] = shut
    curves[f"speech/{LIP_MEETS_TEETH}"] = bite
    for name in UPPER_LIP:
        curves[name] = -SNEER * bite
    curves["arkit/jawOpen"] = curves["arkit/jawOpen"] - bite * TUCK / rig.jaws["arkit/jawOpen"]
    return curves, np.maximum(shut, bite)


def _forms(score: Score, table: MouthTable) -> Float64[np.ndarray, "steps s"]:
    """Shapes averaged by dominance that rises before each phone and falls after it."""
    dominance = np.zeros_like(score.phones)
    for before, after in sorted(set(zip(BEFORE, AFTER, strict=True))):
        alike = (before == BEFORE) & (after == AFTER)
        dominance[:, alike] = _spread(score.phones[:, alike], before, after)
    dominance *= table.insistence
    forms = dominance @ table.forms / np.maximum(dominance.sum(1, keepdims=True), 1e-6)
    return gaussian_filter1d(forms, STEADY * RATE, axis=0)


def _opening(score: Score, table: MouthTable) -> Float64[np.ndarray, "steps"]:
    """How far the lips part, 1 = the widest vowel of a loud syllable."""
    both = score.phones @ np.stack([table.dominance * table.opening, table.dominance], 1)
    wish, weight = gaussian_filter1d(both, SHARING * RATE, axis=0).T
    loudness = gaussian_filter1d(score.loudness, 0.06 * RATE)
    slow = gaussian_filter1d(score.loudness, 0.6 * RATE)
    gain = SOFTEST + (1.0 - SOFTEST) * np.clip(loudness, 0.0, 1.0)
    stress = 1.0 + EMPHASIS * np.clip((loudness - slow) / 0.3, -1.0, 1.0)
    return wish / np.maximum(weight, 1e-6) * gain * stress


def _jaw(curves: Curves, wanted: np.ndarray, rig: Rig) -> np.ndarray:
    """The jaw makes up what the shapes lack, or takes back what is too much; never through the teeth."""
    parted = sum(curve * rig.gaps[name] for name, curve in curves.items())
    dropped = sum(curve * rig.jaws[name] for name, curve in curves.items())
    extra = (wanted - parted) / rig.gaps["arkit/jawOpen"]
    return np.maximum(extra, -dropped / rig.jaws["arkit/jawOpen"])


def _spread(phones: np.ndarray, before: float, after: float) -> np.ndarray:
    """Convolve with a Gaussian whose rise (before the phone) and fall (after it) differ."""
    reach = int(np.ceil(3.0 * max(before, after) * RATE))
    offset = np.arange(-reach, reach + 1) / RATE  # time after the phone
    kernel = np.exp(-0.5 * (offset / np.where(offset < 0, before, after)) ** 2)
    return convolve1d(phones, kernel, axis=0, mode="nearest")
