"""SMIRK: `pose_params` 3, `shape_params` 300, `expression_params` 50, `jaw_params` 3. Read only.

A dictionary as .npz, pickle or .pt, of one picture or with an axis of time. `cam` and `eyelid_params` (not
blendshapes of FLAME but of SMIRK's own) are left out and named in the provenance. SMIRK works picture by
picture, so 25 frames/s are assumed and `fps_assumed` says so; `clip.replace(fps=30)` corrects it. FLAME 2020.
"""

from ..clip import Clip
from ..conventions import FLAME_SHAPE_COLUMNS, N_EXPRESSION, N_ROTATION
from .content import Content
from .fields import build, frames, identity, same_count

KEYS = {"pose_params", "shape_params", "expression_params", "jaw_params"}


def matches(content: Content) -> bool:
    return content.container != "folder" and content.names >= KEYS


def read(content: Content) -> Clip:
    expression = frames(content, "expression_params", N_EXPRESSION)
    head = frames(content, "pose_params", N_ROTATION)
    jaw = frames(content, "jaw_params", N_ROTATION)
    count = same_count(content, expression_params=expression, pose_params=head, jaw_params=jaw)
    return build(
        content,
        KEYS,
        {"fps_assumed": True},
        shape=identity(content, "shape_params", FLAME_SHAPE_COLUMNS, count),
        expression=expression,
        head=head,
        jaw=jaw,
        made_for="flame2020",
    )
