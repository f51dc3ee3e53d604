"""Draws the posed template with the library's renderer, eyebrows painted on so that brows can be judged."""

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

from flametalk.render.camera import perspective
from flametalk.render.cpu import CpuRenderer, Settings
from flametalk.render.eyes import head_gaze
from flametalk.render.surface import from_faces

from ..surface import triangulate

DISTANCE = 0.9  # metres from the camera to the target
HAIR = np.array([0.40, 0.33, 0.30])  # what the brow's hair leaves of each colour
THICKNESS = (2.6, 3.0, 2.7, 2.0, 0.9)  # mm from the inner end to the tip, half of it on either side


def brow_curve(template, side):
    """A gentle arch through the brow line, and the thickness of the hair along it."""
    line = template.vertices[template.names[f"brow_line_{side}"]] * 1e3
    x = np.abs(line[:, 0])
    fine = np.linspace(x.min() + 3, x.max() - 1, 90)
    height, depth = (np.polyval(np.polyfit(x, line[:, axis], 2), fine) for axis in (1, 2))
    curve = np.stack([fine * np.sign(line[0, 0]), height, depth], 1)
    return curve, np.interp(np.linspace(0, 1, 90), np.linspace(0, 1, len(THICKNESS)), THICKNESS)


class Painter:
    """Pictures of one template."""

    def __init__(self, template, look="skin", brows=True):
        self.triangles, face_of = triangulate(template.quads)
        rest = template.vertices.astype(np.float32)
        materials = template.material[face_of]
        faces = self.triangles.astype(np.int32)
        self.surface = from_faces(
            faces,
            len(rest),
            materials=materials,
            quads=template.quads,
            gaze=head_gaze(rest, faces, materials),
        )
        self.rest = template.vertices * 1e3
        self.renderer = CpuRenderer(Settings(look=look))
        self.brows = [brow_curve(template, side) for side in ("left", "right")] if brows else []
        self.skin = materials == 0

    def tile(self, points, yaw=0.0, pitch=0.0, centre=(0, -28, 70), span=170, size=300):
        """A square picture; `centre` and `span` in millimetres, the turn in degrees."""
        yaw, pitch = np.radians([yaw, pitch])
        away = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        target = np.array(centre) / 1e3
        view = 2 * np.arctan(span / 2e3 / DISTANCE)
        camera = perspective(target + DISTANCE * away, target, size, size, view)
        passes = self.renderer.render(points, self.surface, camera, ("colour", "face", "barycentric"))
        colour = passes.colour.astype(float)
        hit = passes.face >= 0
        hit[hit] = self.skin[passes.face[hit]]
        corners = self.rest[self.triangles[passes.face[hit]]]
        place = np.einsum("nk,nkc->nc", passes.barycentric[hit], corners)
        for curve, thickness in self.brows:
            apart, nearest = cKDTree(curve).query(place, distance_upper_bound=8)
            reach = thickness[np.minimum(nearest, len(curve) - 1)]
            hair = np.clip((reach + 0.8 - apart) / 1.6, 0, 1) * 0.8
            colour[hit] *= 1 - hair[:, None] * (1 - HAIR)
        return Image.fromarray(colour.astype(np.uint8))
