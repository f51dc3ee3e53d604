"""Pictures of a painted head."""

from dataclasses import replace

import numpy as np

from flametalk.render.camera import perspective
from flametalk.render.cpu import CpuRenderer, Settings
from flametalk.render.eyes import head_gaze
from flametalk.render.looks import LOOKS
from flametalk.render.occlusion import bake_occlusion
from flametalk.render.surface import from_faces
from flametalk.render.texture import read_texture

from ..surface import triangulate

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


def picture(vertices, surface, albedo, view="front", size=(420, 480), look=LOOKS["skin"]):
    """(h, w, 3) uint8; `albedo` as `flametalk.render.skin.compose` gives it."""
    camera = view_camera(view, *size)
    worn = replace(surface, texture=read_texture(albedo))
    return CpuRenderer(Settings(look=look, antialias=8)).render(vertices, worn, camera).colour
