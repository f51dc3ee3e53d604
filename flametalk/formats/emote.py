"""EMOTE: a pickled dictionary of `shape`, `expression`, `jaw_pose`, `global_pose`; 25 frames/s. Read only.

`shape` is one row or one per frame, up to 300 coefficients; `expression` has up to 100.
"""

from ..clip import Clip
from ..conventions import FLAME_EXPRESSION_COLUMNS, FLAME_SHAPE_COLUMNS, N_ROTATION
from .content import Content
from .fields import build, frames, identity, same_count

KEYS = {"shape", "expression", "jaw_pose", "global_pose"}


def matches(content: Content) -> bool:
    return content.container != "folder" and content.names >= KEYS


def read(content: Content) -> Clip:
    expression = frames(content, "expression", FLAME_EXPRESSION_COLUMNS, fewer=True)
    jaw = frames(content, "jaw_pose", N_ROTATION)
    head = frames(content, "global_pose", N_ROTATION)
    count = same_count(content, expression=expression, jaw_pose=jaw, global_pose=head)
    shape = identity(content, "shape", FLAME_SHAPE_COLUMNS, count, fewer=True)
    return build(content, KEYS, shape=shape, expression=expression, head=head, jaw=jaw, made_for="flame")
