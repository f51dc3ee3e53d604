"""Meshes frame by frame: where the vertices come from, and how numbered files are written.

A sequence is written into a hidden folder beside the wanted one and moved when it is complete: an error, a
full disk or Ctrl-C leaves nothing behind. Memory does not grow with length.
"""

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, Int32

from ..clip import Clip
from ..errors import FileError, InputError
from ..files import reason
from ..head import Head
from .scene import topology
from .settings import ExportSettings

BLOCK: Final = 32  # frames computed at once
THREADS: Final = 2
DIGITS: Final = 5

Buffers = Sequence[bytes | np.ndarray]


@dataclass(frozen=True, eq=False)
class Topology:
    """What stays the same from frame to frame."""

    n_vertices: int
    faces: Int32[np.ndarray, "f 3"]
    polygons: Int32[np.ndarray, "q 4"]  # −1 in the last column marks a triangle
    uv: Float32[np.ndarray, "c 2"] | None = None  # v up
    uv_faces: Int32[np.ndarray, "f 3"] | None = None
    uv_polygons: Int32[np.ndarray, "q 4"] | None = None


@dataclass(frozen=True, eq=False)
class MeshSequence:
    """t frames of one mesh, in metres, +y up. `blocks()` computes them, a few at a time."""

    topology: Topology
    n_frames: int
    fps: float
    blocks: Callable[[], Iterator[Float32[np.ndarray, "b v 3"]]]


def mesh_sequence(clip: Clip, head: Head, settings: ExportSettings) -> MeshSequence:
    """The head's own mesh, or with `settings.detail` the fine one."""
    if settings.detail:
        from .detail import detail_sequence

        return detail_sequence(clip, head)

    def blocks() -> Iterator[np.ndarray]:
        for vertices in clip.vertex_chunks(head, BLOCK):
            yield vertices.float().cpu().numpy()

    return MeshSequence(head_topology(head), clip.n_frames, clip.fps, blocks)


def head_topology(head: Head) -> Topology:
    """The head's triangles, quads and texture coordinates."""
    parts = topology(head)
    del parts["polygon_of_face"]
    return Topology(head.n_vertices, **parts)


def write_frames(
    path: Path, sequence: MeshSequence, encode: Callable[[Float32[np.ndarray, "v 3"]], Buffers]
) -> list[Path]:
    """`frames/*.obj` becomes `frames/frame_00000.obj` and on, `talk_*.obj` becomes `talk_00000.obj` and on;
    a name without a star is for one frame. Gives the paths."""
    paths = frame_paths(path, sequence.n_frames)
    with _folder_in_waiting(paths) as folder, ThreadPoolExecutor(THREADS) as pool:

        def write(number: int, vertices: np.ndarray) -> None:
            with (folder / paths[number].name).open("wb", buffering=0) as file:
                for part in encode(vertices):
                    view = memoryview(part if isinstance(part, bytes) else part.data).cast("B")
                    while view:  # an unbuffered write may take less than it was given
                        view = view[file.write(view) :]

        running: list[Future[None]] = []
        first = 0
        for block in sequence.blocks():
            started = [pool.submit(write, first + k, vertices) for k, vertices in enumerate(block)]
            _finish(running)
            running, first = started, first + len(block)
        _finish(running)
    return paths


def frame_paths(path: Path, frames: int) -> list[Path]:
    """The files of a sequence."""
    if "*" in str(path.parent) or path.name.count("*") > 1:
        raise InputError(f"'{path}': one star, in the file's name, stands for the frame number")
    if "*" not in path.name:
        if frames > 1:
            raise InputError(
                f"'{path.name}' holds one frame and the clip has {frames}: "
                f"write '{path.stem}_*{path.suffix}' for numbered files, or cut the clip to one frame"
            )
        return [path]
    before, after = path.name.split("*")
    before = before or "frame_"
    digits = max(DIGITS, len(str(frames - 1)))
    paths = [path.parent / f"{before}{k:0{digits}d}{after}" for k in range(frames)]
    beyond = path.parent / f"{before}{frames:0{digits}d}{after}"
    if beyond.exists():
        raise InputError(
            f"{path.parent} holds frames of a longer sequence ({beyond.name} and on), which would be mixed "
            "with these: remove them first"
        )
    return paths


@contextmanager
def _folder_in_waiting(paths: Sequence[Path]) -> Iterator[Path]:
    """A hidden folder on the same disk; its files take their places when the block ends well."""
    target = paths[0].parent
    waiting = target / f".{paths[0].stem}.{secrets.token_hex(4)}"
    new = not target.exists()
    try:
        try:
            waiting.mkdir(parents=True)
        except OSError as error:
            raise FileError(paths[0], f"cannot write here ({reason(error)})") from error
        try:
            yield waiting
            for path in paths:
                (waiting / path.name).replace(path)
        except OSError as error:
            if isinstance(error, FileError):
                raise
            raise FileError(paths[0], f"writing failed ({reason(error)})") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
        if new and target.is_dir() and not any(target.iterdir()):
            target.rmdir()


def _finish(running: Iterable[Future[None]]) -> None:
    for each in running:
        each.result()
