"""The masks in one grey PNG: each mask is a tile, cut to where it is not empty and stored as coarsely as it
bears. A JSON note in the file says where each tile belongs. `flametalk.render.skin` reads it."""

import json
from pathlib import Path

import numpy as np

from flametalk.files import atomic_path

WIDTH = 1024  # of the sheet of tiles
# Size of the texture that a mask is cut from, whether only the left half is kept, and the grey levels kept.
KEPT = {
    "brows": (2048, True, 64),
    "lashes": (2048, True, 64),
    "rims": (2048, True, 64),
    "lips": (1024, False, 128),
    "lip_shade": (2048, False, 48),
    "blush": (256, True, 256),
    "cool": (512, True, 128),
    "nostrils": (1024, True, 64),
    "scalp": (512, True, 48),
    "beard": (256, True, 128),
    "mottle": (512, False, 48),
    "freckles": (1024, False, 24),
}


def write_skin(template, path):
    """Paints the masks and writes them; gives the number of bytes."""
    from PIL import Image, PngImagePlugin

    from .masks import paint_masks

    tiles, notes = {}, {}
    for size in sorted({size for size, _, _ in KEPT.values()}):
        finer = max(size, 1024)
        names = [name for name, (wanted, _, _) in KEPT.items() if wanted == size]
        for name, mask in paint_masks(template, finer, names).items():
            mask = mask.reshape(size, finer // size, size, finer // size).mean((1, 3))
            tiles[name], notes[name] = _cut(mask, *KEPT[name])
    sheet = pack(tiles, notes)
    info = PngImagePlugin.PngInfo()
    info.add_text("masks", json.dumps(notes))
    with atomic_path(path) as temporary:
        Image.fromarray(sheet).save(temporary, pnginfo=info, optimize=True)
    return Path(path).stat().st_size


def _cut(mask, size, half, levels):
    """A tile of uint8 and the note that says where it was: texture size, left, top."""
    first = size // 2 if half else 0
    grey = np.rint(np.rint(mask * (levels - 1)) * (255 / (levels - 1))).astype(np.uint8)
    rows, columns = np.nonzero(grey[:, first:])
    top, left = rows.min(), columns.min() + first
    tile = grey[top : rows.max() + 1, left : columns.max() + 1 + first]
    return tile, {"size": size, "half": half, "place": [int(left), int(top)]}


def pack(tiles, notes):
    """Tiles on shelves, tallest first; adds where each lies to its note."""
    x = y = shelf = 0
    for name in sorted(tiles, key=lambda name: -len(tiles[name])):
        height, width = tiles[name].shape
        if x + width > WIDTH:
            x, y, shelf = 0, y + shelf, 0
        notes[name]["tile"] = [x, y, width, height]
        x, shelf = x + width, max(shelf, height)
    sheet = np.zeros((y + shelf, WIDTH), np.uint8)
    for name, tile in tiles.items():
        x, y, width, height = notes[name]["tile"]
        sheet[y : y + height, x : x + width] = tile
    return sheet
