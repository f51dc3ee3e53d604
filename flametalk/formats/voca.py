"""VOCA: .npy with a pickled dictionary of `shape` (300,), `pose` (t, 15), `expression` (t, 100). Read only.

60 frames/s, the rate of VOCASET. The pose is FLAME's full one: head, neck, jaw, left eye, right eye; all-zero
neck and eyes are read as none. Its FLAME is older than 2020 and not stated in the file ("flame" is noted).
"""

from ..clip import Clip
from ..conventions import (
    FLAME_EXPRESSION_COLUMNS,
    FLAME_SHAPE_COLUMNS,
    JAW_JOINT,
    LEFT_EYE,
    N_JOINTS,
    N_ROTATION,
    NECK,
    RIGHT_EYE,
    ROOT,
)
from .content import Content
from .fields import build, frames, identity, same_count, used

KEYS = {"shape", "pose", "expression"}
FPS = 60.0


def matches(content: Content) -> bool:
    return content.container != "folder" and content.names >= KEYS


def read(content: Content) -> Clip:
    expression = frames(content, "expression", FLAME_EXPRESSION_COLUMNS, fewer=True)
    pose = frames(content, "pose", N_JOINTS * N_ROTATION)
    count = same_count(content, expression=expression, pose=pose)
    joints = pose.reshape(count, N_JOINTS, N_ROTATION)
    return build(
        content,
        KEYS,
        shape=identity(content, "shape", FLAME_SHAPE_COLUMNS, count, fewer=True),
        expression=expression,
        head=joints[:, ROOT],
        neck=used(joints[:, NECK]),
        jaw=joints[:, JAW_JOINT],
        eyes=used(joints[:, [LEFT_EYE, RIGHT_EYE]].reshape(count, 2 * N_ROTATION)),
        fps=FPS,
        made_for="flame",
    )
