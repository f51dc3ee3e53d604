"""Camera moves: one camera for every frame, from the camera that a still picture would have.

A move says, for every frame, how far the camera has gone around the head (orbit), towards it (dolly), aside
(truck) and how it is turned (pan, tilt, roll) and zoomed. All of it is smooth, and zero is the still camera.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, Float64
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from ..errors import InputError, UnknownNameError
from .camera import Camera

DEGREE: Final = np.pi / 180
TEMPO: Final = 2.0  # beats a second where none are heard
MOST: Final = 2.0
STILL: Final = "still"


@dataclass(frozen=True)
class Shot:
    """What a move is made for."""

    times: Float64[np.ndarray, "t"]  # seconds
    duration: float
    beats: Float64[np.ndarray, "b"]  # seconds
    chance: np.random.Generator

    @property
    def part(self) -> Float64[np.ndarray, "t"]:
        """0 at the first frame … 1 at the last."""
        return self.times / max(float(self.times[-1]), 1e-9)


Path = dict[str, Float64[np.ndarray, "t"]]  # radians; dolly and truck in parts of the distance; zoom − 1
AXES: Final = ("orbit", "rise", "dolly", "truck", "lift", "pan", "tilt", "roll", "zoom")


def _orbit(shot: Shot) -> Path:
    """From side to side around the head, a round in twelve seconds."""
    return {"orbit": 40 * DEGREE * np.sin(2 * np.pi * shot.times / 12), "rise": _breath(shot, 3.0, 9)}


def _orbit_zoom(shot: Shot) -> Path:
    return _orbit(shot) | {"zoom": 0.14 * (1 - np.cos(2 * np.pi * shot.times / 12))}


def _beat_bounce(shot: Shot) -> Path:
    """A dip towards the head on every beat."""
    hits = _hits(shot, 0.06, 0.28)
    return {"dolly": 0.06 * hits, "lift": -0.012 * hits, "roll": 0.8 * DEGREE * _wander(shot, 1.2)}


def _energetic_talk(shot: Shot) -> Path:
    """A camera that cannot keep still: slow swings, pushes on the beats."""
    return {
        "orbit": 14 * DEGREE * np.sin(2 * np.pi * shot.times / 5.5),
        "rise": 3 * DEGREE * np.sin(2 * np.pi * shot.times / 4.1 + 1),
        "dolly": 0.05 * _hits(shot, 0.2, 0.8) + 0.05 * np.sin(2 * np.pi * shot.times / 7),
        "roll": 1.6 * DEGREE * np.sin(2 * np.pi * shot.times / 6.3),
        "pan": 0.5 * DEGREE * _wander(shot, 0.8),
    }


def _parallax(shot: Shot) -> Path:
    """Sliding past the head while looking at it."""
    aside = 0.16 * np.sin(2 * np.pi * shot.times / 8)
    return {"truck": aside, "pan": np.arctan(aside), "zoom": 0.03 * (1 - np.cos(2 * np.pi * shot.times / 8))}


def _hero_push(shot: Shot) -> Path:
    """From below and afar, slowly up to the face."""
    on = _eased(shot.part)
    return {"dolly": -0.3 + 0.4 * on, "rise": -16 * DEGREE * (1 - on), "orbit": -12 * DEGREE * (1 - on)}


def _whip_pan(shot: Shot) -> Path:
    """Thrown onto the head, and in longer shots off it again."""
    away = 55 * DEGREE
    arrive = min(0.45, 0.4 * shot.duration)
    pan = away * (1 - _eased(shot.times / arrive))
    if shot.duration > 3:
        pan = pan - away * _eased((shot.times - (shot.times[-1] - 0.4)) / 0.4)
    swing = np.where(shot.times > arrive, shot.times - arrive, 0.0)
    return {"pan": pan - 0.8 * DEGREE * np.sin(12 * swing) * np.exp(-5 * swing) * (swing > 0)}


def _hand_held(shot: Shot) -> Path:
    """Breath and a tremor of the hands."""
    return {
        "pan": 0.6 * DEGREE * _wander(shot, 0.9) + 0.08 * DEGREE * _wander(shot, 0.15),
        "tilt": 0.5 * DEGREE * _wander(shot, 1.0) + 0.08 * DEGREE * _wander(shot, 0.15),
        "roll": 0.5 * DEGREE * _wander(shot, 1.3),
        "truck": 0.008 * _wander(shot, 1.5),
        "lift": 0.006 * _wander(shot, 1.8),
        "dolly": 0.01 * _wander(shot, 2.0),
    }


MOVES: Final[dict[str, Callable[[Shot], Path]]] = {
    "orbit": _orbit,
    "orbit zoom": _orbit_zoom,
    "beat bounce": _beat_bounce,
    "energetic talk": _energetic_talk,
    "parallax": _parallax,
    "hero push": _hero_push,
    "whip pan": _whip_pan,
    "hand-held": _hand_held,
}
TO_BEATS: Final = ("beat bounce", "energetic talk")


def check_move(name: str) -> None:
    """Refuse what is no move; "still" is the camera that stays."""
    if name not in (*MOVES, STILL):
        raise UnknownNameError("camera move", name, [*MOVES, STILL])


def camera_move(
    name: str,
    still: Camera,
    target: Sequence[float] | Float[np.ndarray, "3"],
    frames: int,
    fps: float,
    beats: Sequence[float] | None = None,
    seed: int = 0,
    strength: float = 1.0,
) -> list[Camera]:
    """A camera for every frame: `still`, moved about `target` (a point of the world, such as the head).

    `beats` are seconds at which something happens (moves in TO_BEATS follow them; without, twice a second).
    `strength` scales the whole move, 0 to 2.
    """
    check_move(name)
    if not 0.0 <= strength <= MOST:
        raise InputError(f"strength of the camera move is {strength:g}, expected 0 to {MOST:g}")
    if frames < 1 or not fps > 0 or seed < 0:
        raise InputError(
            f"{frames} frames at {fps:g} fps, seed {seed}: expected at least 1, more than 0, 0 or more"
        )
    times, duration = np.arange(frames) / fps, frames / fps
    heard = np.arange(0.5, duration, 1 / TEMPO) if beats is None else np.sort(np.asarray(beats, np.float64))
    path = {} if name == STILL else MOVES[name](Shot(times, duration, heard, np.random.default_rng(seed)))
    states = np.stack([strength * path.get(axis, np.zeros(frames)) for axis in AXES], 1)
    centre = np.asarray(target, np.float64)
    return [_moved(still, centre, dict(zip(AXES, state, strict=True))) for state in states]


def _moved(still: Camera, target: np.ndarray, at: dict[str, float]) -> Camera:
    """Around the target first, then in the camera's own axes (x right, y down, z forward)."""
    axes = still.rotation
    around = Rotation.from_rotvec(at["orbit"] * -axes[1]) * Rotation.from_rotvec(at["rise"] * -axes[0])
    turned = axes @ around.as_matrix().T
    seen = axes @ target + still.translation  # the target stays where the still camera had it
    distance = abs(float(seen[2])) or 1.0
    shift = distance * np.array([-at["truck"], at["lift"], -at["dolly"]])
    own = Rotation.from_euler("ZXY", [at["roll"], at["tilt"], at["pan"]]).as_matrix()
    rotation = own @ turned
    zoom = (1 + at["zoom"]) * (1 if still.perspective else 1 / (1 - min(at["dolly"], 0.9)))
    translation = own @ (seen + shift - turned @ target)
    return replace(still, rotation=rotation, translation=translation, focal=still.focal * zoom)


