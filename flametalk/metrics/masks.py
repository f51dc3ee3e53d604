"""Which vertices a metric looks at. Results differ by mask, so every score names the one it used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from ..errors import AssetError, InputError, UnknownNameError
from ..head import Head

ALL = "all"
UPPER_FACE = ("eye_region", "forehead", "nose")  # the field's upper face; names as in FLAME_masks.pkl
UNIONS = {"upper_face": UPPER_FACE}
NEEDED = ("lips", "face", *UPPER_FACE)


@dataclass(frozen=True, eq=False)
class Mask:
    """Vertex numbers, each once; None means every vertex."""

    name: str
    indices: Int[np.ndarray, "n"] | None
    head: str = ""  # whose vertices these are

    def __str__(self) -> str:
        of = f" of {self.head}" if self.head else ""
        return (
            f"every vertex{of}" if self.indices is None else f"{self.name}: {len(self.indices)} vertices{of}"
        )


def mask_of(mask: str | Mask | Sequence[int] | np.ndarray, head: Head | None = None) -> Mask:
    """A named mask of `head`, or one given by vertex numbers.

    Names are "all", "upper_face" (eye_region ∪ forehead ∪ nose) and the head's regions. FLAME has regions
    once its masks were added: `flametalk assets add masks FLAME_masks.pkl`.
    """
    of = head.name if head else ""
    if isinstance(mask, Mask):
        return mask
    if not isinstance(mask, str):
        return _numbered(mask, of)
    if mask == ALL:
        return Mask(ALL, None, of)
    if head is None:
        raise InputError(f"the mask '{mask}' belongs to a head: give clips, or vertex numbers as the mask")
    names = UNIONS.get(mask, (mask,))
    missing = [name for name in names if name not in head.regions]
    if missing and not any(name in head.regions for name in NEEDED):
        raise AssetError(
            f"the head '{head.name}' has no regions, which the mask '{mask}' needs: "
            "add them with `flametalk assets add masks FLAME_masks.pkl`, or give vertex numbers"
        )
    if missing:
        raise UnknownNameError(f"mask of {head.name}", missing[0], [ALL, *UNIONS, *head.regions])
    joined = np.concatenate([head.regions[name].cpu().numpy() for name in names])
    return Mask(mask, np.unique(joined).astype(np.int64), head.name)


def _numbered(mask: Sequence[int] | np.ndarray, of: str) -> Mask:
    numbers = np.asarray(mask)
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iu" or numbers.min() < 0:
        raise InputError(f"a mask is a row of vertex numbers, got {numbers.dtype} of shape {numbers.shape}")
    return Mask("your mask", np.unique(numbers).astype(np.int64), of)
