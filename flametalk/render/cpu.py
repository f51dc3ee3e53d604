"""The default renderer: runs anywhere, from pip packages alone (numba).

One renderer holds the buffers of one thread and reuses them from frame to frame: give each thread its own
(`animate.render_frames` does).
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Float32, Int32, Int64, UInt8

from ..normals import fill_normals
from .backend import MODES, Abilities, Passes, checked_frame
from .camera import Camera
from .colours import encode_table, linear, plain_table
from .packing import paint, pattern_of
from .raster import NO_RIMS, TILE, find_rims, project, rasterise
from .settings import Settings, background_picture, depth_span, uv_of
from .shading import FIELDS, LANES, measure, shade
from .surface import Surface


@dataclass(frozen=True, eq=False)
class CpuRenderer:
    """`Renderer` on the CPU. Not for use by two threads at once."""

    abilities: ClassVar[Abilities] = Abilities("cpu")
    settings: Settings = field(default_factory=Settings)
    _buffers: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame. Colour and mask are anti-aliased, the other passes are taken at pixel centres.

        Vertices of six numbers bring their normals (`head.dense`); those of three are given smooth ones.
        """
        vertices, own = checked_frame(vertices, surface, passes, self.abilities)
        perspective = camera.perspective
        lens = lens_of(camera)
        v, h, w = surface.n_vertices, camera.height, camera.width
        normals = self._buffer("normals", (v, 3), np.float32)
        if own is None:
            fill_normals(vertices, surface.faces, normals)
        else:
            normals[:] = own
        keys = self._buffer("keys", (v,), np.float64)
        points = self._buffer("points", (v, 8), np.float32)
        usable = self._buffer("usable", (v,), np.bool_)
        bounds = project(vertices, normals, camera.rotation, lens, perspective, points, keys, usable)
        window = window_of(bounds, w, h)

        result: dict[str, np.ndarray] = {}
        wanted = set(passes)
        mesh = (surface.faces, points, keys, usable)
        ids = self._find(mesh, 1, window, NO_RIMS, camera)[0]
        if wanted & {"colour", "mask"}:
            settings = self.settings
            samples, rims = ids[None], NO_RIMS
            if settings.antialias > 1:
                rims = self._buffer("rims", (h, w), np.bool_)
                fronts = self._buffer("fronts", (len(surface.faces),), np.bool_)
                find_rims(ids, surface.faces, points, surface.materials, window, fronts, rims)
                samples = self._find(mesh, settings.antialias, window, rims, camera)
            pattern = pattern_of(settings.antialias)
            blocks = self._buffer("blocks", (FIELDS * (w * len(pattern) + LANES),), np.float32)
            places = self._buffer("places", (w * len(pattern),), np.int32)
            view = np.array([1 / lens[3] if perspective else 0, *lens[3:6]], np.float32)
            picture, light = self._background(camera)
            mask = np.zeros((h, w) if "mask" in wanted else (0, 0), np.float32)
            encode = plain_table() if settings.is_data else encode_table()
            coat = paint(surface, settings.the_look)
            uv, uv_faces = uv_of(surface, settings.mode == "uv" or len(coat.pyramid.levels) > 0)
            shade(
                surface.faces, points, ids, samples, rims, pattern, window, view,
                MODES.index(settings.mode), self._span(points, usable), surface.materials, surface.gaze,
                surface.edges, uv, uv_faces, coat.corners, coat.plain, coat.lamps, coat.studio, coat.inside,
                coat.eye, coat.areas, coat.pyramid.texels, coat.pyramid.levels,
                places, blocks, light, encode, picture, mask,
            )  # fmt: skip
            result |= {"colour": picture, "mask": mask}
        if wanted - {"colour", "mask"}:
            result |= self._measure(surface, points, ids, window, "uv" in wanted)
        return Passes(**{name: value for name, value in result.items() if name in wanted})

    def close(self) -> None:
        """Forget the buffers."""
        self._buffers.clear()

    def _find(
        self, mesh: tuple[np.ndarray, ...], samples: int, window: np.ndarray, rims: np.ndarray, camera: Camera
    ) -> Int32[np.ndarray, "samples h w"]:
        """The nearest triangle of each sample, in the window and where there are `rims`."""
        h, w = camera.height, camera.width
        ids = self._buffer(f"ids {samples}", (samples, h, w), np.int32)
        nearest = self._buffer(f"nearest {samples}", (samples, h, w), np.float32)
        floor = self._buffer("floor", (h // TILE + 1, w // TILE + 1), np.float32)
        rasterise(*mesh, pattern_of(samples), self.settings.two_sided, window, rims, ids, nearest, floor)
        return ids

    def _measure(
        self, surface: Surface, points: np.ndarray, ids: np.ndarray, window: np.ndarray, with_uv: bool
    ) -> dict[str, np.ndarray]:
        h, w = ids.shape
        uv, uv_faces = uv_of(surface, with_uv)
        face = np.full((h, w), -1, np.int32)
        found = {
            "depth": np.zeros((h, w), np.float32),
            "normal": np.zeros((h, w, 3), np.float32),
            "uv": np.zeros((h, w, 2) if with_uv else (0, 0, 2), np.float32),
            "barycentric": np.zeros((h, w, 3), np.float32),
        }
        measure(surface.faces, points, ids, window, uv, uv_faces, face, *found.values())
        return found | {"face": face}

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """The array of this name, made anew only when its shape changes."""
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            found = self._buffers[name] = np.zeros(shape, dtype)
        return found

    def _background(self, camera: Camera) -> tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w 3"]]:
        """A fresh picture of the background, and the same in the values that edges are mixed in."""
        if "background" not in self._buffers or self._buffers["background"].shape[:2] != (
            camera.height,
            camera.width,
        ):
            plain = background_picture(self.settings, camera)
            self._buffers["background"] = plain
            self._buffers["light"] = (
                (plain / 255).astype(np.float32) if self.settings.is_data else linear(plain)
            )
        return self._buffers["background"].copy(), self._buffers["light"]

    def _span(self, points: np.ndarray, usable: np.ndarray) -> Float32[np.ndarray, "2"]:
        if self.settings.depth_range is not None:
            return np.array(self.settings.depth_range, np.float32)
        return depth_span(points[:, 2][usable]) if self.settings.mode == "depth" else np.zeros(2, np.float32)

    def with_settings(self, **changes: object) -> "CpuRenderer":
        """Another renderer that differs in these settings."""
        return CpuRenderer(replace(self.settings, **changes))  # type: ignore[arg-type]


def lens_of(camera: Camera) -> np.ndarray:
    """translation, focal, centre, near, far: what `project` reads. Weak perspective has no near plane."""
    near = camera.near if camera.perspective else -camera.far
    return np.array([*camera.translation, camera.focal, *camera.principal_point, near, camera.far])


def window_of(bounds: tuple[float, float, float, float], width: int, height: int) -> Int64[np.ndarray, "4"]:
    """The part of the picture that the mesh can touch and a rim of empty pixels; right and bottom are
    excluded."""
    left, top, right, bottom = bounds
    if left > right:
        return np.zeros(4, np.int64)
    window = [left // 256 - 1, top // 256 - 1, right // 256 + 2, bottom // 256 + 2]
    return np.clip(window, 0, [width, height, width, height]).astype(np.int64)
