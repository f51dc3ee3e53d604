"""The 52 ARKit shapes as morph targets, for engines that are driven by a phone or by its curves.

Each is the head's mesh with that shape fully on: jaw, tongue and lids are in it, the turn of the eyeballs is
not, which the eye joints do. Sums of such shapes are what every ARKit rig shows; they are not exactly the
clip, so the error they leave is measured and told.
"""

import numpy as np
import torch
from jaxtyping import Float64

from ..clip import Clip
from ..conventions import JAW_JOINT, LEFT_EYE, N_JOINTS, RIGHT_EYE, ROOT
from ..head import Head
from ..motion.arkit import arkit_table, to_arkit
from ..motion.arkit_names import ARKIT_NAMES, N_ARKIT
from ..rotations import matrix_from_axis_angle
from .targets import Targets


def arkit_targets(clip: Clip, head: Head, shape: Float64[np.ndarray, "s"]) -> Targets:
    """Targets in the order of `ARKIT_NAMES`, with the weights that the solver finds for the clip."""
    expression, jaw, eyes = (torch.from_numpy(part).double() for part in arkit_table(head).split())
    pose = torch.zeros(N_ARKIT + 1, N_JOINTS, 3, dtype=torch.float64)
    pose[1:, JAW_JOINT] = jaw
    double = head.to(dtype=torch.float64)
    face = torch.from_numpy(shape)[None]
    shown = torch.cat([torch.zeros_like(expression[:1]), expression])
    vertices = double.vertices(face, shown, pose).numpy()
    turned = torch.zeros(N_ARKIT, N_JOINTS, 3, dtype=torch.float64)
    turned[:, LEFT_EYE], turned[:, RIGHT_EYE] = eyes[:, :3], eyes[:, 3:]
    features = (matrix_from_axis_angle(turned)[:, ROOT + 1 :] - torch.eye(3)).flatten(1)
    lids = torch.einsum("vcp,kp->kvc", double.pose_basis, features).numpy()
    offsets = vertices[1:] - vertices[:1] + lids
    return Targets(ARKIT_NAMES, offsets, to_arkit(clip, head).weights.astype(np.float64))
