"""How long `flametalk evaluate` takes: `python -m scripts.bench_evaluate`, 40 clips of 10 s, whole report."""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.head import Head

RATE = 16_000


def moving(frames: int, seed: int, made_for: str) -> Clip:
    """Smooth random motion of everything, with a sound that swells."""
    chance = np.random.default_rng(seed)
    times = np.arange(frames)[:, None] / 25
    waves = np.sin(2 * np.pi * times * chance.uniform(0.3, 2.0, 50) + chance.uniform(0, 6, 50))
    samples = np.arange(round(frames / 25 * RATE))
    sound = 0.1 * (1 + np.sin(samples / 900)) * chance.standard_normal(len(samples))
    return Clip.neutral(
        frames,
        shape=0.5 * chance.standard_normal(100),
        expression=0.2 * waves,
        head=0.1 * waves[:, :3],
        jaw=np.abs(waves[:, :1]) * [[0.1, 0.0, 0.0]],
        eyes=0.05 * waves[:, :6],
        audio=Audio(sound.astype(np.float32), RATE),
        made_for=made_for,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=40, metavar="N", help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="default: %(default)s")
    parser.add_argument("--methods", type=int, default=1, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    made_for = Head.load().name
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for k in range(options.clips):
            truth = moving(round(25 * options.seconds), k, made_for)
            truth.save(root / "truth" / f"{k:03d}.npz")
            for method in range(options.methods):
                noise = np.random.default_rng([k, method]).normal(0, 0.05, truth.expression.shape)
                wrong = truth.replace(expression=truth.expression + noise, head=0.5 * truth.head)
                wrong.save(root / f"method{method}" / f"{k:03d}.npz")
        command = [sys.executable, "-m", "flametalk", "evaluate", "--quiet", "--truth", str(root / "truth")]
        for method in range(options.methods):
            command += ["--pred", str(root / f"method{method}")]
        begin = time.perf_counter()
        subprocess.run([*command, "-o", str(root / "report")], check=True, timeout=3600)
        wall = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{wall:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor time, with start and report")


if __name__ == "__main__":
    main()
