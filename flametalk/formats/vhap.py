"""VHAP and what builds on it (GaussianAvatars): .npz, one FLAME head tracked over time.

`shape` (300,), `expr` (t, 100), `rotation`, `neck_pose`, `jaw_pose`, `translation` (t, 3), `eyes_pose` (t, 6,
left then right). Fewer coefficients are read too. The file tells neither the FLAME version ("flame" is noted)
nor the rate: 25 frames/s are assumed and `fps_assumed` says so in the provenance; `clip.replace(fps=30)`
corrects it. `static_offset`, a displacement of every vertex, has no place in a clip: the head is read without
it, and its largest displacement is noted as `static_offset_mm`. All-zero neck, eyes and translation are read
as none; the writer stores zeros for them. No `static_offset` or `dynamic_offset` is written.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ..clip import Clip
from ..conventions import FLAME_EXPRESSION_COLUMNS, FLAME_SHAPE_COLUMNS, MILLIMETRES, N_ROTATION
from ..files import atomic_path
from .content import Content
from .fields import build, frames, identity, numbers, same_count, used

MADE_FOR = "flame"
TRIPLES = {"rotation": "head", "jaw_pose": "jaw", "neck_pose": "neck", "translation": "translation"}
KEYS = {"shape", "expr", "eyes_pose", *TRIPLES}
OFFSET = "static_offset"


def matches(content: Content) -> bool:
    return content.container != "folder" and content.names >= {"shape", "expr", "rotation", "jaw_pose"}


def read(content: Content) -> Clip:
    expression = frames(content, "expr", FLAME_EXPRESSION_COLUMNS, fewer=True)
    arrays = {name: frames(content, name, N_ROTATION) for name in TRIPLES}
    arrays["eyes_pose"] = frames(content, "eyes_pose", 2 * N_ROTATION)
    count = same_count(content, expr=expression, **arrays)
    told: dict[str, Any] = {"fps_assumed": True}
    if OFFSET in content.names and content.get(OFFSET) is not None:
        told["static_offset_mm"] = round(
            float(np.abs(numbers(content, OFFSET)).max(initial=0)) * MILLIMETRES, 3
        )
    return build(
        content,
        KEYS,
        told,
        shape=identity(content, "shape", FLAME_SHAPE_COLUMNS, count, fewer=True),
        expression=expression,
        head=arrays["rotation"],
        jaw=arrays["jaw_pose"],
        neck=used(arrays["neck_pose"]),
        eyes=used(arrays["eyes_pose"]),
        translation=used(arrays["translation"]),
        made_for=MADE_FOR,
    )


def write(clip: Clip, path: Path) -> None:
    parts = TRIPLES | {"eyes_pose": "eyes"}
    arrays = {name: getattr(clip, part) for name, part in parts.items()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, shape=clip.shape, expr=clip.expression, **arrays)
