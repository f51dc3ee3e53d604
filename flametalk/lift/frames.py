"""Frames of a video at any rate, upright, one after the other: memory does not grow with the length."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ..audio.decode import CONTAINERS, load_audio
from ..audio.signal import Audio
from ..conventions import FPS
from ..errors import FileError, FormatError, InputError
from ..files import PathLike, existing_file

LONGEST = 960  # pixels a side of what is handed on
MAX_SIDE = 16_384
MAX_SECONDS = 4 * 3600.0
LONGEST_STILL = 10.0  # seconds that one frame may stand; a longer pause in the time stamps is damage


@dataclass(frozen=True)
class VideoFacts:
    """What is known before the first frame."""

    width: int  # as stored
    height: int
    has_sound: bool


def video_facts(path: PathLike) -> VideoFacts:
    """A clear error where it is no video."""
    with _opened(path) as container:
        stream = _stream(path, container)
        return VideoFacts(stream.width, stream.height, bool(container.streams.audio))


def read_frames(
    path: PathLike, fps: float = FPS, longest: int = LONGEST
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Frame k is what is seen at k / fps after the first picture; as many as the video lasts.

    Any rate, also a varying one: time stamps decide. A file that is cut off gives what is there.
    """
    if not 0 < fps <= 1000:
        raise InputError(f"fps is {fps}, expected more than 0 and at most 1000 frames a second")
    with _opened(path) as container:
        stream = _stream(path, container)
        stream.thread_type = "AUTO"
        given = 0
        held: np.ndarray | None = None
        start = shown = 0.0
        usual = 1 / float(stream.average_rate or stream.guessed_rate or FPS)
        for frame in _decoded(container, stream):
            time = shown + usual if frame.time is None else float(frame.time)
            if held is None:
                start = shown = time
                held = _upright(frame, longest)
                continue
            if not shown < time <= shown + LONGEST_STILL:
                time = shown + usual
            if time - start > MAX_SECONDS:
                raise FileError(path, f"is longer than {MAX_SECONDS:,.0f} s; cut it first")
            middle = (shown + time) / 2 - start  # until here the earlier of two frames is the nearer one
            while given / fps < middle:
                yield held
                given += 1
            # frames that nobody will see are not converted (240 a second)
            if given / fps < time - start + max(usual, 1 / fps):
                held = _upright(frame, longest)
            shown = time
        if held is None:
            raise FormatError(path, "has no picture that can be decoded; it may be cut off or damaged")
        while given < max(1, round((shown - start + usual) * fps)):
            yield held
            given += 1


def read_sound(path: PathLike) -> Audio | None:
    """The sound of a video; None where it has none that can be decoded."""
    if not video_facts(path).has_sound:
        return None
    try:
        return load_audio(path)
    except FormatError:
        return None


def _opened(path: PathLike) -> Any:
    import av

    found = existing_file(path).resolve()
    options = {"protocol_whitelist": "file", "format_whitelist": f"{CONTAINERS},gif"}
    try:
        return av.open(f"file:{found}", options=options)
    except (av.error.FFmpegError, ValueError) as error:
        raise FormatError(path, "is neither a picture nor a video that can be read") from error


def _stream(path: PathLike, container: Any) -> Any:
    if not container.streams.video:
        raise FormatError(path, "has no picture in it, only sound: a photo or a video was expected")
    stream = container.streams.video[0]
    if not (0 < stream.width <= MAX_SIDE and 0 < stream.height <= MAX_SIDE):
        raise FormatError(path, f"has frames of {stream.width} × {stream.height} pixels, {MAX_SIDE} at most")
    return stream


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames; damaged packets are left out, a cut-off file ends."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError):
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue


def _upright(frame: Any, longest: int) -> UInt8[np.ndarray, "h w 3"]:
    scale = min(1.0, longest / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    pixels = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    quarter = round(float(frame.rotation or 0) / 90) % 4  # counter-clockwise, as the display matrix says
    return np.ascontiguousarray(np.rot90(pixels, quarter))
