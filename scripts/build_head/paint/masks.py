"""All masks of a template."""

import numpy as np

from . import complexion, lids
from .brows import brows
from .lips import lips
from .texels import make_texels

PAINTERS = {
    "brows": brows,
    "lashes": lids.lashes,
    "rims": lids.rims,
    "lips": lips,
    "blush": complexion.blush,
    "cool": complexion.cool,
    "nostrils": complexion.nostrils,
    "scalp": complexion.scalp,
    "beard": complexion.beard,
    "mottle": complexion.mottle,
    "freckles": complexion.freckles,
}
MASKS = (*PAINTERS, "lip_shade")


def paint_masks(template, size=1024, names=MASKS):
    """name -> (size, size) float32, 0…1, row 0 at the top of the texture (v = 1)."""
    texels = make_texels(template, size)
    out = {}
    for name, paint in PAINTERS.items():
        if name in names or (name == "lips" and "lip_shade" in names):
            values = np.atleast_2d(paint(template, texels))
            for key, row in zip((name, "lip_shade"), values, strict=False):
                out[key] = texels.picture(np.clip(row, 0, 1))
    return {name: out[name] for name in names}
