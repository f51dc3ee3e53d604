"""A PoseScript becomes curves: aligned to the speech, clamped, and smooth to the acceleration."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float64

from ..errors import InputError
from ..perform.noise import ease, pulse
from .accents import Accents
from .curves import keyframes, smoothed, soft_limit
from .posescript import AXES, Axis, Beat, Gesture, PoseScript

SMOOTHING = 0.08  # seconds, σ
ENERGY_OVER = 0.35  # seconds, σ over which loudness drives waves
PAUSE_OVER = 0.25  # seconds, σ of dying down in pauses
FASTEST = 0.2  # seconds: a stroke takes no less
GAP = 0.1  # seconds between gestures in a row
ONSET = 0.5  # seconds in which a script takes hold at the start


ANATOMY = {"yaw": 60.0, "pitch": 40.0, "roll": 30.0, "lean": 10.0}  # degrees, and centimetres of lean


@dataclass(frozen=True)
class Limits:
    """Largest angles in degrees and lean in centimetres, either way; anatomy allows 60, 40 and 30."""

    yaw: float = 35.0
    pitch: float = 25.0
    roll: float = 18.0
    lean: float = 6.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, most = getattr(self, field.name), ANATOMY[field.name]
            if not 0 <= value <= most:
                raise InputError(f"limit of {field.name} is {value:g}, expected 0 to {most:g}")

    def row(self) -> Float64[np.ndarray, "4"]:
        return np.array([getattr(self, name) for name in AXES], np.float64)


def play(script: PoseScript, accents: Accents, limits: Limits | None = None) -> Float64[np.ndarray, "t 4"]:
    """Pitch, yaw, roll in degrees and lean in centimetres for every frame of `accents`.

    Order: base curves and waves, beats, gestures; gain; limits; smoothing; return to the centre. Neither of
    the last two leads out of the limits.
    """
    limits = limits or Limits()
    times = np.arange(accents.n_frames) / accents.fps
    curves = np.stack([_base(getattr(script, name), script, accents, times) for name in AXES], 1)
    for beat in script.beats:
        curves[:, AXES.index(beat.axis)] += _beat(beat, accents, times)
    clock = 0.0
    for gesture in script.gestures:
        start = _start(gesture, clock, accents.duration)
        curves[:, AXES.index(gesture.axis)] += _gesture(gesture, start, times)
        clock = start + gesture.lasts + GAP
    within = smoothed(soft_limit(script.gain * curves, limits.row()), SMOOTHING, accents.fps)
    return within * _homeward(script.return_part, times)[:, None]


def _base(axis: Axis, script: PoseScript, accents: Accents, times: np.ndarray) -> np.ndarray:
    parts = times / max(accents.duration, 1e-9)
    curve = np.zeros(len(times))
    if axis.keys:
        curve += keyframes(parts, [at for at, _ in axis.keys], np.array([value for _, value in axis.keys]))
    if not axis.waves:
        return curve
    energy = smoothed(accents.energy, ENERGY_OVER, accents.fps)
    loud = energy / max(float(energy.max()), 1e-9)
    alive = 1.0 - script.calm_in_pauses * (1.0 - smoothed(accents.speech, PAUSE_OVER, accents.fps))
    strength = alive * (1.0 - script.with_energy * (1.0 - loud)) * ease(times / ONSET)
    for wave in axis.waves:
        shape = np.sin(2 * np.pi * (wave.hertz * times + wave.phase))
        if wave.envelope:
            at, values = zip(*wave.envelope, strict=True)
            shape = shape * keyframes(parts, at, np.array(values))
        curve += wave.amount * strength * shape
    return curve


def _beat(beat: Beat, accents: Accents, times: np.ndarray) -> np.ndarray:
    """Strokes whose far point falls on the moment."""
    if beat.on == "stressed words":
        moments, strength = accents.stressed, 0.5 + 0.5 * accents.strength
    else:
        moments = accents.phrases[:, 0 if beat.on == "phrase starts" else 1]
        strength = np.ones(len(moments))
    wanted = int(np.ceil(beat.share * len(moments) - 1e-9))
    chosen = np.sort(np.argsort(-strength, kind="stable")[:wanted])
    rise = max(0.45 * beat.seconds, FASTEST / 2)
    curve = np.zeros(len(times))
    for number, k in enumerate(chosen):
        sign = -1.0 if beat.alternate and number % 2 else 1.0
        begun = float(np.clip(moments[k], FASTEST / 2, rise))  # not before the clip begins
        stroke = pulse(times, moments[k] - begun, begun, 0.0, max(beat.seconds - rise, FASTEST / 2))
        curve += sign * beat.amount * strength[k] * stroke
    return curve


def _start(gesture: Gesture, clock: float, duration: float) -> float:
    if gesture.at is not None:
        return float(
            np.clip(gesture.at * duration - gesture.lasts / 2, 0.0, max(0.0, duration - gesture.lasts))
        )
    if gesture.start is None:
        return max(0.0, duration - gesture.lasts) if gesture.from_end else clock
    return max(0.0, duration - gesture.start) if gesture.from_end else gesture.start


def _gesture(gesture: Gesture, start: float, times: np.ndarray) -> np.ndarray:
    """`count` movements there and back; to both sides, one movement is a swing each way."""
    if gesture.both_ways:
        since = (times - start) / gesture.seconds
        within = (since > 0) & (since < gesture.count)
        edges = np.minimum(ease(since / 0.4), ease((gesture.count - since) / 0.4))
        return gesture.amount * np.where(within, np.sin(2 * np.pi * since) * edges, 0.0)
    half, curve = gesture.seconds / 2, np.zeros(len(times))
    for k in range(gesture.count):
        begin = start + k * (gesture.seconds + gesture.hold)
        curve += gesture.amount * pulse(times, begin, half, gesture.hold, half)
    return curve


def _homeward(part: float, times: np.ndarray) -> np.ndarray:
    """1, falling to 0 with least jerk over the last part of the clip."""
    if part <= 0:
        return np.ones(len(times))
    last = times[-1] if len(times) else 0.0
    return 1.0 - ease((times - (1.0 - part) * last) / max(part * last, 1e-9))
