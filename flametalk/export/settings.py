"""`ExportSettings`: what a caller may choose, the same for every format. A writer uses what it can hold."""

from dataclasses import dataclass
from typing import Final

from ..errors import InputError, UnknownNameError

BLENDSHAPES: Final = ("expression", "arkit")
PRESETS: Final = ("blender", "unity", "unreal")
IDENTITIES: Final = ("exact", "mean")


@dataclass(frozen=True)
class ExportSettings:
    """Options of `export`. `fps` is not here: the clip is resampled before a writer sees it."""

    blendshapes: str = "expression"  # the head's own coefficients (exact), or the 52 of ARKit (solved)
    preset: str = "blender"  # units and axes where a format leaves them open; blender: weights in 0…1 too
    identity: str = "exact"  # of a clip whose shape varies: follow it with extra targets, or its mean
    detail: bool = False  # the fine mesh with wrinkles, in formats of one mesh a frame
    point_cache: bool = False  # fbx: a .pc2 beside it moves the mesh, not skin and blend shapes
    look: str = "skin"  # colours of the materials, a name of `render.looks.LOOKS`
    texture_size: int = 2048  # texels a side of the painted skin

    def __post_init__(self) -> None:
        for kind, value, valid in (
            ("blendshapes", self.blendshapes, BLENDSHAPES),
            ("preset", self.preset, PRESETS),
            ("identity", self.identity, IDENTITIES),
        ):
            if value not in valid:
                raise UnknownNameError(kind, value, valid)
        if not 64 <= self.texture_size <= 8192:
            raise InputError(f"texture_size is {self.texture_size}, expected 64 to 8192")
