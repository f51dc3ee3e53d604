"""Frames a second of the rendering back ends on this machine: `python scripts/bench_backends.py [NAME…]`.

512 × 512 pixels, the built-in head in its painted skin, vertices that change with every frame, colour to
NumPy. Medians; run it on an otherwise idle machine. Back ends that are not installed say so. `--batch` also
draws with `pytorch3d` in batches, colour left on the device.
"""

import argparse
import statistics
import time
from collections.abc import Iterator

import numpy as np

from flametalk.errors import FlametalkError
from flametalk.head import Head
from flametalk.render import Camera, Renderer, Settings, Surface, frame_head, from_head, open_backend
from flametalk.render.backends import BACKENDS

SECONDS = 4.0  # of measuring each


def frames(vertices: np.ndarray) -> Iterator[np.ndarray]:
    """The head nods a little, for ever."""
    k = 0
    while True:
        yield vertices + np.float32([0, 0.002 * np.sin(k / 5), 0])
        k += 1


def rate(renderer: Renderer, vertices: np.ndarray, surface: Surface, camera: Camera) -> float:
    source, times = frames(vertices), []
    renderer.render(next(source), surface, camera)
    start = time.perf_counter()
    while not times or time.perf_counter() - start < SECONDS:
        before = time.perf_counter()
        renderer.render(next(source), surface, camera)
        times.append(time.perf_counter() - before)
    return 1 / statistics.median(times)


def batch_rate(vertices: np.ndarray, surface: Surface, camera: Camera, size: int) -> tuple[float, str]:
    import torch

    from flametalk.render.backends.pytorch3d import Pytorch3dRenderer

    renderer = Pytorch3dRenderer(Settings(look="skin", antialias=1))
    stack = torch.from_numpy(np.stack([f for f, _ in zip(frames(vertices), range(size), strict=False)]))
    times = []
    for _ in range(6):
        before = time.perf_counter()
        with torch.no_grad():
            renderer.draw(stack, surface, camera)
        if renderer.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - before)
    return size / statistics.median(times[1:]), str(renderer.device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(BACKENDS), help="back ends, such as gl:1")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--batch", type=int, default=0, help="frames drawn at once by pytorch3d")
    options = parser.parse_args()
    head = Head.load()
    vertices, surface = head.template.numpy().astype(np.float32), from_head(head)
    camera = frame_head(vertices, "three-quarter", options.size, options.size)
    print(f"{len(surface.faces):,} triangles, {options.size} × {options.size}, frames a second:")
    for name in options.names:
        try:
            renderer = open_backend(name, Settings(look="skin"))
            driver = getattr(renderer, "driver", "")
            print(f"{name:12} {rate(renderer, vertices, surface, camera):9.2f}  {driver}", flush=True)
            renderer.close()
        except FlametalkError as error:
            print(f"{name:12}         –  {error}", flush=True)
    if options.batch:
        try:
            speed, device = batch_rate(vertices, surface, camera, options.batch)
            print(f"pytorch3d, {options.batch} at once, one sample a pixel: {speed:.2f} on {device}")
        except FlametalkError as error:
            print(f"pytorch3d in batches: {error}")


if __name__ == "__main__":
    main()
