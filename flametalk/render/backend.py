"""What every back end offers: `Renderer.render`, with one camera and one set of passes."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from ..errors import InputError, UnknownNameError
from ..normals import vertex_normals
from .camera import Camera
from .surface import Surface

PASSES: Final = ("colour", "mask", "depth", "normal", "uv", "face", "barycentric")
MODES: Final = ("shaded", "wire", "normals", "depth", "uv", "mask")  # numbered as in `shading.py`


@dataclass(frozen=True, eq=False)
class Passes:
    """Pictures of one frame; those not asked for are None.

    Only `colour` and `mask` are anti-aliased. The others are taken at the pixel's centre: an average of
    two depths would be the depth of nothing.
    """

    colour: UInt8[np.ndarray, "h w 3"] | None = None  # sRGB
    mask: Float32[np.ndarray, "h w"] | None = None  # covered part of the pixel, 0…1
    depth: Float32[np.ndarray, "h w"] | None = None  # metres along the view axis; 0 where nothing is
    normal: Float32[np.ndarray, "h w 3"] | None = None  # unit; x right, y up, z toward the viewer; else 0
    uv: Float32[np.ndarray, "h w 2"] | None = None  # v up; 0 where nothing is
    face: Int32[np.ndarray, "h w"] | None = None  # triangle seen; −1 where nothing is
    barycentric: Float32[np.ndarray, "h w 3"] | None = None  # of its corners, perspective-correct


@dataclass(frozen=True)
class Abilities:
    """What a back end can draw. What it cannot is refused before anything is drawn."""

    name: str
    passes: tuple[str, ...] = PASSES
    modes: tuple[str, ...] = MODES
    antialias: tuple[int, ...] = (1, 2, 4, 8)  # samples a pixel

    def check(
        self, mode: str | None = None, passes: Collection[str] = (), antialias: int | None = None
    ) -> None:
        """Names that exist, but not here."""
        kinds = (
            ("mode", [mode] if mode else [], self.modes, MODES),
            ("pass", passes, self.passes, PASSES),
            ("antialias", [antialias] if antialias else [], self.antialias, (1, 2, 4, 8)),
        )
        for kind, wanted, able, known in kinds:
            for value in wanted:
                if value in known and value not in able:
                    raise InputError(
                        f"the back end '{self.name}' does not draw {kind} {value}, only "
                        f"{', '.join(str(a) for a in able)}; 'cpu' draws all"
                    )


@runtime_checkable
class Renderer(Protocol):
    """A back end. The same camera, surface and passes whatever draws them."""

    abilities: ClassVar[Abilities]

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame. Vertices of six numbers bring their normals."""
        ...

    def close(self) -> None:
        """Give back what it holds (a context, a process). Closing twice does no harm."""
        ...


def checked_frame(
    vertices: Float[np.ndarray, "v c"], surface: Surface, passes: Collection[str], abilities: Abilities
) -> tuple[Float32[np.ndarray, "v 3"], Float32[np.ndarray, "v 3"] | None]:
    """How every `render` begins: positions as the kernels want them, and the frame's own normals where it
    brings some. A clear error where they do not fit the surface, or the passes the back end."""
    for name in passes:
        if name not in PASSES:
            raise UnknownNameError("render pass", name, PASSES)
    abilities.check(passes=passes)
    own = None
    if vertices.ndim == 2 and vertices.shape[1] == 6:
        vertices, own = vertices[:, :3], np.ascontiguousarray(vertices[:, 3:], np.float32)
    if vertices.shape != (surface.n_vertices, 3):
        raise InputError(
            f"vertices have shape {vertices.shape}, the surface expects {(surface.n_vertices, 3)}"
        )
    vertices = np.ascontiguousarray(vertices, np.float32)
    for kind, values in (("vertex", vertices), ("the normal of vertex", own)):
        if values is not None and not np.isfinite(values).all():
            bad = int(np.flatnonzero(~np.isfinite(values).all(1))[0])
            raise InputError(f"{kind} {bad} is NaN or infinite; nothing can be drawn from it")
    return vertices, own


def frame_with_normals(
    vertices: Float[np.ndarray, "v c"], surface: Surface, passes: Collection[str], abilities: Abilities
) -> tuple[Float32[np.ndarray, "v 3"], Float32[np.ndarray, "v 3"]]:
    """`checked_frame`, with smooth normals for a frame that brings none."""
    vertices, own = checked_frame(vertices, surface, passes, abilities)
    return vertices, vertex_normals(vertices, surface.faces) if own is None else own
