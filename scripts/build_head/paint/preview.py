"""Pictures of a painted head: the renderer's light, taken apart from its colours and put on the albedo."""

from dataclasses import replace

import numpy as np

from flametalk.render.camera import perspective
from flametalk.render.cpu import CpuRenderer, Settings
from flametalk.render.eyes import head_gaze
from flametalk.render.looks import LIPS, SKIN, SKIN_LOOK
from flametalk.render.occlusion import bake_occlusion
from flametalk.render.surface import from_faces

from ..surface import triangulate
from .tones import encode, linear

SUPERSAMPLING = 2
WHITE = 200.0  # grey that the light is measured on
# Yaw, pitch in degrees, centre and visible height in mm.
VIEWS = {
    "front": (0, 0, (0, -30, 40), 260),
    "three-quarter": (38, 4, (0, -30, 30), 260),
    "profile": (90, 0, (0, -30, 20), 260),
    "face": (0, 0, (0, -34, 70), 150),
    "eyes": (0, 0, (0, 6, 80), 62),
    "eye": (12, 0, (31, 6, 80), 46),
    "mouth": (14, 0, (0, -66, 90), 60),
    "ear": (78, 0, (75, -18, -8), 90),
    "back": (150, 20, (0, -10, 0), 260),
}


def make_surface(template):
    """The template as the renderer takes it."""
    triangles, face_of = triangulate(template.quads)
    corners, _ = triangulate(template.uv_quads)
    rest, faces = template.vertices.astype(np.float32), triangles.astype(np.int32)
    materials = template.material[face_of]
    return from_faces(
        faces,
        len(rest),
        materials=materials,
        occlusion=bake_occlusion(rest, faces),
        quads=template.quads,
        gaze=head_gaze(rest, faces, materials),
        uv=template.uv.astype(np.float32),
        uv_faces=corners.astype(np.int32),
    )


def view_camera(name, width, height):
    """A camera of `VIEWS` for pictures of this size."""
    yaw, pitch, centre, span = VIEWS[name]
    yaw, pitch = np.radians([yaw, pitch])
    away = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    target = np.array(centre) / 1e3
    return perspective(target + 0.9 * away, target, width, height, 2 * np.arctan(span / 1.8e3))


def sample(texture, uv):
    """Bilinear: texture (size, size, c) linear light, uv (N, 2) with v up."""
    size = len(texture)
    x, y = uv[:, 0] * size - 0.5, (1 - uv[:, 1]) * size - 0.5
    column, row = np.clip(x.astype(int), 0, size - 2), np.clip(y.astype(int), 0, size - 2)
    a, b = (x - column)[:, None], (y - row)[:, None]
    top = texture[row, column] * (1 - a) + texture[row, column + 1] * a
    low = texture[row + 1, column] * (1 - a) + texture[row + 1, column + 1] * a
    return top * (1 - b) + low * b


def _unbend(value):
    """Inverse of the renderer's shoulder above 0.7."""
    return np.where(value > 0.7, 0.7 + 0.09 / np.maximum(1.0 - value, 0.004) - 0.3, value)


def _bend(value):
    over = np.maximum(value - 0.7, 0)
    return np.minimum(value, 0.7) + 0.3 - 0.09 / (over + 0.3)


def picture(vertices, surface, albedo, view="front", size=(420, 480), look=SKIN_LOOK):
    """(h, w, 3) uint8; `albedo` as `compose` gives it."""
    width, height = (side * SUPERSAMPLING for side in size)
    camera = view_camera(view, width, height)
    flat = {
        grey: replace(
            look, skin=replace(look.skin, colour=(grey,) * 3), lips=replace(look.lips, colour=(grey,) * 3)
        )
        for grey in (WHITE, 0.0)
    }

    def draw(look, *passes):
        return CpuRenderer(Settings(look=look)).render(vertices, surface, camera, ("colour", *passes))

    lit, dark = draw(flat[WHITE], "uv", "face"), draw(flat[0.0])
    hit = lit.face >= 0
    hit[hit] = np.isin(surface.materials[lit.face[hit]], (SKIN, LIPS))
    out = linear(lit.colour)
    shine = _unbend(linear(dark.colour[hit]))
    light = (_unbend(out[hit]) - shine) / linear(WHITE)
    out[hit] = _bend(shine + light * sample(linear(albedo), lit.uv[hit]))
    out = out.reshape(size[1], SUPERSAMPLING, size[0], SUPERSAMPLING, 3).mean((1, 3))
    return encode(out)
