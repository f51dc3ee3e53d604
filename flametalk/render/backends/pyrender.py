"""pyrender 0.1.45: physically based shading in OpenGL, off-screen through EGL or OSMesa.

What it stumbles over today, and what is done about it here:
- without a display it opens a window through pyglet: the platform is chosen before it is imported;
- with pyglet 2 it cannot be imported at all: the extra asks for pyglet < 2, and the error says so;
- bounds of meshes use a name that NumPy 2 dropped: they are never asked for;
- with its context it ends the EGL display that all of the process draws through: only its own is ended;
- OSMesa needs PyOpenGL ≥ 3.1.5, pyrender asks for 3.1.0: the error says how to have both.
"""

import os
import sys
from collections.abc import Collection
from typing import Any, ClassVar, Final

import numpy as np
from jaxtyping import Float, Float64

from ...errors import InputError, MissingExtraError
from ...extras import require
from ..backend import Abilities, Passes, frame_with_normals
from ..camera import Camera
from ..colours import encode, linear
from ..looks import Studio
from ..settings import Settings, background_picture, depth_span
from ..surface import Surface
from .pieces import Piece, pieces

PLATFORMS: Final = ("egl", "osmesa")
PURPOSE: Final = "drawing with pyrender"
DEPTH_ROOM: Final = 0.02  # metres before the nearest and behind the farthest vertex


