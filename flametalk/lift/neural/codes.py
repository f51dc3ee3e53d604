"""What the encoders say about pictures, split by name, and as a clip."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor

from ...clip import Clip
from ...conventions import FPS, N_EXPRESSION, N_ROTATION, N_SHAPE
from ...errors import InputError
from .encoder import FLAME_OUTPUTS

N_TEXTURE: Final = 50
N_CAMERA: Final = 3  # scale, then x and y of the translation
N_LIGHT: Final = 27  # nine bands of spherical harmonics times red, green, blue
PARTS: Final = {
    "shape": N_SHAPE,
    "texture": N_TEXTURE,
    "expression": N_EXPRESSION,
    "head": N_ROTATION,
    "jaw": N_ROTATION,
    "camera": N_CAMERA,
    "light": N_LIGHT,
}  # in the order of the 236 outputs
assert sum(PARTS.values()) == FLAME_OUTPUTS


def split(outputs: Float[Tensor, "b 236"]) -> dict[str, Tensor]:
    """The outputs of E_flame by name; light as (b, 9, 3), red, green and blue last."""
    parts = dict(zip(PARTS, outputs.split(list(PARTS.values()), -1), strict=True))
    parts["light"] = parts["light"].unflatten(-1, (9, 3))
    return parts


@dataclass(frozen=True, eq=False)
class Codes:
    """A row for each picture."""

    shape: Float32[np.ndarray, "n 100"]
    texture: Float32[np.ndarray, "n 50"]
    expression: Float32[np.ndarray, "n 50"]
    head: Float32[np.ndarray, "n 3"]
    jaw: Float32[np.ndarray, "n 3"]
    camera: Float32[np.ndarray, "n 3"]  # of the crop, see camera.py
    light: Float32[np.ndarray, "n 9 3"]
    detail: Float32[np.ndarray, "n 128"] | None = None

    def __len__(self) -> int:
        return len(self.shape)

    def clip(self, made_for: str, fps: float = FPS, one_shape: bool = False, **parts: Any) -> Clip:
        """The pictures as frames. `one_shape` keeps the median shape for all of them; `parts` are further
        fields of the clip."""
        shape = np.median(self.shape, 0) if one_shape else self.shape
        return Clip(
            shape=shape,
            expression=self.expression,
            head=self.head,
            jaw=self.jaw,
            detail=self.detail,
            fps=fps,
            made_for=made_for,
            **parts,
        )

    def rows(self, where: Any) -> "Codes":
        """Some of the pictures."""
        parts: dict[str, Any] = {k: None if v is None else v[where] for k, v in vars(self).items()}
        return Codes(**parts)


def join(parts: list[Codes]) -> Codes:
    """One after the other."""
    if not parts:
        raise InputError("no pictures to encode, expected at least one")
    names = [name for name, value in vars(parts[0]).items() if value is not None]
    return Codes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
