"""How fast and how large exports are: `python -m scripts.bench_export`.

60 s of the built-in head in which everything moves, at 25 frames a second. Processor time counts
all threads; it is what a busy machine leaves comparable.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from flametalk.clip import Clip
from flametalk.export import export
from flametalk.head import Head
from flametalk.motion.arkit import to_arkit

FRAMES = 1500
CACHED = 500  # frames for the formats of one mesh a frame
ONCE = ("a.fbx", "arkit.fbx", "a.glb", "arkit.glb", "a.usdc", "a.bvh", "a.json", "a.csv")
MESHES = ("*.obj", "*.ply", "*.stl", "a.pc2", "a.abc")
LINE = "{:<12} {:8.2f} s {:8.2f} s processor {:9.1f} MB {:9.0f} frames/s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="the best counts; default: %(default)s")
    runs = parser.parse_args().runs
    head = Head.load()
    clip = lively(head, FRAMES)
    export(clip[0:1], Path(tempfile.mkdtemp()) / "warm.glb", head)  # the painted texture is made once
    for name in (*ONCE, *MESHES):
        part = clip if name in ONCE else clip.cut(0, CACHED / clip.fps)
        seconds, work, size = min(measured(part, head, name) for _ in range(runs))
        print(LINE.format(name, seconds, work, size / 1e6, part.n_frames / seconds))
    to_arkit(clip, head)
    print(to_arkit(clip, head))


def measured(clip: Clip, head: Head, name: str) -> tuple[float, float, int]:
    """Seconds, processor seconds, bytes."""
    folder = Path(tempfile.mkdtemp())
    try:
        begin, work = time.perf_counter(), time.process_time()
        export(clip, folder / name, head, blendshapes="arkit" if "arkit" in name else "expression")
        seconds, work = time.perf_counter() - begin, time.process_time() - work
        return seconds, work, sum(file.stat().st_size for file in folder.iterdir())
    finally:
        shutil.rmtree(folder)


def lively(head: Head, frames: int) -> Clip:
    """Smooth random motion of everything."""
    rng = np.random.default_rng(3)
    time = np.arange(frames)[:, None] / 25

    def waves(n: int, size: float) -> np.ndarray:
        return size * np.sin(2 * np.pi * (rng.uniform(0.2, 1.5, n) * time + rng.uniform(0, 1, n)))

    return Clip(
        shape=rng.normal(size=head.n_shape),
        expression=np.abs(waves(head.n_expression, 0.6)),
        head=waves(3, 0.3),
        jaw=np.abs(waves(3, 0.2)) * [1, 0.1, 0.1],
        neck=waves(3, 0.1),
        eyes=waves(6, 0.2),
        translation=waves(3, 0.01),
        made_for=head.name,
    )


if __name__ == "__main__":
    main()
