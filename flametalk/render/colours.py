"""Between sRGB bytes and linear light."""

from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, UInt8

ENCODE_STEPS: Final = 8192


def linear(colour: np.ndarray | tuple[float, ...]) -> Float32[np.ndarray, "*n"]:
    """sRGB 0…255 to linear 0…1."""
    value = np.asarray(colour, np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@lru_cache(maxsize=1)
def decode_table() -> Float32[np.ndarray, "256"]:
    """sRGB bytes to linear 0…1."""
    return linear(np.arange(256))


@lru_cache(maxsize=1)
def encode_table() -> UInt8[np.ndarray, "n"]:
    """Linear 0…1 in `ENCODE_STEPS` steps to sRGB."""
    value = np.arange(ENCODE_STEPS + 1) / ENCODE_STEPS
    curve = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.rint(curve * 255).astype(np.uint8)


@lru_cache(maxsize=1)
def plain_table() -> UInt8[np.ndarray, "n"]:
    """The same for passes that are data: no curve."""
    return np.rint(np.arange(ENCODE_STEPS + 1) / ENCODE_STEPS * 255).astype(np.uint8)


def encode(light: Float[np.ndarray, "*n"]) -> UInt8[np.ndarray, "*n"]:
    """Linear 0…1 to sRGB, for arrays outside the kernels."""
    steps = np.clip(light, 0, 1) * np.float32(ENCODE_STEPS) + np.float32(0.5)
    return encode_table()[steps.astype(np.int32)]
