"""Frames → crops → codes → a clip, a batch at a time: memory does not grow with the length."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from ... import timeline
from ...clip import ROTATIONS, Clip
from ...conventions import FPS
from ...errors import InputError
from ..crop import FaceBox, crop
from .codes import Codes
from .model import BATCH, FaceEncoder


@dataclass(frozen=True, eq=False)
class Encoded:
    """A clip with as many frames as were given, and how it was made."""

    clip: Clip
    codes: Codes  # of the frames with a face only
    found: Bool[np.ndarray, "t"]  # False: filled in from the neighbours
    seconds: float  # of cutting and encoding

    @property
    def frames_per_second(self) -> float:
        return len(self.found) / max(self.seconds, 1e-9)


def encode_frames(
    frames: Iterable[UInt8[np.ndarray, "h w 3"]],
    boxes: Iterable[FaceBox | None],
    model: FaceEncoder,
    fps: float = FPS,
    *,
    batch: int = BATCH,
    half: bool | None = None,
    cubic: bool = False,
    one_shape: bool = False,
) -> Encoded:
    """Pictures and the box of the face in each (None: no face) to a clip of the model's head.

    Frames without a face are filled from their neighbours and marked. `cubic` cuts as EMOCA's video pipeline
    does, `one_shape` keeps one identity over the clip.
    """
    found: list[bool] = []
    start = time.perf_counter()

    def crops() -> Iterator[np.ndarray]:
        for frame, box in zip(frames, boxes, strict=True):
            found.append(box is not None)
            if box is not None:
                yield crop(frame, box, model.sizes.pixels, cubic)

    try:
        codes = model.encode(crops(), batch, half)
    except InputError as error:
        if any(found):
            raise
        raise InputError(f"none of {len(found)} frames has a face") from error
    seconds = time.perf_counter() - start
    seen = np.array(found)
    provenance = {
        "lift": {
            "encoder": model.name,
            "networks": list(model.networks),
            "weights": str(model.info.get("source", "")),
            "frames_without_face": int((~seen).sum()),
        }
    }
    clip = codes.clip(model.made_for, fps, one_shape, provenance=provenance)
    return Encoded(_filled(clip, seen), codes, seen, seconds)


def _filled(clip: Clip, found: Bool[np.ndarray, "t"]) -> Clip:
    """Every frame of the video, those without a face in between their neighbours."""
    if found.all():
        return clip
    places = np.interp(np.arange(len(found)), np.flatnonzero(found), np.arange(clip.n_frames))
    parts: dict[str, Any] = {
        name: timeline.sample(value, places, rotation=name in ROTATIONS)
        for name, value in clip._timed().items()
    }
    return replace(clip, **parts)


def encode_pictures(
    pictures: Sequence[UInt8[np.ndarray, "h w 3"]], boxes: Sequence[FaceBox], model: FaceEncoder
) -> Codes:
    """Single photos of any size, one row of codes each."""
    return model.encode([crop(a, b, model.sizes.pixels) for a, b in zip(pictures, boxes, strict=True)])
