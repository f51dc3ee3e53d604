"""OpenGL: the reference renderer's formulas on a GPU, or on the CPU through Mesa's llvmpipe.

A context belongs to the thread that opened it: one renderer, one thread.
"""

from collections.abc import Collection
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float, Float32

from ...errors import InputError
from ..backend import MODES, Abilities, Passes, frame_with_normals
from ..camera import Camera
from ..settings import Settings, background_picture, depth_span, uv_of
from ..surface import Surface
from .gl_context import (
    CORNER,
    NAMES,
    WIDTH,
    Dress,
    coat_uniforms,
    dress,
    mesh_rows,
    mesh_texels,
    open_context,
    put,
    shader,
)

NUMBERS: Final = ("depth", "normal", "uv", "face", "barycentric")


class GlRenderer:
    """`Renderer` through moderngl. `device` is the number of a GPU; the first by default."""

    abilities: ClassVar[Abilities] = Abilities("gl")

    def __init__(self, settings: Settings | None = None, device: str | int | None = None):
        self.settings = settings or Settings()
        if isinstance(device, str):
            if not device.isdigit():
                raise InputError(f"gl:{device}: expected the number of a GPU, such as gl:0")
            device = int(device)
        self._context = open_context(device)
        self._closed = False
        if self.settings.antialias > max(self._context.max_samples, 1):
            most = self._context.max_samples
            self.close()
            raise InputError(
                f"antialias is {self.settings.antialias} samples, this OpenGL driver draws at most {most}"
            )
        self._dress: Dress | None = None
        self._arrays: dict[str, Any] = {}
        self._canvas: dict[str, Any] = {}
        corner, screen = shader("corner_vertex"), shader("screen_vertex")
        self._measuring = self._program(corner, "measure_fragment")
        self._colouring = self._program(corner, "colour_fragment")
        self._finishing = self._program(screen, "finish_fragment")
        self._screen = self._context.vertex_array(self._finishing, [])

    @property
    def driver(self) -> str:
        """What draws: the name of the GPU, or llvmpipe."""
        return self._context.info["GL_RENDERER"]

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame; as `CpuRenderer.render`."""
        vertices, normals = frame_with_normals(vertices, surface, passes, self.abilities)
        wanted = set(passes)
        uv_of(surface, "uv" in wanted or self.settings.mode == "uv")
        result: dict[str, np.ndarray] = {}
        lit = self.settings.mode in ("shaded", "wire") and "colour" in wanted
        with self._context:  # others may have made theirs current since
            self._prepare(surface, camera)
            self._place(vertices, normals, camera)
            if lit or wanted & set(NUMBERS):
                self._draw("numbers", "measure")
            if wanted & set(NUMBERS):
                result |= self._numbers(wanted)
            if wanted & {"colour", "mask"}:
                result |= self._colour(camera)
        return Passes(**{name: value for name, value in result.items() if name in wanted})

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._context.release()

    def _program(self, vertex: str, fragment: str) -> Any:
        return self._context.program(vertex_shader=vertex, fragment_shader=shader(fragment))

    def _prepare(self, surface: Surface, camera: Camera) -> None:
        """Buffers for this surface and size; kept until another comes."""
        look, context = self.settings.the_look, self._context
        if self._dress is None or self._dress.surface is not surface:
            for thing in [*self._arrays.values(), *([self._dress] if self._dress else [])]:
                thing.release()
            self._dress = dress(context, surface, look)
            content = [(self._dress.corners, CORNER, *NAMES)]
            self._arrays = {
                "measure": context.vertex_array(self._measuring, content, skip_errors=True),
                "colour": context.vertex_array(self._colouring, content, skip_errors=True),
                "mesh": context.texture((WIDTH, mesh_rows(surface.n_vertices)), 4, dtype="f4"),
            }
            put(self._colouring, mode=MODES.index(self.settings.mode), **coat_uniforms(self._dress.coat))
        if self._canvas.get("size") != (camera.width, camera.height):
            for thing in self._canvas.values():
                if hasattr(thing, "release"):
                    thing.release()
            self._canvas = self._new_canvas(camera)

    def _new_canvas(self, camera: Camera) -> dict[str, Any]:
        context, size = self._context, (camera.width, camera.height)
        samples = self.settings.antialias if self.settings.antialias > 1 else 0
        behind = np.ascontiguousarray(background_picture(self.settings, camera)).tobytes()
        numbers = [context.texture(size, n, dtype="f4") for n in (4, 4, 2)]
        drawn = context.texture(size, 4, dtype="f2")
        return {
            "size": size,
            "behind": context.texture(size, 3, behind, alignment=1),
            "which": numbers[2],
            "drawn": drawn,
            "numbers": context.framebuffer(numbers, context.depth_renderbuffer(size)),
            "samples": context.framebuffer(
                context.renderbuffer(size, 4, samples=samples, dtype="f2"),
                context.depth_renderbuffer(size, samples=samples),
            ),
            "resolved": context.framebuffer(drawn),
            "bytes": context.framebuffer(context.renderbuffer(size, 4)),
        }

    def _place(
        self,
        vertices: Float32[np.ndarray, "v 3"],
        normals: Float32[np.ndarray, "v 3"],
        camera: Camera,
    ) -> None:
        """The frame's mesh and camera, for both programs."""
        self._arrays["mesh"].write(mesh_texels(vertices, normals).tobytes())
        depth = camera.to_camera(vertices)[:, 2]
        near = camera.near if camera.perspective else -camera.far
        seen = depth[(depth >= near) & (depth <= camera.far)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (1.0, 2.0)
        room = max(0.01 * (high - low), 1e-4)
        span = self.settings.depth_range or tuple(depth_span(seen.astype(np.float32)).tolist())
        place: dict[str, Any] = {
            "rotation": np.asarray(camera.rotation).T,  # columns first
            "translation": np.asarray(camera.translation),
            "lens": np.array([camera.focal, *camera.principal_point]),
            "size": (float(camera.width), float(camera.height)),
            "limits": (near, camera.far),
            "depths": (max(low - room, 0.5 * low) if camera.perspective else low - room, high + room),
            "perspective": camera.perspective,
            "span": span,
            "mesh": 0,
        }
        put(self._measuring, **place)
        put(self._colouring, skin=1, which=2, **place)
        assert self._dress is not None
        self._arrays["mesh"].use(0)
        self._dress.skin.use(1)

    def _draw(self, canvas: str, array: str) -> None:
        context = self._context
        context.enable_only(context.DEPTH_TEST | (0 if self.settings.two_sided else context.CULL_FACE))
        context.depth_func = "<="
        frame = self._canvas[canvas]
        frame.use()
        frame.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        self._arrays[array].render(context.TRIANGLES)

    def _colour(self, camera: Camera) -> dict[str, np.ndarray]:
        context, canvas = self._context, self._canvas
        canvas["which"].use(2)
        self._draw("samples", "colour")
        context.copy_framebuffer(canvas["resolved"], canvas["samples"])
        context.enable_only(context.NOTHING)
        canvas["bytes"].use()
        canvas["drawn"].use(3)
        canvas["behind"].use(4)
        put(self._finishing, drawn=3, behind=4, is_data=self.settings.is_data)
        self._screen.render(context.TRIANGLES, vertices=3)
        data = canvas["bytes"].read(components=4, alignment=1)
        pixels = np.frombuffer(data, np.uint8).reshape(camera.height, camera.width, 4)[::-1]
        n = self.settings.antialias  # a byte holds n parts exactly enough to tell them apart
        cover = np.rint(pixels[..., 3] * np.float32(n / 255)) / np.float32(n)
        return {"colour": np.ascontiguousarray(pixels[..., :3]), "mask": cover.astype(np.float32)}

    def _numbers(self, wanted: set[str]) -> dict[str, np.ndarray]:
        width, height = self._canvas["size"]

        def read(attachment: int, components: int) -> np.ndarray:
            data = self._canvas["numbers"].read(
                components=components, attachment=attachment, dtype="f4", alignment=1
            )
            return np.frombuffer(data, np.float32).reshape(height, width, components)[::-1]

        found: dict[str, np.ndarray] = {}
        if wanted & {"depth", "normal"}:
            shape = read(0, 4)
            found |= {"normal": shape[..., :3].copy(), "depth": shape[..., 3].copy()}
        if wanted & {"face", "barycentric"}:
            found["face"] = read(2, 2)[..., 0].astype(np.int32) - 1
        if wanted & {"uv", "barycentric"}:
            within = read(1, 4)
            found["uv"] = within[..., :2].copy()
        if "barycentric" in wanted:
            rest = np.where(found["face"] >= 0, 1 - within[..., 2] - within[..., 3], 0)
            found["barycentric"] = np.dstack([within[..., 2:], rest.astype(np.float32)])
        return found
