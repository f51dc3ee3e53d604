"""Photos from disk: a few known formats, upright by their EXIF orientation, in bounded memory."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ..errors import FormatError
from ..files import PathLike, existing_file

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
MAX_BYTES = 256 * 2**20
MAX_PIXELS = 50_000_000  # that are decoded; a JPEG is decoded at a fraction of its size
LONGEST = 1600  # pixels a side of what is handed on
ORIENTATION, EXIF_FOLDER, FOCAL_35 = 0x0112, 0x8769, 0xA405
FILM = 36.0  # mm: the long side of what focal lengths are told for
FOCAL_RANGE = (8.0, 1200.0)


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright picture, at most `LONGEST` pixels a side."""

    pixels: UInt8[np.ndarray, "h w 3"]
    shrunk: float  # pixels of the file for one of these
    focal: float | None = None  # pixels of this picture, where the camera has written it into the file


def read_photo(path: PathLike) -> Photo:
    """A picture file. Animated ones give their first picture; what is transparent becomes white."""
    from PIL import Image, ImageOps

    found = existing_file(path, MAX_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `_check` is stricter
            with Image.open(found, formats=FORMATS) as picture:
                whole = picture.size
                if picture.format == "JPEG":
                    picture.draft("RGB", (LONGEST, LONGEST))
                _check(found, picture.size)
                focal = _focal(picture)
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
                pixels = np.asarray(_on_white(upright))
    except Image.DecompressionBombError:
        raise FormatError(found, f"has more than {MAX_PIXELS:,} pixels; shrink it first") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, FormatError):
            raise
        problem = f"is not a picture that can be read ({_one_line(error)}); use jpg, png, webp, bmp or tiff"
        raise FormatError(found, problem) from error
    longest = max(pixels.shape[:2])
    return Photo(pixels, max(whole) / longest, None if focal is None else focal * longest)


def is_picture(path: PathLike) -> bool:
    """Is it a still picture, by its content?"""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(existing_file(path), formats=FORMATS) as picture:
                return getattr(picture, "n_frames", 1) == 1 or picture.format != "GIF"
    except Image.DecompressionBombError:
        return True
    except (OSError, SyntaxError, ValueError):
        return False


def _check(path: Path, size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise FormatError(
            path, f"is {size[0]} × {size[1]} pixels, {MAX_PIXELS:,} in all are read; shrink it first"
        )


def _focal(picture: Any) -> float | None:
    """Focal length over the long side of the picture, as the camera tells it."""
    told = picture.getexif().get_ifd(EXIF_FOLDER).get(FOCAL_35)
    try:
        length = float(told)
    except (TypeError, ValueError):
        return None
    return length / FILM if FOCAL_RANGE[0] <= length <= FOCAL_RANGE[1] else None


def _on_white(picture: Any) -> Any:
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    if picture.mode.startswith(("I", "F")):  # 16-bit and float greys: brightest is white
        grey = np.asarray(picture, np.float64)
        return Image.fromarray(
            (grey / max(float(grey.max()), 1e-9) * 255).clip(0, 255).astype(np.uint8)
        ).convert("RGB")
    return picture.convert("RGB")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
