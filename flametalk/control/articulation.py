"""Keeping articulation while something is laid over it: what parts the lips, and where they must meet.

A pose laid over speech is split by what it does to the lips of the head, measured on its surface. The part
that moves the inner lips apart or past each other is taken back by the smallest change of coefficients, those
that the pose uses first. Where the speaking lips touch, all of it goes.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Float64
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from ..clip import Clip
from ..conventions import JAW_JOINT, N_JOINTS
from ..errors import InputError
from ..head import Head
from ..metrics.mouth import lip_gaps

PAIRS = ((61, 67), (62, 66), (63, 65))  # inner lips, upper and lower, among the 68 landmarks
TOUCH, CLEAR = 1.2e-3, 4.0e-3  # metres: lips touch; they are clear of each other
SIDEWAYS, STEADY = 1, 0.7  # frames by which a contact is widened, and over which it is smoothed
ROUNDS, STEP = 3, 1e-4  # of the correction on the posed surface; metres at which it is good enough
DAMPING = 1e-3  # of the largest diagonal entry
OTHERS = 0.05  # readiness of unused coefficients to change, of that of the most used one


@dataclass(frozen=True, eq=False)
class Lips:
    """How each expression coefficient moves the inner lips: heights and depths between them, metres."""

    head: Head
    rows: Float64[np.ndarray, "r e"]


@lru_cache(maxsize=4)
def lips_of(head: Head) -> Lips:
    if "ibug68" not in head.landmarks:
        raise InputError(
            f"the head '{head.name}' has no 68 landmarks, by which articulation is protected: "
            "`flametalk assets add landmarks FILE`, or lay the emotion on with protect=0"
        )
    moved = head.template + head.expression_basis.permute(2, 0, 1)
    points = head.landmark_points(torch.cat([head.template[None], moved]))
    upper, lower = (points[:, [pair[i] for pair in PAIRS], 1:] for i in (0, 1))
    apart = (upper - lower).double().cpu().numpy()
    return Lips(head, (apart[1:] - apart[0]).reshape(len(moved), -1).T)


def split(lips: Lips, pose: Float[np.ndarray, "e"]) -> tuple[np.ndarray, np.ndarray]:
    """(what leaves the lips alone, what parts or shears them): the two add up to `pose`."""
    pose = np.asarray(pose, np.float64)
    rows = lips.rows[:, : len(pose)]
    parting = _take_back(rows, pose) @ (rows @ pose)
    return pose - parting, parting


def _take_back(rows: np.ndarray, pose: np.ndarray) -> Float64[np.ndarray, "e r"]:
    """Per metre between the lips, the coefficients that make it; those of the pose come first."""
    used = np.abs(pose)
    weighted = rows * (used + OTHERS * max(float(used.max()), 1e-9))
    gram = weighted @ rows.T
    damping = DAMPING * max(float(gram.diagonal().max()), 1e-18)
    return weighted.T @ np.linalg.inv(gram + damping * np.eye(len(rows)))


def contacts(clip: Clip, head: Head) -> Float64[np.ndarray, "t"]:
    """1 where the lips touch, 0 where they are clear; smooth in time, and never below what is seen."""
    near = np.clip((CLEAR - lip_gaps(clip, head).astype(np.float64)) / (CLEAR - TOUCH), 0.0, 1.0)
    near = near * near * (3 - 2 * near)
    wide = maximum_filter1d(near, 2 * SIDEWAYS + 1, mode="nearest")
    return np.maximum(near, gaussian_filter1d(wide, STEADY, mode="nearest"))


def close_again(
    clip: Clip, before: Clip, contact: Float[np.ndarray, "t"], head: Head, pose: Float[np.ndarray, "e"]
) -> Clip:
    """Where the lips of `before` touched, those of `clip` get the same gap again; elsewhere nothing changes.

    The jaw turns, so the linear split leaves a residue; it is measured on the posed lips and taken back.
    """
    lips = lips_of(head)
    rows = lips.rows[:, : clip.expression.shape[1]]
    undo = _take_back(rows, np.asarray(pose, np.float64))
    frames = np.flatnonzero(contact > 0.02)
    if not len(frames):
        return clip
    wanted, expression = _apart(before, head, frames), clip.expression.astype(np.float64)
    for _ in range(ROUNDS):
        now = clip.replace(expression=expression)
        excess = (_apart(now, head, frames) - wanted) * contact[frames, None]
        if np.abs(excess).max() < STEP:
            break
        expression[frames] -= excess @ undo.T
    return clip.replace(expression=expression)


def _apart(clip: Clip, head: Head, frames: np.ndarray) -> Float64[np.ndarray, "k r"]:
    """Heights and depths between the inner lips in an upright head."""
    pose = np.zeros((len(frames), N_JOINTS, 3), np.float32)
    pose[:, JAW_JOINT] = clip.jaw[frames]
    found = []
    for part in np.array_split(np.arange(len(frames)), max(1, len(frames) // 64)):
        points = head.landmark_points(
            head.vertices(
                torch.from_numpy(np.array(clip.shapes()[frames[part]])),
                torch.from_numpy(clip.expression[frames[part]]),
                torch.from_numpy(pose[part]),
            )
        )
        upper, lower = (points[:, [pair[i] for pair in PAIRS], 1:] for i in (0, 1))
        found.append((upper - lower).flatten(1).double().cpu().numpy())
    return np.concatenate(found)
