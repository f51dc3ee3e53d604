"""How fast the generator samples: `python -m scripts.bench_generate [--steps 2] [--size paper|builtin]`.

A few solver steps are measured and scaled to the number that a user takes; the tables say so. Three schemes:
audio encoders at every step (what the public code of 3DXTalker did), their features cached but keys and
values made at every step, and all of it cached once per window, as `sample` does.
"""

import argparse
import time
from collections.abc import Callable

import torch

from flametalk.generate.config import paper_config
from flametalk.generate.inputs import AudioInput
from flametalk.generate.network import AudioRichTransformer, count_parameters
from flametalk.generate.precision import autocast, fast_bfloat16
from flametalk.train.recipes import builtin

FRAMES = 250  # one window, 10 s
SIZES = {  # network, and the solver steps that are usual with it
    "paper": (paper_config, 32),
    "builtin": (lambda: builtin().network, builtin().sample_steps),
}


def measure(work: Callable[[], object], runs: int) -> float:
    """Median seconds, after one run that warms up."""
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2]


@torch.no_grad()
def bench(
    network: AudioRichTransformer, precision: str, runs: int, encoder_seconds: float, solver_steps: int
) -> None:
    config = network.config
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    audio = AudioInput(
        normal(1, FRAMES, config.d_linguistic),
        normal(1, FRAMES, 640).abs(),
        normal(1, FRAMES, config.d_emotion),
    )
    reference, x, now = (
        normal(1, config.space.width),
        normal(1, FRAMES, config.space.width),
        torch.tensor([0.5]),
    )
    with autocast(torch.device("cpu"), precision):
        given = network.condition(audio, reference)
        step = measure(lambda: network(x, now, given), runs)
        once = measure(lambda: network.condition(audio, reference), runs)
    schemes = {
        "encoders at every step": solver_steps * (step + once + encoder_seconds),
        "features cached": solver_steps * (step + once),
        "features, keys and values cached": solver_steps * step + once,
    }
    print(f"  {precision}: {step * 1e3:.0f} ms a step, {once * 1e3:.0f} ms for the conditioning")
    for name, seconds in schemes.items():
        print(f"    {name:<34} {FRAMES / seconds:8.1f} frames/s (scaled to {solver_steps} steps)")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=sorted(SIZES), default="paper")
    parser.add_argument("--steps", type=int, default=3, help="solver steps that are measured")
    parser.add_argument("--bfloat16", action="store_true", help="also where this machine is slow at it")
    parser.add_argument(
        "--encoders",
        type=float,
        default=2.4,
        help="seconds of the audio encoders for the window (WavLM and emotion2vec base: about 1.2 each)",
    )
    options = parser.parse_args()
    config, solver_steps = SIZES[options.size]
    network = AudioRichTransformer(config()).eval()
    print(
        f"{options.size}: {count_parameters(network) / 1e6:.1f} M parameters, {FRAMES} frames, "
        f"{torch.get_num_threads()} threads, median of {options.steps} steps, "
        f"audio encoders taken as {options.encoders:g} s"
    )
    bench(network, "float32", options.steps, options.encoders, solver_steps)
    if options.bfloat16 or fast_bfloat16(torch.device("cpu")):
        bench(network, "bfloat16", options.steps, options.encoders, solver_steps)
    else:
        print("  bfloat16: no hardware for it here (--bfloat16 measures it all the same)")


if __name__ == "__main__":
    main()
