"""Drawn curves to head motion: XTalker's ten families, and points that a user draws.

A curve is points in a square from −1 to 1, x to the viewer's right, y up. It is followed at an even pace; in
the last fifth the head comes back to the middle. The diagonal transform makes x to yaw and y to pitch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.interpolate import CubicSpline, PchipInterpolator

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..perform.noise import ease
from .curves import smoothed
from .pose import MODES, with_pose

POINTS = 100  # of a curve
FINE = 2000  # at which its length is measured
RETURN = 0.2  # of the time, at the end
ENTER = 0.1  # of the time, at the start
REACH = (15.0, 10.0, 0.0)  # degrees of yaw, pitch and roll at strength 1 for a curve of size 1
SMOOTHING = 0.08  # seconds, σ
MOST_POINTS = 100_000
STRENGTH = 4.0
Shape = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _arc(s: np.ndarray, turns: float, radius: float = 0.8, start: float = 0.0) -> np.ndarray:
    angle = 2 * np.pi * (start + turns * s)
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def _straight(s: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    return s[:, None] * np.array([[1.0, 0.0]])


def _turn(s: np.ndarray, side: float, chance: np.random.Generator) -> np.ndarray:
    """Up, then a quarter of a circle to one side, then on."""
    radius, legs = chance.uniform(0.15, 0.6), chance.uniform(0.3, 0.7, 2)
    bend = radius * np.pi / 2
    way = s * (legs[0] + bend + legs[1])
    angle = np.clip((way - legs[0]) / radius, 0.0, np.pi / 2)
    out = np.clip(way - legs[0] - bend, 0.0, None)
    x = radius * (1 - np.cos(angle)) + out
    y = np.minimum(way, legs[0]) + radius * np.sin(angle)
    return np.stack([side * x, y], 1)


def _u_turn(s: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    radius, leg = chance.uniform(0.2, 0.35), chance.uniform(0.5, 0.7)
    way = s * (2 * leg + np.pi * radius)
    angle = np.clip((way - leg) / radius, 0.0, np.pi)
    down = np.clip(way - leg - np.pi * radius, 0.0, None)
    return np.stack([radius * (1 - np.cos(angle)), np.minimum(way, leg) + radius * np.sin(angle) - down], 1)


def _double_circle(s: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Twice around, the second time smaller."""
    inner = chance.uniform(0.4, 0.75)
    radius = 0.8 * (1 - (1 - inner) * ease(2 * s - 0.5))
    return radius[:, None] * _arc(s, 2.0, 1.0)


