"""The fitted head drawn over what it was fitted to, so that a person can judge it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ..errors import InputError
from ..files import PathLike
from ..head import Head
from ..render import CpuRenderer, Settings, from_head
from ..render.images import write_image
from ..render.video import write_video
from .frames import read_frames
from .pictures import is_picture, read_photo
from .result import Lifted

STRENGTH = 0.6  # how much of the head covers the picture
VIDEOS, PICTURES = (".mp4", ".m4v", ".mov", ".mkv"), (".png", ".jpg", ".jpeg")
DOT = np.array([40, 230, 90], np.uint8)


def overlay_frames(
    lifted: Lifted,
    pictures: Iterable[UInt8[np.ndarray, "h w 3"]],
    head: Head | None = None,
    strength: float = STRENGTH,
    beside: bool = True,
    marks: bool = True,
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Pictures with the head over them; `beside` puts the untouched picture to the left."""
    head = head or Head.load(lifted.clip.made_for)
    surface, renderer = from_head(head), CpuRenderer(Settings(look="clay", antialias=2))
    chunks = (vertices for chunk in lifted.clip.vertex_chunks(head, 16) for vertices in chunk.numpy())
    for number, (picture, vertices) in enumerate(zip(pictures, chunks, strict=True)):
        passes = renderer.render(vertices, surface, lifted.camera_of(number), ("colour", "mask"))
        assert passes.colour is not None and passes.mask is not None
        share = (passes.mask * strength)[..., None]
        mixed = np.rint(picture * (1 - share) + passes.colour * share).astype(np.uint8)
        if marks and lifted.found[number]:
            _dot(mixed, lifted.landmarks[number])
        yield np.concatenate([picture, mixed], 1) if beside else mixed


def write_overlay(
    lifted: Lifted, source: PathLike, path: PathLike, head: Head | None = None, beside: bool = True
) -> None:
    """x.png for a photo, x.mp4 (with sound) for a video."""
    target = Path(path)
    still = is_picture(source)
    endings = PICTURES if still else VIDEOS
    if target.suffix.lower() not in endings:
        raise InputError(f"'{target.name}': the overlay of this source ends in {', '.join(endings)}")
    if still:
        frames = overlay_frames(lifted, [read_photo(source).pixels], head, beside=beside)
        write_image(next(frames), target)
        return
    frames = overlay_frames(lifted, read_frames(source, lifted.clip.fps), head, beside=beside)
    write_video(frames, target, lifted.clip.fps, lifted.clip.audio)


def _dot(picture: UInt8[np.ndarray, "h w 3"], landmarks: np.ndarray) -> None:
    places = np.floor(landmarks).astype(int)
    inside = (places >= 0).all(1) & (places[:, 0] < picture.shape[1]) & (places[:, 1] < picture.shape[0])
    picture[places[inside, 1], places[inside, 0]] = DOT
