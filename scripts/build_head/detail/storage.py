"""The components in one grey PNG: a tile each, 128 = no height. A JSON note says where each tile belongs, how
high it is and what drives it. `flametalk.head.detail` reads it."""

import json
from pathlib import Path

import numpy as np

from flametalk.files import atomic_path

from ..paint.storage import pack
from ..paint.texels import make_texels
from .drive import by_expression, by_shape
from .parts import COUNT, clear_of_openings, components

NONE, LEVELS = 128, 127
LEAST = 0.004  # mm: less is cut away


def _openings(template):
    n = template.names
    ids = [n[f"lid_margin_{lid}_{side}"] for lid in ("upper", "lower") for side in ("left", "right")]
    ids += [n[f"lip_seam_{lip}"] for lip in ("upper", "lower")]
    ids += [n[f"nostril_rings_{side}"][2] for side in ("left", "right")]
    return template.vertices[np.concatenate([np.ravel(i) for i in ids])] * 1e3


def _outside(template):
    """Per vertex, 1 on skin that is seen."""
    seen = np.zeros(len(template.vertices))
    seen[template.names["skin"]] = 1
    for name in ("mouth_sack", "lid_tuck_left", "lid_tuck_right", "left_ear", "right_ear"):
        seen[template.names[name]] = 0
    return seen


def draw_components(template, parts):
    """name -> tile of uint8, and name -> its note, for these components."""
    tiles, notes = {}, {}
    openings, seen = _openings(template), _outside(template)
    for size in sorted({part.texels for part in parts}):
        texels = make_texels(template, size)
        fade = clear_of_openings(texels.points, openings) * texels.of(seen)
        some = texels.pick(fade > 0)
        fade = fade[fade > 0]
        for part in parts:
            if part.texels == size:
                heights = fade * part.height(some.points)
                tiles[part.name], notes[part.name] = _cut(some.picture(heights), size)
    return tiles, notes


def write_detail(template, path):
    """Draws the components and writes them; gives the number of bytes."""
    from PIL import Image, PngImagePlugin

    parts = components()
    assert len(parts) == COUNT, len(parts)
    tiles, notes = draw_components(template, parts)
    sheet = pack(tiles, notes)
    names = [part.name for part in parts]
    note = {
        "names": names,
        "tiles": [notes[name] for name in names],
        "expression": by_expression(),
        "shape": by_shape(names),
    }
    info = PngImagePlugin.PngInfo()
    info.add_text("detail", json.dumps(note, separators=(",", ":")), zip=True)
    with atomic_path(path) as temporary:
        Image.fromarray(sheet).save(temporary, pnginfo=info, optimize=True)
    return Path(path).stat().st_size


def _cut(heights, size):
    """A tile of uint8, and its note: texture size, place, millimetres of a full grey step range."""
    scale = float(np.abs(heights).max())
    assert scale > LEAST
    grey = np.rint(heights / scale * LEVELS).astype(int)
    grey[np.abs(heights) < LEAST] = 0
    rows, columns = np.nonzero(grey)
    top, left = int(rows.min()), int(columns.min())
    tile = (NONE + grey[top : rows.max() + 1, left : columns.max() + 1]).astype(np.uint8)
    return tile, {"size": size, "place": [left, top], "millimetres": round(scale, 5)}
