"""What every generated motion goes through at the end: smoothing, then the limits of anatomy."""

import numpy as np
from jaxtyping import Float32

from ..clip import REQUIRED, Clip

JAW_OPENS = (0.0, 0.3)  # radians about x
JAW_SLIDES = (-0.1, 0.1)  # radians about y and about z
SMOOTHING = 0.2  # seconds: the Savitzky–Golay window, 5 frames at 25 a second


def clamp_jaw(jaw: Float32[np.ndarray, "t 3"]) -> Float32[np.ndarray, "t 3"]:
    """The jaw inside what a jaw can do."""
    low, high = np.array([JAW_OPENS, JAW_SLIDES, JAW_SLIDES], np.float32).T
    return np.clip(jaw, low, high)


def finish(clip: Clip, smoothing: float = SMOOTHING) -> Clip:
    """Smooth expression, head and jaw over `smoothing` seconds (0: not at all), then clamp the jaw.

    Eyes are left alone: gaze moves in steps, and smoothing would make them swim.
    """
    smooth = clip.smooth(smoothing, REQUIRED) if smoothing else clip
    return smooth.replace(jaw=clamp_jaw(smooth.jaw))
