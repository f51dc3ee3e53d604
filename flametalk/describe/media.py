"""Pictures, films and sounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import FormatError


def picture(path: Path) -> Iterator[str]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            yield f"{image.format} {image.width} × {image.height}, {image.mode}"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise FormatError(path, f"not a picture that can be read ({error})") from error


def media(path: Path) -> Iterator[str]:
    import av

    try:
        with av.open(f"file:{path.resolve()}", options={"protocol_whitelist": "file"}) as container:
            for stream in container.streams:
                seconds = float((stream.duration or 0) * (stream.time_base or 0))
                yield f"{stream.type}: {stream.codec_context.name}, {seconds:.2f} s{_stream_size(stream)}"
    except av.FFmpegError as error:
        raise FormatError(path, f"not a media file that can be read ({error.strerror})") from error


def _stream_size(stream: Any) -> str:
    if stream.type == "video":
        return f", {stream.width} × {stream.height} at {float(stream.average_rate or 0):g} fps"
    if stream.type == "audio":
        return f", {stream.rate:,} Hz, {stream.channels} channels"
    return ""
