"""Beat alignment: does the head pause where the sound has a beat?"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelmin
from scipy.spatial.transform import Rotation

from ..audio.signal import Audio
from ..clip import Clip
from ..errors import InputError
from .audio_beats import audio_beats
from .score import Score

VARIANCES = (7.0, 8.0, 9.0)  # σ² in frames² that papers use; 3DXTalker's code has 7
SMOOTHING = 3.0  # frames, σ of the speed's smoothing, as in 3DXTalker's code
STILL = 1e-9  # radians a frame below which a head does not move


def beat_alignment(
    clip: Clip,
    sound: Audio | Float[np.ndarray, "beats"] | None = None,
    variance: float = VARIANCES[-1],
    smoothing: float = SMOOTHING,
) -> Score:
    """Mean over the beats of the sound of exp(−d² / 2σ²), d frames to the nearest beat of the head.

    `sound` is the clip's own unless given, or the seconds of beats that were found elsewhere. A head that
    never moves scores 0; without a beat in the sound there is nothing to align with: NaN.
    """
    if not variance > 0:
        raise InputError(f"the variance is {variance}, expected frames² above 0; papers use 7, 8 and 9")
    sound = clip.audio if sound is None else sound
    if sound is None:
        raise InputError("the clip has no sound: give it, or the seconds of its beats")
    beats = audio_beats(sound) if isinstance(sound, Audio) else np.asarray(sound, np.float64)
    beats = beats[beats < clip.duration] * clip.fps
    turning = motion_beats(clip, smoothing)
    how = f"σ² = {variance:g} frames²; {len(beats)} beats in the sound, {len(turning)} of the head"
    if not len(beats):
        return Score(float("nan"), "BA", "", how)
    if not len(turning):
        return Score(0.0, "BA", "", how)
    nearest = np.abs(beats[:, None] - turning[None]).min(1)
    return Score(float(np.exp(-(nearest**2) / (2 * variance)).mean()), "BA", "", how)


def motion_beats(clip: Clip, smoothing: float = SMOOTHING) -> Float[np.ndarray, "beats"]:
    """Frames at which the head's turning is slowest for a moment."""
    if clip.n_frames < 4:
        return np.zeros(0)
    turns = Rotation.from_rotvec(clip.head.astype(np.float64))
    speed = (turns[:-1].inv() * turns[1:]).magnitude()
    if speed.max() < STILL:
        return np.zeros(0)
    slowest = argrelmin(gaussian_filter1d(speed, smoothing))[0]
    return slowest + 0.5  # speed k lies between frames k and k + 1
