"""DiffPoseTalk: .npz with `shape` (t, 100), `exp` (t, 50), `pose` (t, 6: head, jaw); and an identity alone.

25 frames/s, FLAME 2020. `shape` may also be one row. Its own tracker sets the jaw's y and z to zero; here
they are kept as they are. The identity is an .npy (100,), read as one frame at rest.
"""

from pathlib import Path

import numpy as np

from ..clip import Clip
from ..conventions import HEAD, N_EXPRESSION, N_ROTATION, N_SHAPE, POSE
from ..errors import FormatError
from ..files import atomic_path
from .content import Content
from .fields import build, finite, frames, identity, same_count

MADE_FOR = "flame2020"
KEYS = {"shape", "exp", "pose"}
N_POSE = POSE.stop - POSE.start
N_HEAD = HEAD.stop - HEAD.start


def matches(content: Content) -> bool:
    return content.container != "folder" and content.names >= KEYS


def read(content: Content) -> Clip:
    expression = frames(content, "exp", N_EXPRESSION)
    pose = frames(content, "pose", N_POSE)
    count = same_count(content, exp=expression, pose=pose)
    return build(
        content,
        KEYS,
        shape=identity(content, "shape", N_SHAPE, count),
        expression=expression,
        head=pose[:, :N_HEAD],
        jaw=pose[:, N_HEAD:],
        made_for=MADE_FOR,
    )


def write(clip: Clip, path: Path) -> None:
    pose = np.concatenate([clip.head, clip.jaw], axis=1)
    shape = np.ascontiguousarray(clip.shapes())
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, shape=shape, exp=clip.expression, pose=pose)


def matches_identity(content: Content) -> bool:
    return content.array is not None and content.array.shape in ((N_SHAPE,), (1, N_SHAPE))


def read_identity(content: Content) -> Clip:
    if not matches_identity(content):
        shape = None if content.array is None else content.array.shape
        raise FormatError(content.path, f"has shape {shape}, expected ({N_SHAPE},): an identity")
    rest = np.zeros((1, N_ROTATION), np.float32)
    return build(
        content,
        set(),
        shape=finite(content, content.array, None).reshape(N_SHAPE),
        expression=np.zeros((1, N_EXPRESSION), np.float32),
        head=rest,
        jaw=rest,
        made_for=MADE_FOR,
    )


def write_identity(clip: Clip, path: Path) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, clip.shapes()[0], allow_pickle=False)