def _s_curve(s: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    height = chance.uniform(0.35, 0.6)
    return np.stack([1.6 * s - 0.8, height * np.sin(2 * np.pi * s)], 1)


def _lissajous(s: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    a, b = [(1, 2), (2, 3), (3, 2), (3, 4), (1, 3)][chance.integers(5)]
    phase = chance.uniform(0.1, 0.4)
    return 0.8 * np.stack([np.sin(2 * np.pi * (a * s + phase)), np.sin(2 * np.pi * b * s)], 1)


def _random(s: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    knots = chance.uniform(-0.9, 0.9, (chance.integers(5, 9), 2))
    return CubicSpline(np.linspace(0, 1, len(knots)), knots)(s)


SHAPES: dict[str, Shape] = {
    "straight": _straight,
    "left turn": lambda s, chance: _turn(s, -1.0, chance),
    "right turn": lambda s, chance: _turn(s, 1.0, chance),
    "u-turn": _u_turn,
    "half circle": lambda s, chance: _arc(s, 0.5),
    "circle": lambda s, chance: _arc(s, 1.0),
    "double circle": _double_circle,
    "s": _s_curve,
    "lissajous": _lissajous,
    "random": _random,
}
FAMILIES = tuple(SHAPES)
UPRIGHT = ("left turn", "right turn", "random")  # keep their direction


def draw(family: str, seed: int = 0, points: int = POINTS) -> Float64[np.ndarray, "k 2"]:
    """A curve of one of the ten families; every seed is a variant in size, direction and form."""
    if family not in SHAPES:
        raise UnknownNameError("curve", family, FAMILIES)
    if seed < 0 or points < 2:
        raise InputError(f"seed {seed} and {points} points: expected 0 or more, and 2 or more")
    chance = np.random.default_rng([seed, FAMILIES.index(family)])
    drawn = SHAPES[family](np.linspace(0, 1, FINE), chance)
    size, turn, flip = chance.uniform(0.6, 1.0), chance.uniform(0, 2 * np.pi), chance.random() < 0.5
    if family not in UPRIGHT:
        if flip:
            drawn = drawn * [1.0, -1.0]
        drawn = drawn @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    drawn *= size / max(float(np.abs(drawn).max()), 1e-9)
    return evenly(drawn, points)


def evenly(points: Float[np.ndarray, "n 2"], count: int) -> Float64[np.ndarray, "k 2"]:
    """`count` points at equal distances along the line through `points`."""
    points = np.asarray(points, np.float64)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    keep = np.concatenate([[True], steps > 0])
    if keep.sum() < 2:
        return np.repeat(points[:1], count, axis=0)
    return PchipInterpolator(way[keep], points[keep])(np.linspace(0, way[-1], count))


def follow(
    points: Float[np.ndarray, "n 2"], frames: int, fps: float, ends_at: str = "centre"
) -> Float64[np.ndarray, "t 2"]:
    """Where the curve is at every frame: in from the centre, along it, and (ends_at="centre") back."""
    s = np.arange(frames) / max(frames - 1, 1)
    last = 1.0 - RETURN if ends_at == "centre" else 1.0
    course = evenly(points, FINE)
    way = np.clip((s - ENTER / 2) / (last - ENTER / 2), 0.0, 1.0) * (FINE - 1)
    at = np.stack([np.interp(way, np.arange(FINE), column) for column in course.T], 1)
    weight = ease(s / ENTER)
    if ends_at == "centre":
        weight = weight * (1.0 - ease((s - last) / RETURN))
    return smoothed(at * weight[:, None], SMOOTHING, fps)


@dataclass(frozen=True)
class Curve:
    """Moves the head along a drawn curve.

    `curve` is one of the ten families ("circle", "s", …) in the variant `seed`, or points
    [(x, y), …] in a square from −1 to 1, x to the viewer's right, y up. `strength` is XTalker's γ: it
    scales all angles, so that the variance of the pose grows with γ². `reach` is yaw, pitch and roll in
    degrees at strength 1 for a point at 1; roll follows x.
    """

    curve: str | Sequence[Sequence[float]]
    seed: int = 0
    strength: float = 1.0
    mode: str = "add"
    reach: tuple[float, float, float] = REACH

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownNameError("pose mode", self.mode, MODES)
        if not 0.0 <= self.strength <= STRENGTH:
            raise InputError(f"strength of the curve is {self.strength:g}, expected 0 to {STRENGTH:g}")
        if len(self.reach) != 3 or not all(np.isfinite(r) and abs(r) <= 60 for r in self.reach):
            raise InputError(f"reach is {self.reach}, expected yaw, pitch and roll of −60 to 60 degrees")
        self.points()

    def points(self) -> Float64[np.ndarray, "k 2"]:
        """The curve itself."""
        if isinstance(self.curve, str):
            return draw(self.curve, self.seed)
        points = np.asarray(self.curve, np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or not 2 <= len(points) <= MOST_POINTS:
            raise InputError(f"points have shape {points.shape}, expected (2 or more, 2)")
        if not np.isfinite(points).all() or np.abs(points).max() > 1.0 + 1e-6:
            raise InputError("points lie outside the square from −1 to 1: divide by the size of the canvas")
        return points

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        at = self.strength * follow(self.points(), clip.n_frames, clip.fps)
        yaw, pitch, roll = self.reach
        curves = np.stack([-pitch * at[:, 1], yaw * at[:, 0], roll * at[:, 0], 0 * at[:, 0]], 1)
        return with_pose(clip, curves, self.mode)
