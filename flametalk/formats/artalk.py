"""ARTalk: `.pt`, one tensor (t, 106) of 100 expression coefficients, head and jaw; 25 frames/s. Read only.

It holds no identity: the shape is zero. Which FLAME version it is for is not stated ("flame" is noted).
"""

import numpy as np

from ..clip import Clip
from ..conventions import FLAME_EXPRESSION_COLUMNS, N_ROTATION, N_SHAPE
from .content import Content
from .fields import build, has_columns, lone_array

EXPRESSION = slice(0, FLAME_EXPRESSION_COLUMNS)
HEAD = slice(EXPRESSION.stop, EXPRESSION.stop + N_ROTATION)
JAW = slice(HEAD.stop, HEAD.stop + N_ROTATION)


def matches(content: Content) -> bool:
    return has_columns(content, JAW.stop)


def read(content: Content) -> Clip:
    motion = lone_array(content, JAW.stop, "expression, head, jaw")
    return build(
        content,
        set(),
        shape=np.zeros(N_SHAPE, np.float32),
        expression=motion[:, EXPRESSION],
        head=motion[:, HEAD],
        jaw=motion[:, JAW],
        made_for="flame",
    )
