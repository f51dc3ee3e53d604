"""The skin's colour, painted by code: masks in texture space, and the tones that turn them into an albedo.

masks = paint_masks(template)                      # name -> (size, size) 0…1
albedo = compose(masks, SKIN_TONES["light"])       # (size, size, 3) sRGB
write_skin(template, "skin.png")                   # the masks in one small file
masks = load_masks("skin.png")
"""

from .masks import MASKS, paint_masks
from .storage import load_masks, write_skin
from .tones import SKIN_TONES, Tone, compose, gloss

__all__ = ["MASKS", "SKIN_TONES", "Tone", "compose", "gloss", "load_masks", "paint_masks", "write_skin"]
