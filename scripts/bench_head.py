"""How fast the head turns coefficients into vertices: `python -m scripts.bench_head`."""

import time

import numpy as np
import torch

from flametalk.conventions import N_JOINTS
from flametalk.head import Head

FRAMES = 250
RUNS = 15


def main() -> None:
    head = Head.load()
    generator = torch.Generator().manual_seed(0)
    expression = torch.randn(FRAMES, head.n_expression, generator=generator) * 0.3
    pose = torch.randn(FRAMES, N_JOINTS, 3, generator=generator) * 0.1
    constant = torch.randn(1, head.n_shape, generator=generator)
    changing = torch.randn(FRAMES, head.n_shape, generator=generator)
    print(f"{head.name}: {head.n_vertices:,} vertices, {FRAMES} frames, {torch.get_num_threads()} threads")
    for name, shape in (("one identity", constant), ("identity per frame", changing)):
        head.vertices(shape, expression, pose)
        seconds, work = [], []
        for _ in range(RUNS):
            start, busy = time.perf_counter(), time.process_time()
            head.vertices(shape, expression, pose)
            seconds.append(time.perf_counter() - start)
            work.append(time.process_time() - busy)
        print(
            f"{name:<20} median {np.median(seconds) * 1e3:6.1f} ms, best {min(seconds) * 1e3:6.1f} ms,"
            f" processor time {np.median(work) * 1e3:6.1f} ms"
        )


if __name__ == "__main__":
    main()
