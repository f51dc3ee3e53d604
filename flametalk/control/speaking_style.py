"""A speaker's manner, measured on one clip and given to another: how much, how lively, how often.

What is transferred are statistics: the range of the face's motion, the range and spectrum of the head's, its
bearing, how far the mouth opens, and the rate of blinks. What is said, and when, stays the other clip's.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..errors import FormatError, InputError
from ..files import PathLike, atomic_path, existing_file
from ..head import Head
from .curves import angles_of, rotations_of, smoothed, soft_limit
from .eyes import LIDS, Blinks, blink_moments
from .pose_play import ANATOMY, AXES
from .regions import NAMED, coefficients_of
from .strength import Emphasis

BANDS = (0.0, 0.15, 0.3, 0.6, 1.2, 2.4, 6.0)  # hertz: edges of the bands of head motion
GAINS = (0.25, 4.0)  # a band or range changes by no less and no more
SHORTEST = 2.0  # seconds: a manner cannot be seen in less
FACE = ("brows", "lids", "nose", "cheeks")  # regions whose range is transferred one by one
MAX_BYTES = 2**16


@dataclass(frozen=True)
class SpeakingStyle:
    """What one clip shows of its speaker's manner."""

    face: Mapping[str, float]  # region → root mean square of its motion, blinks left out
    jaw: float  # 95th percentile of the opening, radians
    bearing: tuple[float, float, float]  # mean pitch, yaw, roll in degrees
    bands: tuple[tuple[float, ...], ...]  # of pitch, yaw, roll: degrees (rms) in each of BANDS
    blinks: float | None  # a minute; None where the head cannot tell
    made_for: str | None
    seconds: float

    def save(self, path: PathLike) -> None:
        """As JSON."""
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1))


def measure_style(clip: Clip) -> SpeakingStyle:
    """The manner of a clip's speaker; two seconds are the least, half a minute is better."""
    if clip.duration < SHORTEST:
        raise InputError(f"the reference lasts {clip.duration:.2f} s, expected {SHORTEST:g} s at least")
    head = Head.load(clip.made_for)
    angles = angles_of(clip.head)
    blinks = None
    if set(LIDS) <= set(head.expression_names):
        blinks = 60.0 * len(blink_moments(clip)) / clip.duration
    return SpeakingStyle(
        _face(clip, head),
        float(np.percentile(clip.jaw[:, 0], 95)),
        tuple(float(a) for a in angles.mean(0)),  # type: ignore[arg-type]
        tuple(tuple(_band_sizes(column, clip.fps)) for column in angles.T),
        blinks,
        clip.made_for,
        clip.duration,
    )


def load_style(path: PathLike) -> SpeakingStyle:
    """What `SpeakingStyle.save` wrote."""
    found = existing_file(path, MAX_BYTES)
    try:
        return style_from(json.loads(found.read_text("utf-8")))
    except (ValueError, RecursionError) as error:
        raise FormatError(
            found, "is no speaking style, as `measure_style(clip).save(path)` writes it"
        ) from error


