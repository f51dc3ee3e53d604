"""Skin tones, and how masks become an albedo."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tone:
    """Colours are sRGB 0…255. Amounts scale masks; tints are what a full mask leaves of linear light."""

    skin: tuple
    lip: tuple
    hair: tuple
    """Brows, stubble and lashes (lashes a little darker)."""
    rim: tuple
    blood: tuple = (0.96, 0.66, 0.62)
    shadow: tuple = (0.80, 0.77, 0.80)
    mottling: float = 1.0
    freckles: float = 0.0
    brows: float = 0.9
    lips: float = 0.80
    scalp: float = 0.10
    beard: float = 0.0


SKIN_TONES = {
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


def linear(srgb):
    """sRGB 0…255 -> linear 0…1."""
    s = np.asarray(srgb, np.float32) / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def encode(light):
    """Linear 0…1 -> sRGB uint8."""
    return _CURVE[np.clip(light * (len(_CURVE) - 1) + 0.5, 0, len(_CURVE) - 1).astype(np.int32)]


def _curve(steps=1 << 14):
    light = np.arange(steps) / (steps - 1)
    s = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * s).astype(np.uint8)


_CURVE = _curve()


def _toward(colour, target, amount):
    """A mix in linear light, in place."""
    colour += (linear(target) - colour) * amount[..., None]


def compose(masks, tone):
    """(size, size, 3) uint8 sRGB: the albedo of skin and lips."""
    uneven = tone.mottling * (masks["mottle"] - 0.5)
    tints = (
        (tone.blood, masks["blush"] + 0.35 * uneven),
        (tone.shadow, masks["cool"] + 0.30 * uneven),
        ((0.62, 0.50, 0.42), tone.freckles * masks["freckles"]),
    )
    density = sum(amount[..., None] * np.log(np.array(tint, np.float32)) for tint, amount in tints)
    colour = (linear(tone.skin) * np.exp(density)).astype(np.float32)
    _toward(colour, tone.hair, tone.scalp * masks["scalp"])
    _toward(colour, tone.hair, tone.beard * masks["beard"] * (1 - masks["lips"]))
    _toward(colour, tone.lip, tone.lips * masks["lips"] * (1 + 0.25 * uneven))
    colour *= 1 - 0.42 * (masks["lip_shade"])[..., None] * np.array([0.85, 1.0, 1.0], np.float32)
    _toward(colour, tone.rim, 0.8 * masks["rims"])
    _toward(colour, (52, 24, 20), 0.9 * masks["nostrils"])
    _toward(colour, tone.hair, tone.brows * masks["brows"])
    _toward(colour, 0.55 * np.array(tone.hair, float), 0.9 * masks["lashes"])
    return encode(colour)


def gloss(masks):
    """(size, size) uint8: 0 = shines like skin, 255 = like lips. Brows do not shine."""
    return np.rint(255 * np.clip(masks["lips"] + 0.8 * masks["rims"] - masks["brows"], 0, 1)).astype(np.uint8)
