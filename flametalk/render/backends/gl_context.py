"""An OpenGL context without a window, and the mesh and paint in its memory."""

import sys
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Float32

from ...errors import InputError, MissingExtraError
from ...extras import require
from ..looks import Look
from ..packing import Paint, paint
from ..surface import Surface

PURPOSE: Final = "drawing with OpenGL"
WIDTH: Final = 2048  # texels a row of the texture that holds the mesh
CORNER: Final = "3i 4f 3f 4f 2f 2i"
NAMES: Final = ("triangle", "paint", "answer", "places", "areas", "kinds")


def open_context(device: int | None = None) -> Any:
    """On Linux through EGL: a GPU (by number), or Mesa's software driver. Elsewhere the system's own."""
    moderngl = require("moderngl", "gl", PURPOSE)
    options: dict[str, Any] = {"standalone": True, "require": 330}
    if sys.platform == "linux":
        options |= {"backend": "egl", "libgl": "libGL.so.1", "libegl": "libEGL.so.1"}
        options |= {} if device is None else {"device_index": device}
    elif device is not None:
        raise InputError(f"gl:{device}: a GPU can be chosen by number on Linux only; say gl")
    try:
        return moderngl.create_context(**options)
    except Exception as error:  # moderngl and glcontext raise nothing narrower
        raise MissingExtraError(
            "gl", "OpenGL 3.3", PURPOSE, f"no driver answers ({error}); {_advice(device)}"
        ) from error


def _advice(device: int | None) -> str:
    if device is not None:
        return f"is there a GPU number {device}? 'gl' alone takes the first"
    if sys.platform == "linux":
        return "install the GPU's driver, or Mesa's: apt install libegl1 libgl1 (dnf: mesa-libEGL mesa-libGL)"
    return "install the GPU's driver"


def shader(name: str) -> str:
    """The text of one of our shaders."""
    return (files(__package__) / "shaders" / f"{name}.glsl").read_text("utf-8")


def put(program: Any, **values: Any) -> None:
    """Set uniforms; those that the compiler found unused do not exist, and lists may be shorter."""
    for name, value in values.items():
        if name not in program:
            continue
        uniform = program[name]
        if isinstance(value, np.ndarray):
            rows = value[: uniform.array_length] if uniform.array_length > 1 else value
            uniform.write(np.ascontiguousarray(rows, np.float32).tobytes())
        else:
            uniform.value = value


@dataclass(frozen=True, eq=False)
class Dress:
    """A surface in the look of a picture: one row a corner, and the skin's texture."""

    surface: Surface
    look: Look
    coat: Paint
    corners: Any  # buffer; see CORNER
    skin: Any  # texture of linear light and the share of the highlight

    def release(self) -> None:
        self.corners.release()
        self.skin.release()


def dress(context: Any, surface: Surface, look: Look) -> Dress:
    coat = paint(surface, look)
    return Dress(surface, look, coat, context.buffer(_corner_rows(surface, coat)), _skin(context, coat))


def _corner_rows(surface: Surface, coat: Paint) -> bytes:
    count = 3 * len(surface.faces)
    kinds = [("triangle", "i4", 3), ("paint", "f4", 4), ("answer", "f4", 3), ("places", "f4", 4)]
    rows = np.zeros(count, [*kinds, ("areas", "f4", 2), ("kinds", "i4", 2)])
    gaze = surface.gaze[surface.faces]
    edges = gaze[:, 1:] - gaze[:, :1]
    turn = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    rows["triangle"] = np.repeat(surface.faces, 3, axis=0)
    rows["paint"] = coat.corners[..., :4].reshape(count, 4)
    rows["answer"] = coat.corners[..., 4:].reshape(count, 3)
    if surface.uv is not None and surface.uv_faces is not None:
        rows["places"][:, :2] = surface.uv[surface.uv_faces].reshape(count, 2)
    rows["places"][:, 2:] = gaze.reshape(count, 2)
    rows["areas"] = np.repeat(np.stack([coat.areas, turn], -1), 3, axis=0)
    rows["kinds"][:, 0] = np.repeat(surface.materials, 3)
    rows["kinds"][:, 1] = np.repeat(surface.edges @ np.array([1, 2, 4]), 3)
    return rows.tobytes()


def _skin(context: Any, coat: Paint) -> Any:
    light: Float32[np.ndarray, "h w 4"] = (
        coat.pyramid.level(0) if len(coat.pyramid.levels) else np.ones((1, 1, 4), np.float32)
    )
    height, width = light.shape[:2]
    texture = context.texture((width, height), 4, light.astype(np.float16).tobytes(), dtype="f2")
    texture.repeat_x = texture.repeat_y = False
    texture.build_mipmaps()
    texture.filter = (context.LINEAR_MIPMAP_LINEAR, context.LINEAR)
    return texture


def coat_uniforms(coat: Paint) -> dict[str, Any]:
    """Lamps, studio and eyes as `colour_fragment.glsl` names them."""
    return {
        "lamp_direction": coat.lamps[:, :3],
        "lamp_colour": coat.lamps[:, 3:6],
        "lamp_shine": coat.lamps[:, 6],
        "sky": coat.studio[:3],
        "ground": coat.studio[3:6],
        "rim": float(coat.studio[6]),
        "exposure": float(coat.studio[7]),
        "wrap": coat.studio[8:],
        "inside": coat.inside[:3],
        "inside_answer": coat.inside[3:],
        "eye_colour": coat.eye[:15].reshape(5, 3),
        "eye_shape": coat.eye[15:],
    }


def mesh_rows(n_vertices: int) -> int:
    return -(-2 * n_vertices // WIDTH)


def mesh_texels(
    vertices: Float[np.ndarray, "v 3"], normals: Float[np.ndarray, "v 3"]
) -> Float32[np.ndarray, "_ 4"]:
    """Place and normal, one texel each."""
    texels = np.zeros((mesh_rows(len(vertices)) * WIDTH, 4), np.float32)
    texels[: 2 * len(vertices) : 2, :3] = vertices
    texels[1 : 2 * len(vertices) : 2, :3] = normals
    return texels
