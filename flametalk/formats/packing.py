"""A clip as named float32 arrays and one JSON text: what `.npz` and `.safetensors` files hold.

The text is {"version", "fps", "audio_rate", "made_for", "provenance"}. A field that a clip does not have is
absent from the arrays. Everything comes back as it was, bit for bit; tuples in the provenance become lists.
"""

import json
from typing import Any

import numpy as np

from ..audio.signal import Audio
from ..clip import OPTIONAL, REQUIRED, Clip
from ..errors import FormatError, InputError
from .content import Content

META = "flametalk"  # name of the JSON text
VERSION = 1
PARTS = ("shape", *REQUIRED, *OPTIONAL)


def pack(clip: Clip) -> tuple[dict[str, np.ndarray], str]:
    """Arrays and text."""
    arrays = {
        name: np.ascontiguousarray(value) for name in PARTS if (value := getattr(clip, name)) is not None
    }
    if clip.audio is not None:
        arrays["audio"] = clip.audio.samples
    meta = {
        "version": VERSION,
        "fps": clip.fps,
        "audio_rate": None if clip.audio is None else clip.audio.rate,
        "made_for": clip.made_for,
        "provenance": clip.provenance,
    }
    try:
        return arrays, json.dumps(meta, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"the provenance of this clip cannot be saved ({error}): it may hold text, finite numbers, "
            "true, false, None, lists and dictionaries"
        ) from error


def unpack(content: Content, text: str) -> Clip:
    """The clip of a file whose JSON text is `text`."""
    meta = _meta(content, text)
    arrays = {name: _array(content, name) for name in ("audio", *PARTS) if name in content.names}
    for name in ("shape", *REQUIRED):
        if name not in arrays:
            raise FormatError(content.path, "is missing", name)
    samples = arrays.pop("audio", None)
    try:
        audio = None if samples is None else Audio(samples, meta["audio_rate"])
        return Clip(
            **arrays,
            audio=audio,
            fps=meta["fps"],
            made_for=meta["made_for"],
            provenance=meta["provenance"],
        )
    except InputError as error:
        raise FormatError(content.path, str(error)) from error


def _meta(content: Content, text: str) -> dict[str, Any]:
    try:
        meta = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError(content.path, f"is damaged ({error})", META) from error
    if not isinstance(meta, dict) or type(meta.get("version")) is not int:
        raise FormatError(content.path, "has no version", META)
    if meta["version"] > VERSION:
        raise FormatError(
            content.path,
            f"is version {meta['version']} of the clip format; this flametalk reads up to {VERSION}: upgrade",
            META,
        )
    kinds = {"fps": (int, float), "made_for": (str, type(None)), "provenance": (dict,)}
    kinds["audio_rate"] = (int,) if "audio" in content.names else (int, type(None))
    for name, kind in kinds.items():
        value = meta.get(name)
        if name not in meta or not isinstance(value, kind) or isinstance(value, bool):
            raise FormatError(content.path, f"has {name} {str(value)[:40]!r}, which cannot be", META)
    return meta


def _array(content: Content, name: str) -> np.ndarray:
    """Exactly what `pack` wrote: float32, finite, one or two axes."""
    array = content.get(name)
    if array.dtype != np.float32:
        raise FormatError(content.path, f"has type {array.dtype}, expected float32", name)
    if array.ndim not in ((1,) if name == "audio" else (1, 2) if name == "shape" else (2,)):
        raise FormatError(content.path, f"has shape {array.shape}", name)
    if not np.isfinite(array).all():
        raise FormatError(content.path, "has a NaN or infinite value", name)
    return array


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
