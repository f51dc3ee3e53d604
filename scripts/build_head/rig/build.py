"""The rig as one value, and all expressions of the mouth."""

from dataclasses import dataclass

import numpy as np

from .correctives import jaw_correctives
from .face import MM, face_of
from .shapes_corner import corner_shapes
from .shapes_jaw import jaw_shapes
from .shapes_lip import lip_shapes
from .skinning import JAW, joint_regressor, skinning
from .tongue import tongue_shapes

SIDED = [
    "upper_lip_raise",
    "lower_lip_depress",
    "corner_up",
    "corner_down",
    "stretch",
    "dimple",
    "press",
    "puff",
]
MOUTH_NAMES = (
    *(f"{name}_{side}" for name in SIDED for side in ("left", "right")),
    *["pucker", "funnel", "roll_in_upper", "roll_in_lower", "roll_out_upper", "roll_out_lower", "bite"],
    *["jaw_forward", "jaw_side", "mouth_side", "chin_raise", "mouth_close"],
    *["tongue_out", "tongue_up", "tongue_back", "tongue_side"],
)


@dataclass(frozen=True)
class Rig:
    """How the template follows its joints. Metres."""

    skinning: np.ndarray
    """(V, 5), rows sum to one; root, neck, jaw, left eye, right eye."""
    joint_regressor: np.ndarray
    """(5, V), rows sum to one."""
    pose_basis: np.ndarray
    """(V, 3, 36): columns 9 … 17 are filled."""


@dataclass(frozen=True)
class _RigMM:
    """The same in millimetres, as the shapes use it."""

    skinning: np.ndarray
    pose_basis: np.ndarray
    hinge: np.ndarray


def build_rig(template):
    """Skinning, joint regressor and jaw correctives."""
    face = face_of(template)
    joints = template.joints * MM
    weights = skinning(face)
    basis = jaw_correctives(face, weights, joints[JAW])
    return Rig(weights, joint_regressor(face, joints), basis / MM)


def in_millimetres(template, rig):
    return _RigMM(rig.skinning, rig.pose_basis * MM, template.joints[JAW] * MM)


def build_mouth_expressions(template, rig):
    """Displacements (V, 3) in metres, by the names in `MOUTH_NAMES`."""
    face = face_of(template)
    shapes = corner_shapes(face) | lip_shapes(face) | jaw_shapes(face, in_millimetres(template, rig))
    shapes |= tongue_shapes(face)
    assert set(shapes) == set(MOUTH_NAMES)
    return {name: shapes[name] / MM for name in MOUTH_NAMES}
