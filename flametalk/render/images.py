"""Pictures on disk: single PNGs and numbered sequences; animated GIFs."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8

from ..conventions import FPS
from ..errors import InputError
from ..files import PathLike, atomic_path

MAX_GIF_FRAMES = 1500  # Pillow keeps the frames of a GIF in memory


def write_image(picture: Shaped[np.ndarray, "h w *c"], path: PathLike) -> None:
    """uint8 pictures, colour or grey, as the ending says; uint16 grey (depth) as PNG."""
    from PIL import Image

    if picture.dtype not in (np.uint8, np.uint16) or picture.ndim not in (2, 3):
        raise InputError(f"picture is {picture.shape} {picture.dtype}, expected uint8 or uint16")
    with atomic_path(path) as temporary:
        Image.fromarray(np.ascontiguousarray(picture)).save(temporary)


def write_images(
    frames: Iterable[Shaped[np.ndarray, "h w *c"]], folder: PathLike, stem: str = "frame", ending: str = "png"
) -> list[Path]:
    """`folder/frame_00000.png` and on; gives the paths. Each file appears complete or not at all."""
    paths = []
    for i, frame in enumerate(frames):
        paths.append(Path(folder) / f"{stem}_{i:05d}.{ending}")
        write_image(frame, paths[-1])
    return paths


def write_gif(frames: Iterable[UInt8[np.ndarray, "h w 3"]], path: PathLike, fps: float = FPS) -> int:
    """An endless animated GIF; gives the number of frames. GIF counts time in 1/100 s, so 25 and 50 frames
    a second are exact. For long clips write a video."""
    from PIL import Image

    pictures: list[Image.Image] = []
    timing = {"duration": round(1000 / fps), "loop": 0}
    for frame in frames:
        if len(pictures) == MAX_GIF_FRAMES:
            raise InputError(f"more than {MAX_GIF_FRAMES} frames is too long for a GIF; write an .mp4")
        picture = Image.fromarray(np.ascontiguousarray(frame))
        first = pictures[0] if pictures else None  # all frames share the first one's colours
        pictures.append(picture.quantize(255, palette=first, dither=Image.Dither.NONE))
    if not pictures:
        raise InputError("no frames to write: a GIF needs at least one")
    with atomic_path(path) as temporary:
        pictures[0].save(temporary, "GIF", save_all=True, append_images=pictures[1:], **timing)
    return len(pictures)
