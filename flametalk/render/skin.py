"""The skin of the built-in head: painted masks in texture space, and the tones that colour them.

    masks = load_masks(path)                       # name -> (size, size) 0…1
    albedo = compose(masks, TONES["light"])        # (size, size, 3) sRGB

One small file of masks serves every tone: brows, lashes, lips, blush … say where, a `Tone` says which colour.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

from ..errors import FormatError
from ..files import PathLike, existing_file
from .colours import encode, linear

Colour = tuple[float, float, float]
Masks = Mapping[str, Float32[np.ndarray, "n n"]]

MASKS: Final = (
    "brows", "lashes", "rims", "lips", "lip_shade", "blush", "cool", "nostrils", "scalp", "beard", "mottle",
    "freckles",
)  # fmt: skip
PAINTED: Final = {"builtin-1": "builtin_skin.png"}  # head -> its masks beside it in the package
SIZE: Final = 1024  # texels a side of a composed texture
MAX_BYTES: Final = 16 << 20
STUBBLE: Final = 0.10  # share of the scalp's mask up to which skin shines through
CROPPED: Final = 1.0


@dataclass(frozen=True)
class Tone:
    """Colours are sRGB 0…255. Amounts scale masks; tints are what a full mask leaves of linear light."""

    skin: Colour
    lip: Colour
    hair: Colour  # brows and stubble; lashes are a little darker
    rim: Colour  # wet edge of the lids
    blood: Colour = (0.96, 0.66, 0.62)
    shadow: Colour = (0.80, 0.77, 0.80)
    mottling: float = 1.0
    freckles: float = 0.0
    brows: float = 0.9
    lips: float = 0.80
    scalp: float = STUBBLE  # stubble of a shaven head; `cropped` grows it
    beard: float = 0.0


TONES: Final[dict[str, Tone]] = {
    "porcelain": Tone((236, 203, 187), (206, 136, 128), (112, 78, 52), (214, 140, 130), freckles=0.30),
    "light": Tone((222, 180, 158), (190, 120, 110), (74, 52, 38), (204, 128, 116), freckles=0.10),
    "medium": Tone((203, 157, 127), (168, 98, 88), (48, 35, 28), (188, 112, 98)),
    "tan": Tone(
        (172, 124, 92), (142, 82, 72), (34, 26, 22), (164, 94, 82), (0.95, 0.70, 0.66), (0.76, 0.74, 0.76)
    ),
    "brown": Tone(
        (136, 92, 66), (120, 70, 63), (24, 19, 17), (138, 78, 70), (0.95, 0.76, 0.72), (0.72, 0.70, 0.72)
    ),
    "deep": Tone(
        (100, 67, 51), (103, 62, 57), (15, 12, 12), (116, 66, 62), (0.96, 0.82, 0.80), (0.70, 0.69, 0.72)
    ),
}


def cropped(tone: Tone) -> Tone:
    """The same skin under hair that was cropped to a few millimetres."""
    return replace(tone, scalp=CROPPED)


@dataclass(frozen=True)
class PaintedSkin:
    """Masks on disk. They are read when a picture first needs them."""

    path: Path

    def texture(self, tone: Tone, size: int = SIZE) -> UInt8[np.ndarray, "n n 4"]:
        """sRGB, and how much of the highlight is left (hair does not shine)."""
        masks = load_masks(self.path, size)
        hair = max(tone.scalp - STUBBLE, 0.0)
        return np.concatenate([compose(masks, tone), shine(masks, hair)[..., None]], -1)


def painted_skin(head_name: str) -> PaintedSkin | None:
    """The masks that the package has for this head."""
    if head_name not in PAINTED:
        return None
    path = Path(str(files("flametalk.head") / PAINTED[head_name]))
    return PaintedSkin(path) if path.is_file() else None


def load_masks(path: PathLike, size: int = SIZE) -> dict[str, Float32[np.ndarray, "n n"]]:
    """name -> (size, size), 0…1, row 0 at the top of the texture (v = 1).

    The file is a grey PNG of tiles with a JSON note `masks`: for each the size of the texture it was cut
    from, its place there and on the sheet, and whether only the right half was kept.
    """
    from PIL import Image, UnidentifiedImageError

    path = existing_file(path, MAX_BYTES)
    try:
        with Image.open(path) as picture:
            notes = json.loads(picture.info["masks"])
            sheet = np.asarray(picture.convert("L"))
        masks = {name: _unpack(sheet, notes[name], size) for name in MASKS}
    except (UnidentifiedImageError, OSError, SyntaxError, KeyError, TypeError, ValueError) as error:
        raise FormatError(path, f"is not a sheet of skin masks ({error})") from error
    return masks


def _unpack(sheet: np.ndarray, note: dict, size: int) -> np.ndarray:
    from PIL import Image

    (x, y, width, height), (left, top), whole = note["tile"], note["place"], int(note["size"])
    if not 0 < whole <= 8192:
        raise ValueError(f"a texture of {whole} texels a side")
    mask = np.zeros((whole, whole), np.uint8)
    mask[top : top + height, left : left + width] = sheet[y : y + height, x : x + width]
    if note["half"]:
        mask[:, : whole // 2] = mask[:, whole // 2 :][:, ::-1]
    if whole != size:
        way = Image.Resampling.BOX if size < whole else Image.Resampling.BICUBIC
        mask = np.asarray(Image.fromarray(mask).resize((size, size), way))
    return mask.astype(np.float32) / np.float32(255)


def compose(masks: Masks, tone: Tone) -> UInt8[np.ndarray, "n n 3"]:
    """The albedo of skin and lips, sRGB."""
    uneven = np.float32(tone.mottling) * (masks["mottle"] - np.float32(0.5))
    tints = (
        (tone.blood, masks["blush"] + np.float32(0.35) * uneven),
        (tone.shadow, masks["cool"] + np.float32(0.30) * uneven),
        ((0.62, 0.50, 0.42), np.float32(tone.freckles) * masks["freckles"]),
    )
    wet = np.float32(tone.lips) * masks["lips"] * (1 + np.float32(0.25) * uneven)
    lashes = (0.55 * tone.hair[0], 0.55 * tone.hair[1], 0.55 * tone.hair[2])
    channels = []
    for c in range(3):
        density = sum(amount * np.float32(np.log(tint[c])) for tint, amount in tints)
        light = linear(tone.skin)[c] * np.exp(density)

        def toward(colour: Colour, amount: np.ndarray, c: int = c, light: np.ndarray = light) -> None:
            light += (linear(colour)[c] - light) * amount

        toward(tone.hair, np.float32(tone.scalp) * masks["scalp"])
        toward(tone.hair, np.float32(tone.beard) * masks["beard"] * (1 - masks["lips"]))
        toward(tone.lip, wet)
        light *= 1 - np.float32(0.42 * (0.85, 1.0, 1.0)[c]) * masks["lip_shade"]
        toward(tone.rim, np.float32(0.8) * masks["rims"])
        toward((52, 24, 20), np.float32(0.9) * masks["nostrils"])
        toward(tone.hair, np.float32(tone.brows) * masks["brows"])
        toward(lashes, np.float32(0.9) * masks["lashes"])
        channels.append(encode(light))
    return np.stack(channels, -1)


def shine(masks: Masks, hair: float = 0.0) -> UInt8[np.ndarray, "n n"]:
    """How much of the highlight is left: none on brows, lashes, in the nostrils; less on `hair`."""
    dull = np.maximum(np.maximum(masks["brows"], masks["lashes"]), masks["nostrils"])
    dull = np.maximum(dull, np.float32(hair) * masks["scalp"])
    return np.rint(255 * (1 - np.clip(dull, 0, 1))).astype(np.uint8)
