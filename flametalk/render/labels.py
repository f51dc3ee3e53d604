"""Text on pictures, with Pillow's own scalable font: no font files."""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import UInt8

Colour = tuple[int, int, int]
INK: Colour = (52, 54, 58)
PAPER: Colour = (250, 250, 251)


@lru_cache(maxsize=256)
def text_strip(
    text: str, width: int, height: int, ink: Colour = INK, paper: Colour = PAPER
) -> UInt8[np.ndarray, "h w 3"]:
    """`text` in the middle of a strip; letters shrink until it fits."""
    from PIL import Image, ImageDraw

    strip = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(strip)
    size = height * 0.55
    font = _font(size)
    while size > 6 and draw.textlength(text, font=font) > width - 8:
        size *= 0.93
        font = _font(size)
    draw.text((width / 2, height / 2), text, fill=ink, font=font, anchor="mm")
    return np.asarray(strip).copy()


def labelled(
    picture: UInt8[np.ndarray, "h w 3"], text: str, height: int | None = None, paper: Colour = PAPER
) -> UInt8[np.ndarray, "h2 w 3"]:
    """`picture` with a strip of text below it."""
    tall = height or max(18, round(picture.shape[0] * 0.07))
    return np.concatenate([picture, text_strip(text, picture.shape[1], tall, INK, paper)])


def _font(size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
