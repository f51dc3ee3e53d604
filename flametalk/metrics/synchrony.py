"""Does the mouth go with the sound, or with a tracked mouth? Correlation, and the lag at which it is best."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..audio.envelope import envelope
from ..audio.resample import resample
from ..audio.signal import Audio
from ..audio.timing import frame_means
from ..clip import Clip
from ..conventions import SAMPLE_RATE
from ..errors import InputError
from ..head import Head
from .mouth import mouth_aperture
from .score import Score

MAX_LAG = 0.4  # seconds looked at on either side
SHORTEST = 8  # frames that two curves must share


@dataclass(frozen=True)
class Synchrony:
    """Pearson's r at no lag and at the best lag; a positive lag means that the mouth comes late."""

    r: Score
    best: Score
    lag: Score  # seconds


def correlate(
    mouth: Float[np.ndarray, "t"], reference: Float[np.ndarray, "t"], fps: float, max_lag: float = MAX_LAG
) -> Synchrony:
    """Two curves over the same frames. Where one of them is constant, r is NaN."""
    if mouth.shape != reference.shape or mouth.ndim != 1:
        raise InputError(f"curves of {mouth.shape} and {reference.shape} do not belong to the same frames")
    reach = min(round(max_lag * fps), len(mouth) - SHORTEST)
    if reach < 0:
        raise InputError(f"{len(mouth)} frames are too few to correlate, {SHORTEST} are needed")
    lags = np.arange(-reach, reach + 1)
    r = np.array([_lagged(mouth, reference, int(lag)) for lag in lags])
    now = float(r[reach])
    how = f"lags to ±{reach} frames"
    if np.isnan(r).all():
        nothing = float("nan")
        return Synchrony(Score(nothing, "r"), Score(nothing, "best r"), Score(nothing, "lag", "s"))
    best = int(np.nanargmax(r))
    return Synchrony(
        Score(now, "r", "", "no lag"),
        Score(float(r[best]), "best r", "", how),
        Score(float(lags[best] / fps), "lag", "s", f"{how}; positive: the mouth is late"),
    )


def _lagged(mouth: np.ndarray, reference: np.ndarray, lag: int) -> float:
    """r of mouth k + lag with reference k."""
    n = len(mouth)
    a = np.asarray(mouth[max(0, lag) : n + min(0, lag)], np.float64)
    b = np.asarray(reference[max(0, -lag) : n + min(0, -lag)], np.float64)
    a, b = a - a.mean(), b - b.mean()
    power = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / power) if power > 1e-12 * len(a) else float("nan")


def audio_mouth(clip: Clip, sound: Audio | None = None, head: Head | None = None) -> Synchrony:
    """Mouth aperture against the amplitude envelope of the clip's own sound, or of another."""
    sound = clip.audio if sound is None else sound
    if sound is None:
        raise InputError("the clip has no sound to compare its mouth with: give it")
    return correlate(mouth_aperture(clip, head), loudness_of(sound, clip.fps, clip.n_frames), clip.fps)


def tracked_mouth(
    clip: Clip, aperture: Float[np.ndarray, "t"], fps: float, head: Head | None = None
) -> Synchrony:
    """Mouth aperture against one that was tracked in a video (inner-lip gap over face height)."""
    if fps != clip.fps:
        raise InputError(f"the video was tracked at {fps:g} frames a second, the clip runs at {clip.fps:g}")
    aperture = np.asarray(aperture, np.float64)
    if not np.isfinite(aperture).all():
        raise InputError("the tracked aperture has NaN or infinite values")
    return correlate(mouth_aperture(clip, head), aperture, fps)


def loudness_of(sound: Audio, fps: float, frames: int) -> Float[np.ndarray, "frames"]:
    """Mean of the amplitude envelope during each frame, silence after the end."""
    curve = envelope(resample(sound, SAMPLE_RATE).samples)
    return frame_means(np.append(curve, np.float32(0)), SAMPLE_RATE, fps, frames)
