"""Clips one after the other, with a cross-fade."""

from collections.abc import Sequence

import numpy as np

from . import timeline
from .audio.resample import resample
from .audio.signal import Audio
from .clip import OPTIONAL, REQUIRED, ROTATIONS, TIMED, Clip
from .errors import HeadMismatchError, InputError


def concatenate(clips: Sequence[Clip], fade: float = 0.2) -> Clip:
    """Neighbours overlap for `fade` seconds (less where a clip is shorter than that)."""
    if not clips:
        raise InputError("nothing to concatenate: give at least one clip")
    if fade < 0:
        raise InputError(f"fade is {fade} s, expected 0 or more")
    joined = clips[0]
    for clip in clips[1:]:
        joined = _join(joined, clip.resample(joined.fps), fade)
    if len(clips) == 1:
        return joined
    return joined.replace(provenance={"concatenated": [clip.provenance for clip in clips]})


def _join(a: Clip, b: Clip, fade: float) -> Clip:
    if a.made_for != b.made_for:
        raise HeadMismatchError(
            f"cannot join clips made for different heads: {a.made_for} and {b.made_for}; "
            "bring them to one with flametalk.retarget(clip, to=head)"
        )
    overlap = min(round(fade * a.fps), a.n_frames, b.n_frames)
    weight = timeline.smoothstep(overlap)[:, None]

    def joined(first: np.ndarray, second: np.ndarray, rotation: bool) -> np.ndarray:
        head, tail = first[: len(first) - overlap], second[overlap:]
        mixed = timeline.blend(first[len(first) - overlap :], second[:overlap], weight, rotation)
        return np.concatenate([head, mixed, tail])

    parts: dict[str, np.ndarray] = {}
    for name in TIMED:
        first, second = getattr(a, name), getattr(b, name)
        if first is None and second is None:
            continue
        first = np.zeros((a.n_frames, second.shape[1]), np.float32) if first is None else first
        second = np.zeros((b.n_frames, first.shape[1]), np.float32) if second is None else second
        parts[name] = joined(*_same_width(first, second), rotation=name in ROTATIONS)
    if a.shape.ndim == b.shape.ndim == 1 and np.array_equal(a.shape, b.shape):
        parts["shape"] = a.shape
    else:
        parts["shape"] = joined(*_same_width(a.shapes(), b.shapes()), rotation=False)
    assert set(parts) <= {"shape", *REQUIRED, *OPTIONAL}
    audio = _join_audio(a, b, overlap / a.fps)
    seconds = len(parts["expression"]) / a.fps
    return a.replace(**parts, audio=None if audio is None else audio.cut(0.0, seconds))


def _same_width(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    width = max(a.shape[1], b.shape[1])
    return tuple(np.pad(x, ((0, 0), (0, width - x.shape[1]))) for x in (a, b))  # type: ignore[return-value]


def _join_audio(a: Clip, b: Clip, overlap: float) -> Audio | None:
    """Each part as long as its picture; linear cross-fade."""
    if a.audio is None and b.audio is None:
        return None
    rate = (a.audio or b.audio).rate  # type: ignore[union-attr]
    first, second = (_sound(clip, rate) for clip in (a, b))
    count = min(round(overlap * rate), len(first), len(second))
    weight = (np.arange(count) + 0.5) / max(count, 1)
    mixed = first[len(first) - count :] * (1 - weight) + second[:count] * weight
    samples = np.concatenate([first[: len(first) - count], mixed, second[count:]])
    return Audio(samples.astype(np.float32), rate)


def _sound(clip: Clip, rate: int) -> np.ndarray:
    if clip.audio is None:
        return np.zeros(round(clip.duration * rate), np.float32)
    return resample(clip.audio.cut(0.0, clip.duration), rate).samples