class PyrenderRenderer:
    """`Renderer` through pyrender. One renderer, one thread; one platform a process."""

    abilities: ClassVar[Abilities] = Abilities(
        "pyrender", ("colour", "mask", "depth"), ("shaded", "depth", "mask"), antialias=(4,)
    )

    def __init__(self, settings: Settings | None = None, platform: str = "egl"):
        self.settings = settings or Settings()
        self.abilities.check(self.settings.mode, (), self.settings.antialias)
        self._pyrender = load_pyrender(platform)
        self._offscreen: Any = None
        self._materials: tuple[Surface, list[Any]] | None = None

    def render(
        self,
        vertices: Float[np.ndarray, "v c"],
        surface: Surface,
        camera: Camera,
        passes: Collection[str] = ("colour",),
    ) -> Passes:
        """One frame; colour and mask come of four samples a pixel (of one with OSMesa)."""
        vertices, normals = frame_with_normals(vertices, surface, passes, self.abilities)
        scene = self._scene(vertices, normals, surface, camera)
        flags = self._pyrender.RenderFlags
        style = flags.RGBA | (flags.SKIP_CULL_FACES if self.settings.two_sided else flags.NONE)
        drawn, depth = self._target(camera).render(scene, style)
        depth = depth if camera.perspective else _flat_depth(depth, scene.main_camera_node.camera)
        # with OSMesa pyrender draws one sample a pixel and no cover
        cover = drawn[..., 3] / np.float32(255) if drawn.shape[2] == 4 else depth > 0
        mask = cover.astype(np.float32)
        result = {"colour": self._colour(drawn, mask, depth, camera), "mask": mask, "depth": depth}
        return Passes(**{name: np.ascontiguousarray(result[name]) for name in passes})

    def close(self) -> None:
        if self._offscreen is not None:
            _release(self._offscreen)
            self._offscreen = None

    def _target(self, camera: Camera) -> Any:
        size = (camera.width, camera.height)
        if self._offscreen is None:
            try:
                self._offscreen = self._pyrender.OffscreenRenderer(*size)
            except Exception as error:  # assertions, OpenGL's own errors, missing symbols
                raise MissingExtraError("pyrender", "OpenGL 4.1", PURPOSE, _driver_advice(error)) from error
        self._offscreen.viewport_width, self._offscreen.viewport_height = size
        return self._offscreen

    def _scene(self, vertices: np.ndarray, normals: np.ndarray, surface: Surface, camera: Camera) -> Any:
        studio, look = self.settings.the_look.studio, self.settings.the_look
        ambient = (np.array(studio.sky) + studio.ground) / 2
        scene = self._pyrender.Scene(bg_color=[0.0, 0.0, 0.0, 0.0], ambient_light=ambient * look.exposure)
        depth = camera.to_camera(vertices)[:, 2]
        lens = _lens(self._pyrender, camera, float(depth.min()), float(depth.max()))
        pose = camera.opengl_pose
        scene.add(lens, pose=pose)
        for direction, colour in _lamps(studio):
            lamp = self._pyrender.DirectionalLight(color=colour, intensity=np.pi * look.exposure)
            scene.add(lamp, pose=pose @ _turned(direction))
        parts = pieces(surface, look)
        primitives = [
            self._primitive(piece, material, vertices, normals, surface)
            for piece, material in zip(parts, self._dressed(surface, parts), strict=True)
        ]
        scene.add(self._pyrender.Mesh(primitives, is_visible=True))
        return scene

    def _dressed(self, surface: Surface, parts: Collection[Piece]) -> list[Any]:
        """pyrender's materials, made once a surface: their pictures stay on the graphics card."""
        if self._materials is None or self._materials[0] is not surface:
            self._materials = (surface, [self._material(piece) for piece in parts])
        return self._materials[1]

    def _material(self, piece: Piece) -> Any:
        picture = piece.picture
        texture = None
        if picture is not None:
            texture = self._pyrender.Texture(source=picture, source_channels="RGB")
        return self._pyrender.MetallicRoughnessMaterial(
            baseColorTexture=texture,
            metallicFactor=0.0,
            roughnessFactor=piece.material.roughness,
            doubleSided=self.settings.two_sided,
        )

    def _primitive(
        self, piece: Piece, material: Any, vertices: np.ndarray, normals: np.ndarray, surface: Surface
    ) -> Any:
        corners = surface.faces[piece.faces].ravel()
        colour = piece.colour * piece.occlusion[..., None]
        return self._pyrender.Primitive(
            positions=vertices[corners],
            normals=normals[corners],
            texcoord_0=None if piece.uv is None else piece.uv.reshape(-1, 2),
            color_0=np.concatenate([colour.reshape(-1, 3), np.ones((len(corners), 1), np.float32)], 1),
            material=material,
            mode=self._pyrender.GLTF.TRIANGLES,
        )

    def _colour(self, drawn: np.ndarray, mask: np.ndarray, depth: np.ndarray, camera: Camera) -> np.ndarray:
        """The picture over its background, or the number that the mode shows."""
        behind = background_picture(self.settings, camera)
        mode = self.settings.mode
        if mode == "shaded":
            front = linear(drawn[..., :3])  # the cleared samples were black and clear
            return np.where(mask[..., None] > 0, encode(_over(front, mask, linear(behind))), behind)
        span = self.settings.depth_range or tuple(depth_span(depth[depth > 0]).tolist())
        value = (span[1] - depth) / (span[1] - span[0]) if mode == "depth" else np.ones_like(depth)
        front = np.clip(np.where(depth > 0, value, 0), 0, 1)[..., None].repeat(3, -1) * mask[..., None]
        return np.rint(_over(front, mask, behind / 255) * 255).astype(np.uint8)


def load_pyrender(platform: str) -> Any:
    """pyrender with its platform chosen. PyOpenGL binds to one platform for the life of the process."""
    if platform not in PLATFORMS:
        raise InputError(f"pyrender:{platform}: expected {' or '.join(PLATFORMS)}")
    given = os.environ.get("PYOPENGL_PLATFORM")
    if "OpenGL.platform" in sys.modules and given != platform:
        raise InputError(
            f"pyrender:{platform}: PyOpenGL was already loaded in this process for the platform "
            f"{given or 'of a window'}; use pyrender:{platform} in a process of its own"
        )
    os.environ["PYOPENGL_PLATFORM"] = platform  # read by PyOpenGL on import, and by pyrender for each target
    try:
        return require("pyrender", "pyrender", PURPOSE)
    except MissingExtraError:
        raise
    except Exception as error:  # pyglet 2 without a display, PyOpenGL without its library
        raise MissingExtraError("pyrender", "OpenGL 4.1", PURPOSE, _driver_advice(error)) from error


