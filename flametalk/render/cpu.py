"""The default renderer: runs anywhere, from pip packages alone (numba).

One renderer holds the buffers of one thread and reuses them from frame to frame: give each thread its own
(`animate.render_frames` does).
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8

from ..errors import InputError, UnknownNameError
from .backend import PASSES, Passes
from .camera import Camera
from .raster import TILE, project, rasterise
from .shading import DEPTH, FIELDS, LANES, MASK, NORMALS, SHADED, UV, WIRE, measure, shade
from .looks import LOOKS, Look
from .normals import fill_normals
from .packing import PATTERNS, encode_table, linear, paint, plain_table
from .surface import Surface

MODES: Final = {
    "shaded": SHADED, "wire": WIRE, "normals": NORMALS, "depth": DEPTH, "uv": UV, "mask": MASK
}  # fmt: skip
Background = tuple[float, float, float] | np.ndarray


@dataclass(frozen=True)
class Settings:
    """How the colour pass is drawn; checked once, shared by all back ends of this folder."""

    mode: str = "shaded"  # shaded, wire, normals, depth, uv, mask
    look: Look | str = "clay"  # or "skin", or a Look
    antialias: int = 4  # samples a pixel: 1, 2, 4, 8
    background: Background | None = None  # sRGB 0…255 colour or (h, w, 3) uint8 picture; the look's by default
    two_sided: bool = True  # False leaves out triangles seen from behind
    depth_range: tuple[float, float] | None = None  # metres shown white and black in mode "depth"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownNameError("render mode", self.mode, MODES)
        if isinstance(self.look, str) and self.look not in LOOKS:
            raise UnknownNameError("look", self.look, LOOKS)
        if self.antialias not in PATTERNS:
            raise InputError(f"antialias is {self.antialias} samples, expected one of {[*PATTERNS]}")
        if self.depth_range is not None and not self.depth_range[0] < self.depth_range[1]:
            raise InputError(f"depth range is {self.depth_range}, expected (nearest, farthest) in metres")

    @property
    def the_look(self) -> Look:
        return LOOKS[self.look] if isinstance(self.look, str) else self.look

    @property
    def is_data(self) -> bool:
        """Modes whose values are numbers, not light: black around them and no sRGB curve."""
        return self.mode in ("normals", "depth", "uv", "mask")


@dataclass
class CpuRenderer:
    """`Renderer` on the CPU. Not for use by two threads at once."""

    settings: Settings = Settings()
    _buffers: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def render(
        self,
        vertices: Float[np.ndarray, "v 3"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame. Colour and mask are anti-aliased, the other passes are taken at pixel centres."""
        vertices = check_frame(vertices, surface, passes)
        perspective = camera.perspective
        lens = lens_of(camera)
        v, h, w = surface.n_vertices, camera.height, camera.width
        normals = self._buffer("normals", (v, 3), np.float32)
        fill_normals(vertices, surface.faces, normals)
        keys = self._buffer("keys", (v,), np.float64)
        points = self._buffer("points", (v, 8), np.float32)
        usable = self._buffer("usable", (v,), np.bool_)
        bounds = project(
            vertices, normals, camera.rotation, lens, perspective, points, keys, usable
        )
        window = window_of(bounds, w, h)

        result: dict[str, np.ndarray] = {}
        wanted = set(passes)
        if wanted & {"colour", "mask"}:
            settings = self.settings
            pattern = np.array(PATTERNS[settings.antialias], np.int64)
            ids = self._buffer("ids", (len(pattern), h, w), np.int32)
            nearest = self._buffer("nearest", (len(pattern), h, w), np.float32)
            floor = self._buffer("floor", (h // TILE + 1, w // TILE + 1), np.float32)
            blocks = self._buffer("blocks", (FIELDS * (w * len(pattern) + LANES),), np.float32)
            places = self._buffer("places", (w * len(pattern),), np.int32)
            rasterise(
                surface.faces, points, keys, usable, pattern, settings.two_sided, window, ids, nearest, floor
            )  # fmt: skip
            view = np.array([1 / lens[3], *lens[3:6]], np.float32)
            picture, light = self._background(camera)
            mask = np.zeros((h, w), np.float32)
            coat = paint(surface, settings.the_look)
            uv, uv_faces = uv_of(surface, settings.mode == "uv")
            shade(
                surface.faces, points, ids, pattern, window, view, perspective,
                MODES[settings.mode], self._span(points, usable), surface.materials, surface.gaze,
                surface.edges, uv, uv_faces, coat.corners, coat.wraps, coat.lamps, coat.studio, coat.inside,
                coat.eye, places, blocks, light, plain_table() if settings.is_data else encode_table(), picture, mask,
            )  # fmt: skip
            result |= {"colour": picture, "mask": mask}
        if wanted - {"colour", "mask"}:
            result |= self._measure(surface, camera, keys, points, usable, window, "uv" in wanted)
        return Passes(**{name: value for name, value in result.items() if name in wanted})

    def _measure(
        self,
        surface: Surface,
        camera: Camera,
        keys: np.ndarray,
        points: np.ndarray,
        usable: np.ndarray,
        window: np.ndarray,
        with_uv: bool,
    ) -> dict[str, np.ndarray]:
        h, w = camera.height, camera.width
        ids = np.full((1, h, w), -1, np.int32)
        nearest = self._buffer("nearest1", (1, h, w), np.float32)
        pattern = np.array(PATTERNS[1], np.int64)
        floor = self._buffer("floor", (h // TILE + 1, w // TILE + 1), np.float32)
        two_sided = self.settings.two_sided
        rasterise(surface.faces, points, keys, usable, pattern, two_sided, window, ids, nearest, floor)
        uv, uv_faces = uv_of(surface, with_uv)
        found = {
            "depth": np.zeros((h, w), np.float32),
            "normal": np.zeros((h, w, 3), np.float32),
            "uv": np.zeros((h, w, 2) if with_uv else (0, 0, 2), np.float32),
            "barycentric": np.zeros((h, w, 3), np.float32),
        }
        measure(surface.faces, points, ids, window, uv, uv_faces, *found.values())
        return found | {"face": ids[0]}

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """The array of this name, made anew only when its shape changes."""
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            found = self._buffers[name] = np.zeros(shape, dtype)
        return found

    def _background(
        self, camera: Camera
    ) -> tuple[UInt8[np.ndarray, "h w 3"], Float32[np.ndarray, "h w 3"]]:
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


def check_frame(
    vertices: Float[np.ndarray, "v 3"], surface: Surface, passes: Collection[str]
) -> Float32[np.ndarray, "v 3"]:
    """The vertices as the kernels want them; a clear error where they do not fit the surface."""
    for name in passes:
        if name not in PASSES:
            raise UnknownNameError("render pass", name, PASSES)
    if vertices.shape != (surface.n_vertices, 3):
        raise InputError(f"vertices have shape {vertices.shape}, the surface expects {(surface.n_vertices, 3)}")
    vertices = np.ascontiguousarray(vertices, np.float32)
    if not np.isfinite(vertices).all():
        bad = int(np.flatnonzero(~np.isfinite(vertices).all(1))[0])
        raise InputError(f"vertex {bad} is NaN or infinite; nothing can be drawn from it")
    return vertices


def lens_of(camera: Camera) -> np.ndarray:
    """translation, focal, centre, near, far: what `project` reads. Weak perspective has no near plane."""
    near = camera.near if camera.perspective else -camera.far
    return np.array([*camera.translation, camera.focal, *camera.principal_point, near, camera.far])


def window_of(bounds: tuple[float, float, float, float], width: int, height: int) -> Int64[np.ndarray, "4"]:
    """The part of the picture that the mesh can touch, in pixels; right and bottom are excluded."""
    left, top, right, bottom = bounds
    if left > right:
        return np.zeros(4, np.int64)
    window = [left // 256, top // 256, right // 256 + 1, bottom // 256 + 1]
    return np.clip(window, 0, [width, height, width, height]).astype(np.int64)


def uv_of(surface: Surface, needed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and their corners, or empty stand-ins where no pass asks for them."""
    if not needed:
        return np.zeros((1, 2), np.float32), np.zeros((1, 3), np.int32)
    if surface.uv is None or surface.uv_faces is None:
        raise InputError("this surface has no uv coordinates; give uv and uv_faces to `from_faces`")
    return surface.uv, surface.uv_faces


def depth_span(depth: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "2"]:
    """Nearest and farthest vertex with a little room, so that the farthest is not black like the background."""
    if not len(depth):
        return np.array([0, 1], np.float32)
    low, high = float(depth.min()), float(depth.max())
    return np.array([low, high + 0.12 * max(high - low, 1e-6)], np.float32)


def background_picture(settings: Settings, camera: Camera) -> UInt8[np.ndarray, "h w 3"]:
    """The background in the camera's size."""
    given = settings.background
    if given is None:
        given = (0.0, 0.0, 0.0) if settings.is_data else settings.the_look.background
    colour = np.asarray(given)
    if colour.ndim == 3:
        if colour.shape != (camera.height, camera.width, 3) or colour.dtype != np.uint8:
            raise InputError(
                f"background picture is {colour.shape} {colour.dtype}, expected "
                f"{(camera.height, camera.width, 3)} uint8"
            )
        return np.ascontiguousarray(colour)
    if colour.shape != (3,) or colour.min() < 0 or colour.max() > 255:
        raise InputError(f"background {given} is not a colour; expected three numbers from 0 to 255")
    return np.broadcast_to(np.rint(colour).astype(np.uint8), (camera.height, camera.width, 3)).copy()
