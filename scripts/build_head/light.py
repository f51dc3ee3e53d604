"""Occlusion of the template: baked at rest, of the lids half shut, and of the mouth's inside open."""

import numpy as np

from flametalk.conventions import MILLIMETRES
from flametalk.render.occlusion import bake_occlusion

from .rig.pose import pose
from .rig.skinning import JAW

SHUT_SHARE = (0.0, 0.3, 0.6, 0.7, 0.8, 0.8, 0.6)  # of the lid rings' light that they have when shut
OPEN = ("AH", "OH", "EE", "L", "TH")  # speech shapes that show the mouth's inside; the lightest counts
HALF, MOST = 0.2, 1.2  # of the baked light that becomes half of the most: light bounces between wet walls
FADES = {  # depths (mm) where the light begins to fade and, behind that, where 1/e of it is left; share of it
    "mouth_sack": (97, 19, 1.0), "teeth_upper": (92, 19, 1.0), "teeth_lower": (90, 10.5, 0.75),
    "gums_upper": (92, 23, 1.0), "gums_lower": (90, 10.5, 0.75), "tongue": (82, 17, 1.0),
}  # fmt: skip
SEAM_SHARE = 0.35  # of the light of open lips that the line has along which they meet


def occlusion(template, triangles, displacements, rig, speech):
    """Per vertex, 1 = open sky, equal on both sides. `speech`: name -> (strengths, jaw) of the rig."""

    def baked(vertices):
        light = bake_occlusion(vertices.astype(np.float32), triangles.astype(np.int32))
        return 0.5 * (light + light[template.mirror])

    def posed(strengths, jaw):
        points = template.vertices + sum(value * displacements[name] for name, value in strengths.items())
        return pose(points, rig.skinning, rig.pose_basis, template.joints[JAW], jaw)

    light = baked(template.vertices)
    shut = baked(template.vertices + displacements["blink_left"] + displacements["blink_right"])
    wide = np.max([baked(posed(*speech[name])) for name in OPEN], 0)
    names, depth = template.names, template.vertices[:, 2] * MILLIMETRES
    for side in ("left", "right"):
        for ring, share in zip(names[f"lid_rings_upper_{side}"], SHUT_SHARE, strict=False):
            light[ring] += share * np.maximum(shut[ring] - light[ring], 0)
    seam = np.union1d(names["lip_seam_upper"], names["lip_seam_lower"])
    light[seam] += SEAM_SHARE * np.maximum(wide[seam] - light[seam], 0)
    for name, (front, reach, share) in FADES.items():
        ids = names[name]
        fade = share * np.exp(-((np.maximum(front - depth[ids], 0) / reach) ** 2))
        light[ids] = fade * np.minimum(MOST * wide[ids] / (wide[ids] + HALF), 1)
    return light