def _driver_advice(error: Exception) -> str:
    return (
        f"it does not start here ({type(error).__name__}: {error}); needed are pyglet < 2 "
        "(pip install 'flametalk[pyrender]'), and a GPU's EGL driver or Mesa's (apt install libegl1 libgl1 "
        "libglu1-mesa); for pyrender:osmesa, apt install libosmesa6 and, after pyrender, "
        "pip install --no-deps 'PyOpenGL>=3.1.7'"
    )


def _release(target: Any) -> None:
    """pyrender ends the process's whole EGL display with its context, and with it everybody else's contexts:
    here only its own goes."""
    platform = target._platform
    display, context = getattr(platform, "_egl_display", None), getattr(platform, "_egl_context", None)
    if display is None:
        target.delete()
        return
    from OpenGL import EGL

    platform.make_current()
    target._renderer.delete()
    EGL.eglMakeCurrent(display, EGL.EGL_NO_SURFACE, EGL.EGL_NO_SURFACE, EGL.EGL_NO_CONTEXT)
    EGL.eglDestroyContext(display, context)
    platform._egl_display = platform._egl_context = None
    target._platform = target._renderer = None


def _lens(pyrender: Any, camera: Camera, nearest: float, farthest: float) -> Any:
    """Our camera's projection. pyrender asks its cameras for `get_projection_matrix(width, height)`."""
    near = max(nearest - DEPTH_ROOM, camera.near) if camera.perspective else nearest - DEPTH_ROOM
    far = farthest + DEPTH_ROOM
    matrix = projection(camera, near, far)

    class Lens(pyrender.Camera):
        span = (near, far)

        def get_projection_matrix(self, width: int | None = None, height: int | None = None) -> np.ndarray:
            return matrix

    # pyrender reads its depth buffer as that of a perspective camera, so these must be greater than 0
    return Lens(znear=near, zfar=far) if camera.perspective else Lens(znear=1.0, zfar=2.0)


def _flat_depth(depth: np.ndarray, lens: Any) -> np.ndarray:
    """What pyrender took for a perspective depth buffer between 1 and 2, in metres."""
    low, high = lens.span
    part = 1 - 2 / np.where(depth > 0, depth, 1) + 1  # 0 at the near plane, 1 at the far one
    return np.where(depth > 0, low + part * (high - low), 0).astype(np.float32)


def projection(camera: Camera, near: float, far: float) -> Float64[np.ndarray, "4 4"]:
    """OpenGL's clip matrix for camera axes with y up, looking along −z."""
    w, h, (cx, cy) = camera.width, camera.height, camera.principal_point
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = 2 * camera.focal / w, 2 * camera.focal / h
    if camera.perspective:
        matrix[0, 2], matrix[1, 2] = 1 - 2 * cx / w, 2 * cy / h - 1
        matrix[2, 2], matrix[2, 3], matrix[3, 2] = (
            (far + near) / (near - far),
            2 * far * near / (near - far),
            -1,
        )
    else:
        matrix[0, 3], matrix[1, 3] = 2 * cx / w - 1, 1 - 2 * cy / h
        matrix[2, 2], matrix[2, 3], matrix[3, 3] = 2 / (near - far), (far + near) / (near - far), 1
    return matrix


def _lamps(studio: Studio) -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (np.array(lamp.direction), np.array(lamp.colour)) for lamp in (studio.key, studio.fill, studio.back)
    ]


def _turned(direction: np.ndarray) -> Float64[np.ndarray, "4 4"]:
    """A pose whose −z axis points away from the lamp: the way its light goes."""
    back = direction / np.linalg.norm(direction)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(back, right), back], -1)
    return pose


def _over(front: np.ndarray, mask: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """`front` is already dimmed by its cover."""
    return front + (1 - mask[..., None]) * behind
