"""The skin's colour, painted by code: masks in texture space. `flametalk.render.skin` reads and colours them.

masks = paint_masks(template)                      # name -> (size, size) 0…1
write_skin(template, "skin.png")                   # the masks in one small file
"""

from .masks import MASKS, paint_masks
from .storage import write_skin

__all__ = ["MASKS", "paint_masks", "write_skin"]
