"""Moving pictures: vertices in, frames out, in order, a few at a time, on all cores.

    for frame in render_frames(vertices, surface, camera): ...      # (h, w, 3) uint8

Memory does not grow with the length: chunks of vertices are asked for when they are needed, and only a few
frames per thread are ever in flight.
"""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, islice, repeat

import numpy as np
from jaxtyping import Float

from ..errors import InputError
from .backends import abilities_of, open_backend
from .camera import Camera
from .cpu import CpuRenderer
from .looks import Look
from .progress import with_progress
from .settings import Background, Settings, depth_span
from .surface import Surface

IN_FLIGHT = 3  # frames per thread


def render_frames(
    vertices: Float[np.ndarray, "n v c"] | Iterable[Float[np.ndarray, "n v c"]],
    surface: Surface,
    camera: Camera | Sequence[Camera],
    mode: str = "shaded",
    look: Look | str = "clay",
    antialias: int = 4,
    background: Background | None = None,
    two_sided: bool = True,
    depth_range: tuple[float, float] | None = None,
    threads: int | None = None,
    progress: bool = False,
    total: int | None = None,
    backend: str = "cpu",
) -> Iterator[np.ndarray]:
    """Frames as (h, w, 3) uint8, one for each row of `vertices` (an array, or chunks of frames).

    `camera` may be one per frame. `mode`: shaded, wire, normals, depth, uv, mask. `look`: clay, skin,
    a skin tone (porcelain, light, medium, tan, brown, deep) or a `Look`. `antialias`: samples a pixel, 1 to
    8. In mode "depth" white is near; the range is taken from the
    first frame and kept, unless `depth_range` (metres) is given. `threads` defaults to the cores that this
    process may use. `progress` shows a bar when it takes longer than two seconds; `total` is its length.
    `backend` is a name in `backends.BACKENDS`; all but "cpu" draw in the calling thread.
    """
    settings = Settings(mode, look, antialias, background, two_sided, depth_range)
    abilities_of(backend.partition(":")[0]).check(mode, ("colour",), antialias)
    if total is None and isinstance(vertices, np.ndarray):
        total = len(vertices)
    if total is None and not isinstance(camera, Camera):
        total = len(camera)
    frames = _frames(vertices)
    cameras = repeat(camera) if isinstance(camera, Camera) else iter(camera)
    if mode == "depth" and depth_range is None:
        settings, frames, cameras = _fix_depth(settings, frames, cameras)
    if backend == "cpu":
        pictures = _in_order(frames, cameras, surface, settings, threads or thread_count())
    else:
        pictures = _one_by_one(backend, frames, cameras, surface, settings)
    return with_progress(pictures, total) if progress else pictures


def thread_count() -> int:
    """Cores this process may use, at most what NUMBA_NUM_THREADS says."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = os.environ.get("NUMBA_NUM_THREADS", "")
    return max(1, min(cores, int(limit))) if limit.isdigit() else cores


def _frames(vertices: np.ndarray | Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Single frames; an array and an iterable of chunks are the same here."""
    chunks: Iterable[np.ndarray] = (vertices,) if isinstance(vertices, np.ndarray) else vertices
    for chunk in chunks:
        if chunk.ndim != 3:
            raise InputError(f"vertices have shape {chunk.shape}, expected frames × vertices × 3")
        yield from chunk


def _fix_depth(
    settings: Settings, frames: Iterator[np.ndarray], cameras: Iterator[Camera]
) -> tuple[Settings, Iterator[np.ndarray], Iterator[Camera]]:
    """Settings whose depth range is that of the first frame, so that the greys do not pump."""
    first, camera = list(islice(frames, 1)), list(islice(cameras, 1))
    if first and camera:
        depth = camera[0].to_camera(first[0][..., :3])[..., 2]
        low, high = (float(value) for value in depth_span(depth.astype(np.float32)))
        settings = replace(settings, depth_range=(low - 0.05 * (high - low), high))
    return settings, chain(first, frames), chain(camera, cameras)


def _one_by_one(
    backend: str,
    frames: Iterator[np.ndarray],
    cameras: Iterator[Camera],
    surface: Surface,
    settings: Settings,
) -> Iterator[np.ndarray]:
    """Frames of a back end that draws one at a time; it is opened for the first frame."""
    renderer = open_backend(backend, settings)
    try:
        for vertices, camera in zip(frames, cameras):  # noqa: B905
            picture = renderer.render(vertices, surface, camera).colour
            assert picture is not None
            yield picture
    finally:
        renderer.close()


def _in_order(
    frames: Iterator[np.ndarray],
    cameras: Iterator[Camera],
    surface: Surface,
    settings: Settings,
    threads: int,
) -> Iterator[np.ndarray]:
    """Frames of several threads in their order. Each thread has its own renderer and buffers."""
    local = threading.local()

    def draw(vertices: np.ndarray, camera: Camera) -> np.ndarray:
        if not hasattr(local, "renderer"):
            local.renderer = CpuRenderer(settings)
        picture = local.renderer.render(vertices, surface, camera).colour
        assert picture is not None
        return picture

    # a camera per frame ends the pictures with the shorter of the two
    jobs = zip(frames, cameras)  # noqa: B905
    if threads == 1:
        for vertices, camera in jobs:
            yield draw(vertices, camera)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="flametalk-render")
    waiting: deque[Future[np.ndarray]] = deque()
    try:
        for vertices, camera in jobs:
            waiting.append(pool.submit(draw, vertices, camera))
            if len(waiting) >= IN_FLIGHT * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
