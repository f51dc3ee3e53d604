"""Frames a second of the renderers on this machine: `python scripts/bench_render.py`.

512 × 512 pixels, about 10,000 triangles, vertices changing every frame, colour to NumPy. Medians of the
rates and the least processor time; run it on an otherwise idle machine. `--head` draws the built-in head,
with its painted skin too.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from flametalk.errors import FlametalkError
from flametalk.normals import vertex_normals, vertex_normals_reference
from flametalk.render import CpuRenderer, Settings, Surface, frame_head, from_faces, from_head, render_frames
from flametalk.render.animate import thread_count
from flametalk.render.reference import ReferenceRenderer


def lumpy_ball(rings: int = 71) -> tuple[np.ndarray, np.ndarray]:
    """A displaced sphere of about 2 · rings² triangles that fills as much of the picture as a head."""
    height, turn = np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, rings, endpoint=False)
    t, p = np.meshgrid(height, turn, indexing="ij")
    bump = 1 + 0.12 * np.sin(3 * p) * np.sin(t) ** 2 + 0.1 * np.sin(5 * t)
    points = np.stack([np.sin(t) * np.sin(p), 1.2 * np.cos(t), np.sin(t) * np.cos(p)], -1) * bump[..., None]
    i, j = (a.ravel() for a in np.meshgrid(np.arange(rings - 1), np.arange(rings), indexing="ij"))
    k = (j + 1) % rings
    a, b, c, d = i * rings + j, (i + 1) * rings + j, (i + 1) * rings + k, i * rings + k
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return (points.reshape(-1, 3) * 0.1).astype(np.float32), faces.astype(np.int32)


def rate(run: Callable[[], int], repeats: int) -> tuple[float, float]:
    """Median frames a second of `run`, which says how many frames it drew; and the least milliseconds of
    processor time a frame, which other programs disturb less."""
    run()
    rates, costs = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        frames = run()
        costs.append(1000 * (time.process_time() - busy) / frames)
        rates.append(frames / (time.perf_counter() - start))
    return statistics.median(rates), min(costs)


def first_use() -> tuple[float, float]:
    """Seconds of a process that draws one picture: with an empty cache, and with a filled one."""
    code = (
        "import numpy as np; from flametalk.render import CpuRenderer, from_faces, perspective;"
        "CpuRenderer().render(np.eye(3, dtype=np.float32), from_faces(np.array([[0, 1, 2]])),"
        " perspective((0, 0, 5), (0, 0, 0), 64, 64))"
    )
    with tempfile.TemporaryDirectory() as folder:
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", code], check=True, env=os.environ | {"NUMBA_CACHE_DIR": folder}
            )
            seconds.append(time.perf_counter() - start)
    return seconds[0], seconds[1]


def pyrender_rate(
    vertices: np.ndarray, faces: np.ndarray, size: int, repeats: int
) -> tuple[float, float] | None:
    """The same picture through pyrender (EGL), where it is installed."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    try:
        import pyrender
    except Exception as error:  # OpenGL libraries raise what they like when they are missing
        print(f"pyrender: left out ({type(error).__name__}: {error})")
        return None
    renderer = pyrender.OffscreenRenderer(size, size)
    camera = frame_head(vertices, width=size, height=size)

    def run() -> int:
        scene = pyrender.Scene(bg_color=(1.0, 1.0, 1.0))
        scene.add(
            pyrender.Mesh([pyrender.Primitive(vertices, vertex_normals(vertices, faces), indices=faces)])
        )
        scene.add(pyrender.DirectionalLight(intensity=3.0), pose=camera.opengl_pose)
        scene.add(pyrender.PerspectiveCamera(camera.field_of_view), pose=camera.opengl_pose)
        renderer.render(scene)
        return 1

    return rate(run, repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="pixels a side")
    parser.add_argument("--frames", type=int, default=100, help="frames of a run")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--head", action="store_true", help="draw the built-in head instead of the test mesh")
    options = parser.parse_args()

    vertices, faces = lumpy_ball()
    surface: Surface = from_faces(faces)
    if options.head:
        from flametalk.head import Head

        head = Head.load()
        vertices, surface = head.template.numpy().astype(np.float32), from_head(head)
    camera = frame_head(vertices, width=options.size, height=options.size)
    scale = 1 + 0.02 * np.sin(np.arange(options.frames) / 5)[:, None, None]
    moving = (vertices * scale).astype(np.float32)
    print(f"{len(surface.faces):,} triangles, {options.size} × {options.size}, {thread_count()} threads")

    rows: list[tuple[str, tuple[float, float]]] = []
    for samples in (1, 2, 4, 8):
        name = "no anti-aliasing" if samples == 1 else f"{samples} samples a pixel"
        for threads in sorted({1, thread_count()}):

            def run(samples: int = samples, threads: int = threads) -> int:
                frames = render_frames(moving, surface, camera, antialias=samples, threads=threads)
                return sum(1 for _ in frames)

            rows.append((f"ours, {name}, {threads} threads", rate(run, options.repeats)))
    if surface.texture is not None:

        def dressed(look: str) -> int:
            return sum(1 for _ in render_frames(moving, surface, camera, look=look, threads=1))

        for look in ("clay", "skin"):
            rows.append((f"ours, {look}, 4 samples, 1 thread", rate(partial(dressed, look), options.repeats)))
    fast, twin = CpuRenderer(Settings(antialias=1)), ReferenceRenderer(Settings(antialias=1))
    one_depth = rate(lambda: bool(fast.render(vertices, surface, camera, ("depth",))), 15)
    rows.append(("ours, depth only, 1 thread", one_depth))
    rows.append(("NumPy twin", rate(lambda: bool(twin.render(vertices, surface, camera)), 3)))
    other = pyrender_rate(vertices, surface.faces, options.size, 15)
    if other is not None:
        rows.append(("pyrender", other))

    base, (slowest, _) = rows[-1]  # pyrender, or the twin
    print(f"{'renderer':42} {'frames/s':>9} {'× ' + base:>12} {'CPU ms/frame':>13}")
    for name, (value, cost) in rows:
        print(f"{name:42} {value:9.1f} {value / slowest:12.1f} {cost:13.2f}")
    ours = 1000 / rate(lambda: bool(len(vertex_normals(vertices, surface.faces))), 15)[0]
    plain = 1000 / rate(lambda: bool(len(vertex_normals_reference(vertices, surface.faces))), 15)[0]
    print(f"vertex normals: {ours:.2f} ms, NumPy {plain:.2f} ms")
    cold, warm = first_use()
    print(f"process that draws one picture: {cold:.1f} s the first time, {warm:.1f} s with the cache")


if __name__ == "__main__":
    try:
        main()
    except FlametalkError as error:
        sys.exit(f"bench_render: {error}")
