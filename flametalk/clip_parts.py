"""The arrays of a clip: their names and widths, what is checked, how they are sampled in time, and the one
vector that they pack into."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Float32

from . import timeline
from .audio.signal import Audio
from .conventions import (
    DETAIL,
    EXPRESSION,
    HEAD,
    JAW,
    JAW_JOINT,
    LEFT_EYE,
    N_EXPRESSION,
    N_JOINTS,
    N_PARAMETERS,
    N_ROTATION,
    N_SHAPE,
    NECK,
    RIGHT_EYE,
    ROOT,
    SHAPE,
)
from .errors import HeadMismatchError, InputError

ROTATIONS: Final = ("head", "jaw", "neck", "eyes")  # axis-angle triples; eyes are left then right
REQUIRED: Final = ("expression", "head", "jaw")
OPTIONAL: Final = ("neck", "eyes", "translation", "detail")
TIMED: Final = REQUIRED + OPTIONAL
WIDTHS: Final = {"head": 3, "jaw": 3, "neck": 3, "eyes": 6, "translation": 3}
MAX_FPS: Final = 1000.0
SLICES: Final = {"shape": SHAPE, "expression": EXPRESSION, "head": HEAD, "jaw": JAW, "detail": DETAIL}


def check_rate(fps: float) -> float:
    """Frames a second that a clip can have."""
    if not 0 < fps <= MAX_FPS:
        raise InputError(f"fps is {fps}, expected more than 0 and at most {MAX_FPS:.0f}")
    return float(fps)


def check_head(made_for: str | None, head_name: str) -> None:
    """Coefficients that were made for one head and are used with another; "flame" is any of that family."""
    if made_for in (None, head_name) or (made_for == "flame" and head_name.startswith("flame")):
        return
    raise HeadMismatchError(
        f"this clip was made for the head '{made_for}', not for '{head_name}'; load that head, "
        f"carry the motion over with flametalk.retarget(clip, to=head) or `flametalk retarget`, "
        f"or say clip.replace(made_for='{head_name}') if you know that they agree"
    )


def checked_part(name: str, value: Any, frames: int) -> np.ndarray:
    """A read-only float32 copy; an error where its shape is wrong or a number is none."""
    array = np.array(value, dtype=np.float32)
    constant = name == "shape" and array.ndim == 1
    expected = (frames, WIDTHS.get(name, array.shape[-1] if array.ndim else 0))
    if not constant and array.shape != expected:
        raise InputError(f"{name} has shape {array.shape}, expected {expected}")
    if not np.isfinite(array).all():
        bad = int(np.argwhere(~np.isfinite(np.atleast_2d(array)))[0][0])
        raise InputError(f"{name} has a NaN or infinite value, first in frame {bad}")
    array.flags.writeable = False
    return array


def parts_at_rest(frames: int) -> dict[str, Any]:
    """What every clip has, at zero."""
    return {
        "shape": np.zeros(N_SHAPE),
        "expression": np.zeros((frames, N_EXPRESSION)),
        "head": np.zeros((frames, N_ROTATION)),
        "jaw": np.zeros((frames, N_ROTATION)),
    }


def first_and_last(start: float, end: float, frames: int, fps: float) -> tuple[int, int]:
    """The frames from `start` up to `end` seconds; negative ones count from the end."""
    duration = frames / fps
    if not np.isfinite([start, end]).all():
        raise InputError(f"{start:g} to {end:g} s is no span of time")
    start, end = (t + duration if t < 0 else t for t in (start, end))
    first, last = round(start * fps), min(round(end * fps), frames)
    if not 0 <= first < last:
        raise InputError(f"{start:g} to {end:g} s holds no frame of a clip of {duration:g} s at {fps:g} fps")
    return first, last


def resampled(
    timed: Mapping[str, np.ndarray], frames: int, fps: float, wanted: float
) -> dict[str, np.ndarray]:
    """Arrays of `frames` at `fps`, sampled at another rate."""
    count = max(1, round(frames * wanted / fps))
    positions = np.minimum(np.arange(count) * (fps / wanted), frames - 1)
    return {
        name: timeline.sample(value, positions, rotation=name in ROTATIONS) for name, value in timed.items()
    }


def smoothed(timed: Mapping[str, np.ndarray], width: float, names: Collection[str]) -> dict[str, np.ndarray]:
    """Those of the arrays that are named, over a window of the odd number of frames next to `width`."""
    unknown = set(names) - set(TIMED)
    if unknown:
        raise InputError(f"cannot smooth {sorted(unknown)}; choose from {', '.join(TIMED)}")
    frames = 2 * round(width / 2) + 1
    return {
        name: timeline.savitzky_golay(value, frames, rotation=name in ROTATIONS)
        for name, value in timed.items()
        if name in names
    }


def pack(parts: Mapping[str, np.ndarray], frames: int) -> Float32[np.ndarray, "t 284"]:
    """One row a frame; coefficients beyond a slice must be zero."""
    packed = np.zeros((frames, N_PARAMETERS), np.float32)
    for name, value in parts.items():
        place = SLICES[name]
        width = place.stop - place.start
        if np.any(value[:, width:]):
            raise InputError(f"{name} has {value.shape[1]} coefficients, the packed vector holds {width}")
        used = value[:, :width]
        packed[:, place.start : place.start + used.shape[1]] = used
    return packed


def unpack(vector: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of packed rows, whose shape is checked here."""
    if vector.ndim != 2 or vector.shape[1] != N_PARAMETERS:
        raise InputError(f"vector has shape {vector.shape}, expected (t, {N_PARAMETERS})")
    return {name: vector[:, place] for name, place in SLICES.items()}


def pose_of(
    head: Float32[np.ndarray, "t 3"],
    jaw: Float32[np.ndarray, "t 3"],
    neck: Float32[np.ndarray, "t 3"] | None,
    eyes: Float32[np.ndarray, "t 6"] | None,
) -> Float32[np.ndarray, "t 5 3"]:
    """Axis-angle of the five joints; zero where nothing is given."""
    pose = np.zeros((len(head), N_JOINTS, 3), np.float32)
    pose[:, ROOT], pose[:, JAW_JOINT] = head, jaw
    if neck is not None:
        pose[:, NECK] = neck
    if eyes is not None:
        pose[:, LEFT_EYE], pose[:, RIGHT_EYE] = eyes[:, :3], eyes[:, 3:]
    return pose


def same(a: Any, b: Any) -> bool:
    """Equality of two fields, arrays and sounds included."""
    if isinstance(a, Audio) and isinstance(b, Audio):
        return a.rate == b.rate and np.array_equal(a.samples, b.samples)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return a is not None and b is not None and np.array_equal(a, b)
    return a == b
