"""What a layout is, what it can hold, and how a clip is fitted to one that holds less than a clip can."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..audio.resample import resample
from ..audio.signal import Audio
from ..clip import WIDTHS, Clip
from ..conventions import FPS, N_DETAIL, SAMPLE_RATE
from ..errors import HeadMismatchError, InputError
from .content import Content


@dataclass(frozen=True)
class Holds:
    """What a written file keeps. Coefficients beyond these widths must be zero in the clip."""

    made_for: str  # "flame" where any version is written in this layout
    shape: int
    expression: int
    parts: tuple[str, ...] = ("head", "jaw")  # of head, jaw, neck, eyes, translation, detail
    shape_per_frame: bool = True
    frames: bool = True  # False: a still, one frame
    audio: bool = False  # 16 bits at 16 kHz
    fps: float = FPS


@dataclass(frozen=True)
class Layout:
    """One kind of file: how it is recognised, read and, where `write` is there, written."""

    about: str
    matches: Callable[[Content], bool]
    read: Callable[[Content], Clip]
    write: Callable[[Clip, Path], None] | None = None
    holds: Holds | None = None  # None: everything (or nothing is written)
    suffix: str = ""  # "" is a folder


def fit(clip: Clip, name: str, holds: Holds, lossy: bool) -> Clip:
    """`clip` with exactly the arrays that the layout stores; what would be lost is an error or let go."""
    _check_head(clip, name, holds)
    lost = losses(clip, holds)
    if lost and not lossy:
        raise InputError(
            f"the layout '{name}' would lose {'; '.join(lost)}. "
            "Save as .npz or .safetensors to keep everything, or pass lossy=True to let it go"
        )
    if not holds.frames:
        clip = clip.cut(0.0, 1 / clip.fps)
    clip = clip.resample(holds.fps)
    shape = _width(clip.shape, holds.shape)
    if shape.ndim == 2 and not holds.shape_per_frame:
        shape = shape.mean(0)
    parts: dict[str, np.ndarray | None] = {
        "shape": shape,
        "expression": _width(clip.expression, holds.expression),
    }
    for part in ("head", "jaw", "neck", "eyes", "translation", "detail"):
        value, width = getattr(clip, part), WIDTHS.get(part, N_DETAIL)
        if part not in holds.parts:
            parts[part] = np.zeros((clip.n_frames, width), np.float32) if part in ("head", "jaw") else None
        elif value is None:
            parts[part] = np.zeros((clip.n_frames, width), np.float32)
        else:
            parts[part] = _width(value, width)
    return clip.replace(**parts, audio=_fitted_audio(clip.audio) if holds.audio else None)


def losses(clip: Clip, holds: Holds) -> list[str]:
    """What of `clip` has no place in the layout, in words, with the remedy where there is one."""
    lost = []
    if clip.fps != holds.fps:
        lost.append(
            f"the rate of {clip.fps:g} frames/s (it stores {holds.fps:g}: clip.resample({holds.fps:g}))"
        )
    if not holds.frames and clip.n_frames > 1:
        lost.append(f"all frames but the first of {clip.n_frames} (it stores an identity)")
    for part in ("head", "jaw", "neck", "eyes", "translation", "detail"):
        value = getattr(clip, part)
        if value is not None and part not in holds.parts and np.any(value):
            lost.append(f"{part} (up to {np.abs(value).max():.3g})")
    widths = {"shape": holds.shape, "expression": holds.expression}
    widths |= {"detail": N_DETAIL} if "detail" in holds.parts and clip.detail is not None else {}
    for part, width in widths.items():
        value = getattr(clip, part)
        if np.any(value[..., width:]):
            lost.append(f"{part} coefficients from {width} on (the clip has {value.shape[-1]})")
    if not holds.shape_per_frame and clip.shape.ndim == 2 and np.any(clip.shape != clip.shape[0]):
        lost.append("the change of shape over time (it stores one shape)")
    return lost + _lost_audio(clip.audio, holds)


def _lost_audio(audio: Audio | None, holds: Holds) -> list[str]:
    if audio is None:
        return []
    if not holds.audio:
        return ["audio (clip.replace(audio=None), and write_wav for the sound)"]
    lost = []
    if audio.rate != SAMPLE_RATE:
        lost.append(f"the audio rate of {audio.rate:,} Hz (it stores {SAMPLE_RATE:,} Hz)")
    if np.any(np.abs(audio.samples) > 1):
        lost.append("audio beyond −1…1 (it is clipped)")
    return lost


def _fitted_audio(audio: Audio | None) -> Audio | None:
    return None if audio is None else resample(audio, SAMPLE_RATE)


def _check_head(clip: Clip, name: str, holds: Holds) -> None:
    """Coefficients of another head would be read as nonsense: an error that lossy=True does not lift."""
    family = holds.made_for == "flame" and (clip.made_for or "").startswith("flame")
    if clip.made_for in (None, "flame", holds.made_for) or family:
        return
    raise HeadMismatchError(
        f"the layout '{name}' holds coefficients of {holds.made_for}, this clip was made for the head "
        f"'{clip.made_for}'; flametalk.retarget(clip, to=Head.load('{holds.made_for}')) carries the motion "
        f"over, or say clip.replace(made_for='{holds.made_for}') if you know that they agree"
    )


def _width(value: np.ndarray, width: int) -> np.ndarray:
    """The first `width` columns, zeros where there are fewer."""
    used = value[..., :width]
    return np.pad(used, [(0, 0)] * (value.ndim - 1) + [(0, width - used.shape[-1])])
