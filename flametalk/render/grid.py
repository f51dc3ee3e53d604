"""Several pictures in one: labelled comparison grids of streams, and contact sheets of one stream."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from jaxtyping import UInt8

from ..errors import InputError
from .labels import PAPER, labelled
from .progress import with_progress

GAP = 6  # pixels between pictures


def grid(
    pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    gap: int = GAP,
) -> UInt8[np.ndarray, "h w 3"]:
    """Pictures (scaled to the height and width of the largest, never cropped) side by side with labels
    below. `columns` defaults to one row of up to four, then to a square."""
    if not pictures:
        raise InputError("no pictures for the grid")
    if labels is not None and len(labels) != len(pictures):
        raise InputError(f"{len(labels)} labels for {len(pictures)} pictures; give one for each")
    n = len(pictures)
    across = columns or (n if n <= 4 else math.ceil(math.sqrt(n)))
    if across < 1:
        raise InputError(f"grid has {across} columns, expected at least 1")
    height, width = max(p.shape[0] for p in pictures), max(p.shape[1] for p in pictures)
    cells = [fitted(p, height, width) for p in pictures]
    if labels is not None:
        cells = [labelled(cell, text) for cell, text in zip(cells, labels, strict=True)]
    rows, (tall, wide) = math.ceil(n / across), cells[0].shape[:2]
    across = min(across, n)
    sheet = np.empty((rows * (tall + gap) + gap, across * (wide + gap) + gap, 3), np.uint8)
    sheet[:] = PAPER
    for i, cell in enumerate(cells):
        y, x = gap + i // across * (tall + gap), gap + i % across * (wide + gap)
        sheet[y : y + tall, x : x + wide] = cell
    return sheet


def grid_frames(
    streams: Mapping[str, Iterable[np.ndarray]] | Sequence[Iterable[np.ndarray]],
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    gap: int = GAP,
    progress: bool = False,
    total: int | None = None,
) -> Iterator[np.ndarray]:
    """Frames of several streams side by side, until the longest ends; shorter ones keep their last frame.
    `labels` defaults to the streams' names where they have some."""
    if isinstance(streams, Mapping):
        labels = labels or [*streams]
        streams = [*streams.values()]
    pictures = _side_by_side(streams, labels, columns, gap)
    return with_progress(pictures, total) if progress else pictures


def _side_by_side(
    streams: Sequence[Iterable[np.ndarray]], labels: Sequence[str] | None, columns: int | None, gap: int
) -> Iterator[np.ndarray]:
    sources = [iter(stream) for stream in streams]
    shown: list[np.ndarray] = []
    while True:
        fresh = [next(source, None) for source in sources]
        if all(frame is None for frame in fresh):
            return
        if not shown:
            shown = [frame for frame in fresh if frame is not None]
            if len(shown) < len(fresh):
                raise InputError(f"stream {fresh.index(None) + 1} of {len(fresh)} has no frames")
        shown = [old if new is None else new for old, new in zip(shown, fresh, strict=True)]
        yield grid(shown, labels, columns, gap)


def contact_sheet(
    frames: Iterable[UInt8[np.ndarray, "_ _ 3"]],
    every: int = 1,
    columns: int = 6,
    most: int = 60,
    fps: float | None = None,
) -> UInt8[np.ndarray, "h w 3"]:
    """Every so many frames on one sheet, labelled with their number, or with seconds where `fps` is given."""
    if every < 1:
        raise InputError(f"every is {every}, expected 1 or more")
    chosen = list(islice(islice(frames, 0, None, every), most))
    numbers = [i * every for i in range(len(chosen))]
    labels = [f"{n / fps:.2f} s" if fps else str(n) for n in numbers]
    return grid(chosen, labels, columns)


def fitted(picture: UInt8[np.ndarray, "_ _ 3"], height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """Scaled to fit and centred on paper."""
    if picture.shape[:2] == (height, width):
        return picture
    from PIL import Image

    scale = min(height / picture.shape[0], width / picture.shape[1])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    sheet = np.empty((height, width, 3), np.uint8)
    sheet[:] = PAPER
    y, x = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    sheet[y : y + small.shape[0], x : x + small.shape[1]] = small
    return sheet