def style_from(value: Any) -> SpeakingStyle:
    """From parsed JSON, checked."""
    try:
        style = SpeakingStyle(
            {str(k): float(v) for k, v in value["face"].items()},
            float(value["jaw"]),
            tuple(float(v) for v in value["bearing"]),  # type: ignore[arg-type]
            tuple(tuple(float(v) for v in row) for row in value["bands"]),
            None if value["blinks"] is None else float(value["blinks"]),
            None if value["made_for"] is None else str(value["made_for"]),
            float(value["seconds"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError("this is no speaking style: a part is missing, or is no number") from error
    numbers = [*style.face.values(), style.jaw, *style.bearing, *(v for row in style.bands for v in row)]
    widths = [len(style.bearing), *(len(row) for row in style.bands)]
    if not np.isfinite([*numbers, style.blinks or 0.0]).all() or widths != [3, *[len(BANDS) - 1] * 3]:
        raise InputError("this is no speaking style: its numbers are not finite, or its bands are not ours")
    return style


@dataclass(frozen=True)
class Manner:
    """Gives a clip the manner of another: `style` is a SpeakingStyle, its file, or a clip (file) to measure.

    `amount` is from 0, nothing, to 1, all of it.
    """

    style: SpeakingStyle | str
    amount: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.amount <= 1.0:
            raise InputError(f"amount of manner is {self.amount:g}, expected 0 to 1")

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        wanted, own = self.measured(), measure_style(clip)
        head = Head.load(clip.made_for)
        if wanted.made_for == clip.made_for and head.expression_names:
            clip = _with_face(clip, head, wanted, own, self.amount)
        clip = clip.replace(head=_with_head(clip, wanted, self.amount))
        if own.jaw > 1e-3:
            clip = Emphasis(jaw=float(_toward(wanted.jaw / own.jaw, self.amount, (0.6, 1.6))))(clip)
        if wanted.blinks is not None and own.blinks is not None:
            rate = own.blinks + self.amount * (wanted.blinks - own.blinks)
            clip = Blinks(rate=min(rate, 60.0), seed=self.seed)(clip)
        return clip

    def measured(self) -> SpeakingStyle:
        """The style itself."""
        if isinstance(self.style, SpeakingStyle):
            return self.style
        if Path(self.style).suffix.lower() == ".json":
            return load_style(self.style)
        return measure_style(Clip.load(self.style))


def _regions(head: Head, width: int) -> dict[str, np.ndarray]:
    if not head.expression_names:
        return {}
    found = {name: coefficients_of(head, name, width) for name in FACE if name in NAMED}
    blinks = {head.expression_names.index(name) for name in LIDS if name in head.expression_names}
    return {n: np.array([k for k in ks if k not in blinks]) for n, ks in found.items() if ks is not None}


def _face(clip: Clip, head: Head) -> dict[str, float]:
    """Root mean square of each region's motion about its mean."""
    regions = _regions(head, clip.expression.shape[1])
    if not regions:
        return {"all": float(clip.expression.std(0).mean())}
    return {name: float(np.sqrt((clip.expression[:, ks].std(0) ** 2).mean())) for name, ks in regions.items()}


def _with_face(clip: Clip, head: Head, wanted: SpeakingStyle, own: SpeakingStyle, amount: float) -> Clip:
    expression = clip.expression.astype(np.float64)
    for name, chosen in _regions(head, expression.shape[1]).items():
        if own.face.get(name, 0.0) < 1e-4 or name not in wanted.face:
            continue  # nothing that could be made larger
        gain = _toward(wanted.face[name] / own.face[name], amount, GAINS)
        middle = expression[:, chosen].mean(0)
        expression[:, chosen] = middle + gain * (expression[:, chosen] - middle)
    return clip.replace(expression=expression)


def _with_head(clip: Clip, wanted: SpeakingStyle, amount: float) -> Float[np.ndarray, "t 3"]:
    """Each band of pitch, yaw and roll brought to the size it has in the style, about the style's bearing."""
    angles = angles_of(clip.head)
    changed = np.empty_like(angles)
    for k, column in enumerate(angles.T):
        own, mean = _band_sizes(column, clip.fps), float(column.mean())
        gains = [
            _toward(w / o, amount, GAINS) if o > 1e-3 else 1.0
            for w, o in zip(wanted.bands[k], own, strict=True)
        ]
        moved = _shaped(column - mean, gains, clip.fps)
        changed[:, k] = mean + amount * (wanted.bearing[k] - mean) + moved
    most = np.array([ANATOMY[name] for name in AXES[:3]])
    return rotations_of(soft_limit(changed, most))


def _toward(ratio: float, amount: float, bounds: tuple[float, float]) -> float:
    return float(np.clip(ratio, *bounds)) ** amount


def _spectrum(column: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Mirrored at its ends, so that what the ends differ by is no high frequency."""
    mirrored = np.concatenate([column, column[::-1]])
    return np.fft.rfftfreq(len(mirrored), 1 / fps), np.fft.rfft(mirrored)


def _band_sizes(column: Float[np.ndarray, "t"], fps: float) -> Float64[np.ndarray, "b"]:
    """Root mean square of the motion in each band."""
    hertz, spectrum = _spectrum(np.asarray(column, np.float64) - column.mean(), fps)
    n = 2 * len(column)
    power = 2 * np.abs(spectrum) ** 2 / n**2
    return np.array([np.sqrt(power[(hertz > low) & (hertz <= high)].sum()) for low, high in _edges()])


def _edges() -> list[tuple[float, float]]:
    return list(pairwise(BANDS))


def _shaped(column: np.ndarray, gains: list[float], fps: float) -> Float64[np.ndarray, "t"]:
    hertz, spectrum = _spectrum(column, fps)
    factor = np.ones(len(hertz))
    for gain, (low, high) in zip(gains, _edges(), strict=True):
        factor[(hertz > low) & (hertz <= high)] = gain
    factor[hertz > BANDS[-1]] = gains[-1]
    shaped = np.fft.irfft(spectrum * smoothed(factor, 1.0, 1.0), 2 * len(column))
    return shaped[: len(column)]