def _eased(x: Float[np.ndarray, "t"]) -> Float64[np.ndarray, "t"]:
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x * x)


def _breath(shot: Shot, degrees: float, seconds: float) -> Float64[np.ndarray, "t"]:
    return degrees * DEGREE * np.sin(2 * np.pi * shot.times / seconds)


def _hits(shot: Shot, rise: float, fall: float) -> Float64[np.ndarray, "t"]:
    """0 … 1: up just before each beat, down after it."""
    hits = np.zeros(len(shot.times))
    for beat in shot.beats:
        up, down = _eased((shot.times - beat + rise) / rise), _eased((beat + fall - shot.times) / fall)
        hits = np.maximum(hits, np.minimum(up, down))
    return hits


def _wander(shot: Shot, seconds: float) -> Float64[np.ndarray, "t"]:
    """Smooth chance of unit size that starts at zero."""
    fps = 1 / (shot.times[1] - shot.times[0]) if len(shot.times) > 1 else 25.0
    sigma = max(0.4 * seconds * fps, 1.0)
    reach = int(np.ceil(4 * sigma))
    white = shot.chance.standard_normal(len(shot.times) + 2 * reach)
    smooth = gaussian_filter1d(white, sigma)[reach : reach + len(shot.times)] * np.sqrt(
        2 * np.sqrt(np.pi) * sigma
    )
    return smooth * _eased(shot.times / 0.6)
