"""UniTalker: .npy (t, 413): shape 300, expression 100, jaw 3, rotation 6, translation 3, scale 1. Read only.

30 frames/s. Shape, expression and jaw are read. Rotation (six numbers), translation and scale place the head
in a picture, about another centre than FLAME's root joint: they are left out and named in the provenance.
"""

import numpy as np

from ..clip import Clip
from ..conventions import FLAME_EXPRESSION_COLUMNS, FLAME_SHAPE_COLUMNS, N_ROTATION
from .content import Content
from .fields import build, has_columns, lone_array

FPS = 30.0
COLUMNS = 413
SHAPE = slice(0, FLAME_SHAPE_COLUMNS)
EXPRESSION = slice(SHAPE.stop, SHAPE.stop + FLAME_EXPRESSION_COLUMNS)
JAW = slice(EXPRESSION.stop, EXPRESSION.stop + N_ROTATION)


def matches(content: Content) -> bool:
    return has_columns(content, COLUMNS)


def read(content: Content) -> Clip:
    data = lone_array(content, COLUMNS, "shape and expression, jaw, rotation, translation, scale")
    shape = data[:, SHAPE]
    return build(
        content,
        set(),
        {"not_kept": ["rotation", "translation", "scale"]},
        shape=shape[0] if (shape == shape[0]).all() else shape,
        expression=data[:, EXPRESSION],
        head=np.zeros((len(data), N_ROTATION), np.float32),
        jaw=data[:, JAW],
        fps=FPS,
        made_for="flame",
    )
