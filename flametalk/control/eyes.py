"""Where the eyes look, and when they blink."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from scipy.ndimage import grey_opening
from scipy.spatial.transform import Rotation

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..conventions import LEFT_EYE, NECK, RIGHT_EYE, ROOT
from ..errors import InputError
from ..head import Head
from ..perform.noise import pulse
from .curves import soft_limit

CAMERA = 1.0  # metres in front of the eyes
FURTHEST = np.radians(32.0)  # that an eye turns
CLOSING, SHUT, OPENING = 0.08, 0.03, 0.14  # seconds of a blink
BLINK = CLOSING + SHUT + OPENING
SHORTEST = 0.6  # seconds between two blinks at random times
LONGEST_BLINK = 0.5  # seconds: what closes the lids for longer is no blink
MOST = 60.0  # blinks a minute
LIDS = ("blink_left", "blink_right")


@dataclass(frozen=True)
class Gaze:
    """Both eyes look at a point while the head turns under them.

    `target` is "camera" (a metre in front of the resting face) or a point in metres: x to the subject's
    left, y up from the eyes, z out of the face. `amount` is from 0, as they did, to 1, all the time.
    """

    target: str | tuple[float, float, float] = "camera"
    amount: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount <= 1.0:
            raise InputError(f"amount of gaze is {self.amount:g}, expected 0 to 1")
        if isinstance(self.target, str):
            if self.target != "camera":
                raise InputError(f"target of gaze is '{self.target}', expected 'camera' or a point (x, y, z)")
        elif len(self.target) != 3 or not np.isfinite(self.target).all() or self.target[2] < 0.1:
            raise InputError(f"target of gaze is {self.target}, expected metres (x, y, z), z 0.1 or more")

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        wanted = look_at(clip, self.target)
        now = np.zeros_like(wanted) if clip.eyes is None else clip.eyes.astype(np.float64)
        return clip.replace(eyes=(1 - self.amount) * now + self.amount * wanted)


def look_at(clip: Clip, target: str | tuple[float, float, float]) -> Float64[np.ndarray, "t 6"]:
    """Rotations of both eyes that bring their axes onto the target, as far as eyes turn."""
    head = Head.load(clip.made_for)
    shape, zeros = torch.from_numpy(np.array(clip.shapes()[:1])), torch.zeros(1, 1)
    joints = head.joints(shape, zeros)[0].double().numpy()
    pupils = joints[[LEFT_EYE, RIGHT_EYE]]
    aim = np.array((0.0, 0.0, CAMERA) if isinstance(target, str) else target, np.float64) + pupils.mean(0)
    root = Rotation.from_rotvec(clip.head.astype(np.float64))
    neck = Rotation.from_rotvec(
        np.zeros((clip.n_frames, 3)) if clip.neck is None else clip.neck.astype(np.float64)
    )
    moved = np.zeros((clip.n_frames, 3)) if clip.translation is None else clip.translation.astype(np.float64)
    seen = root.inv().apply(aim - moved - joints[ROOT]) + joints[ROOT]  # undo the chain, joint by joint
    seen = neck.inv().apply(seen - joints[NECK]) + joints[NECK]
    turns = []
    for pupil in pupils:
        x, y, z = (seen - pupil).T
        pitch, yaw = np.arctan2(-y, np.hypot(x, z)), np.arctan2(x, z)
        angles = soft_limit(np.stack([yaw, pitch], 1), FURTHEST)
        turns.append(Rotation.from_euler("YX", angles).as_rotvec())
    return np.concatenate(turns, axis=1)


@dataclass(frozen=True)
class Blinks:
    """Blinks at given seconds, at random times at a rate a minute, or both.

    Where `replace` is set, those that the clip had go first: short closings of the lids, not narrowed or
    closed eyes. `times` are when the lids are shut.
    """

    times: tuple[float, ...] = ()
    rate: float | None = None
    seed: int = 0
    replace: bool = True

    def __post_init__(self) -> None:
        if self.rate is not None and not 0.0 <= self.rate <= MOST:
            raise InputError(f"blink rate is {self.rate:g} a minute, expected 0 to {MOST:g}")
        if self.seed < 0 or not np.isfinite(self.times).all() or any(t < 0 for t in self.times):
            raise InputError("blinks need a seed and times in seconds of 0 or more")

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        lids = lids_of(clip)
        expression = clip.expression.astype(np.float64)
        if self.replace:
            expression[:, lids] = without_blinks(expression[:, lids], clip.fps)
        shut = list(self.times)
        if self.rate:
            shut += random_times(self.rate, clip.duration, self.seed).tolist()
        closed = np.zeros(clip.n_frames)
        for time in shut:
            shown = pulse(clip.times, time - CLOSING - SHUT / 2, CLOSING, SHUT, OPENING)
            nearest = round(time * clip.fps)
            if 0 <= nearest < clip.n_frames:
                shown[nearest] = 1.0  # never between two frames
            closed = np.maximum(closed, shown)
        own = expression[:, lids]
        expression[:, lids] = own + closed[:, None] * (1.0 - own)
        return clip.replace(expression=expression)


def lids_of(clip: Clip) -> list[int]:
    """The two coefficients that close the lids."""
    head = Head.load(clip.made_for)
    if not set(LIDS) <= set(head.expression_names):
        raise InputError(
            f"the head '{head.name}' has no expression that closes the lids alone: blinks can be set "
            "with the built-in head"
        )
    return [head.expression_names.index(name) for name in LIDS]


def without_blinks(lids: Float[np.ndarray, "t 2"], fps: float) -> Float64[np.ndarray, "t 2"]:
    """What lasts longer than a blink: the morphological opening."""
    return grey_opening(lids, size=(2 * round(LONGEST_BLINK * fps / 2) + 1, 1), mode="nearest")


def blink_moments(clip: Clip) -> Sequence[float]:
    """Seconds at which the clip's lids are shut in a blink."""
    lids = clip.expression[:, lids_of(clip)].astype(np.float64)
    shut = (lids - without_blinks(lids, clip.fps)).mean(1) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]]).astype(int))).reshape(-1, 2)
    return [float((a + b - 1) / 2 / clip.fps) for a, b in edges]


def random_times(rate: float, seconds: float, seed: int) -> Float64[np.ndarray, "n"]:
    """`rate` blinks a minute with intervals that vary as people's do, none too close to another."""
    count = round(rate * seconds / 60.0)
    if count == 0:
        return np.zeros(0)
    least = min(SHORTEST, 0.8 * seconds / count)
    shares = np.random.default_rng(seed).gamma(3.0, 1.0, count + 1)
    free = seconds - least * (count + 1)
    return np.cumsum(least + free * shares / shares.sum())[:count]
