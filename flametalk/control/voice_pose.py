"""Head motion led by the voice alone: loudness, pitch, onsets and tempo to yaw, pitch and roll.

3DXTalker's other mode: turns of up to 16°, nods of up to 10°, tilts of up to 6°, at rest in pauses.
"""

import numpy as np
from jaxtyping import Float64

from ..perform.noise import pulse
from .accents import Accents
from .curves import smoothed, soft_limit
from .pose_play import AXES, PAUSE_OVER, SMOOTHING, Limits

FURTHEST = Limits(yaw=16.0, pitch=10.0, roll=6.0, lean=0.0)  # degrees
TURN, TURN_TEMPO = 11.0, 0.12  # degrees; turns a second for one stressed word a second
SLOWEST, USUAL_TEMPO, QUICKEST = 1.0, 2.0, 4.0  # stressed words a second
NOD, LIFT, TILT = 6.5, 4.0, 4.5  # degrees: on a stress, with rising pitch, with the melody
SLOPE_OVER, MELODY_OVER = 0.15, 0.5  # seconds, σ
ENERGY_OVER = 0.6


def pose_from_voice(accents: Accents, limits: Limits | None = None) -> Float64[np.ndarray, "t 4"]:
    """Pitch, yaw, roll in degrees and no lean, for every frame."""
    fps, times = accents.fps, np.arange(accents.n_frames) / accents.fps
    alive = smoothed(accents.speech, PAUSE_OVER, fps)
    energy = smoothed(accents.energy, ENERGY_OVER, fps) / max(float(accents.energy.max()), 1e-9)
    tempo = float(np.clip(accents.tempo or USUAL_TEMPO, SLOWEST, QUICKEST))
    # Turns run through their cycle faster where more is said.
    clock = np.cumsum(TURN_TEMPO * tempo * (0.4 + 1.2 * np.sqrt(energy))) / fps
    yaw = (
        TURN
        * (0.5 + np.sqrt(energy))
        * (np.sin(2 * np.pi * clock) + 0.35 * np.sin(2 * np.pi * 2.3 * clock + 1))
    )
    slope = np.gradient(smoothed(accents.pitch, SLOPE_OVER, fps)) * fps if len(times) > 1 else 0.0 * times
    pitch = -LIFT * np.tanh(slope)  # a rising voice lifts the chin
    for moment, strength in zip(accents.stressed, accents.strength, strict=True):
        pitch = pitch + NOD * (0.4 + 0.6 * strength) * pulse(times, moment - 0.25, 0.25, 0.0, 0.35)
    roll = TILT * np.tanh(2.0 * smoothed(accents.pitch, MELODY_OVER, fps)) + 1.5 * np.sin(
        2 * np.pi * 0.6 * clock
    )
    curves = np.stack([pitch, yaw, roll, np.zeros(len(times))], 1) * alive[:, None]
    most = np.minimum(FURTHEST.row(), (limits or Limits()).row())
    assert AXES == ("pitch", "yaw", "roll", "lean")
    return smoothed(soft_limit(curves, most), 1.5 * SMOOTHING, fps)
