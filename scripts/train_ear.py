"""Train the networks of the built-in ear: `python -m scripts.train_ear WORK` (extra `corpus`).

1. Sound: the corpus' own train split (texts, voices, augmentation; no face) of two seeds is spoken and
   encoded by Moonshine; WORK keeps hidden rows, mel spectra and the phone of every hop.
2. Training: cross-entropy of the phone of each hop, each network from a seed of its own; the moving average
   of its weights is kept. Listeners hear rows. Noise on them and dropout stand in for voices that no
   synthesiser has, and training is short: a wider network after 5,000 steps heard held-out synthetic voices
   better (0.72 of the hops) and people worse. Spectral networks hear mel spectra, are trained longer, and are
   believed only on voices like those (flametalk/audio/spectrum_ear.py).
3. All weights go to flametalk/audio/ear.safetensors; the phones of the corpus' test split (other texts, other
   voices) that are heard right are printed.

Parts and networks that are in WORK are not made again.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16, Float32, UInt8
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from flametalk.audio.cepstra import FILTERS, HOP, HOP_RATE
from flametalk.audio.ear import WEIGHTS, both_ears
from flametalk.audio.ear_network import EarNetwork, Listener, hops_between
from flametalk.audio.moonshine import CENTRE, STRIDE, load_moonshine, model_file
from flametalk.audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from flametalk.audio.spectrum_ear import Spectral, SpectrumEar, evened, log_spectrum
from flametalk.data.cast import cast
from flametalk.data.take import hear, speak
from flametalk.data.voice import Interval, open_speaker
from flametalk.files import atomic_path, read_safetensors, write_safetensors

TAKES, PER_PART, TESTS = 1800, 100, 40  # of a seed; in a file; of the test split
SEEDS = (1, 2)
SECONDS, BATCH = 3.0, 16  # of an example; examples a step
ROWS = int(SECONDS * 16_000 / STRIDE)
HOPS = int(SECONDS * HOP_RATE) - 4
RATE, DECAY, WARM, SMOOTHING = 2e-3, 0.05, 0.1, 0.03
DROPOUT, NOISE = 0.15, 0.15  # the noise's spread as a part of the rows' own
FORMANTS, TILT, HISS = 0.08, 0.3, 0.2  # how spectra are varied: scale of frequency, slow curves, noise
AVERAGE = 0.995

# Hidden rows, log spectra (evened where they are said to be), and the phone of every hop.
Take = tuple[
    Float16[np.ndarray, "rows 288"],
    Float16[np.ndarray, "hops 25"] | Float32[np.ndarray, "hops 25"],
    UInt8[np.ndarray, "hops"],
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path, help="folder for sound and trained networks")
    parser.add_argument("--steps", type=int, default=700, help="of each listener")
    parser.add_argument("--spectral-steps", type=int, default=2500, help="of each spectral network")
    parser.add_argument("--workers", type=int, default=2, help="processes that make sound")
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS, help="default: the package's file")
    parser.add_argument("--part", nargs=3, metavar=("SPLIT", "SEED", "FIRST"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.part:
        split, seed, first = options.part
        make_part(options.work, split, int(seed), int(first))
        return
    parts = [("train", seed, first) for seed in SEEDS for first in range(0, TAKES, PER_PART)]
    make_sound(options.work, [*parts, ("test", SEEDS[0], 0)], options.workers)
    takes = [take for part in parts for take in read_part(part_path(options.work, *part))]
    first, second = EarNetwork().eval(), SpectrumEar().eval()
    long = [take for take in takes if len(take[0]) > ROWS + 2]
    for seed, listener in enumerate(first.listeners):
        file = options.work / f"listener-{seed}.safetensors"
        fill(listener, file, partial(train, Listener, partial(heard, long), options.steps, seed))
    even = [(rows, evened(spectrum.astype(np.float32)), phones) for rows, spectrum, phones in long]
    for seed, network in enumerate(second.spectral):
        file = options.work / f"spectral-{seed}.safetensors"
        fill(network, file, partial(train, Spectral, partial(seen, even), options.spectral_steps, seed))
    counts = sum(np.bincount(phones, minlength=N_PHONES) for *_, phones in takes) + 1.0
    state = {**first.state_dict(), **second.state_dict()}
    state = {name: value.half().contiguous() for name, value in state.items()}
    state["prior"] = torch.from_numpy((counts / counts.sum()).astype(np.float32))
    write_safetensors(options.output, state)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")
    tests = read_part(part_path(options.work, "test", SEEDS[0], 0))
    print(
        f"phones heard right, held-out texts and voices: {heard_right(first, second, tests):.3f} of the hops"
    )


# --- sound -----------------------------------------------------------------------------------------------


def part_path(work: Path, split: str, seed: int, first: int) -> Path:
    return work / f"{split}-{seed}-{first:05d}.npz"


def make_sound(work: Path, parts: list[tuple[str, int, int]], workers: int) -> None:
    """Every part that is missing, each in a process of its own."""
    missing = [part for part in parts if not part_path(work, *part).exists()]
    running: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    try:
        with tqdm(total=len(missing), desc="sound", unit="part") as bar:
            while missing or running:
                while missing and len(running) < workers:
                    split, seed, first = missing.pop(0)
                    command = [sys.executable, "-m", "scripts.train_ear", str(work)]
                    command += ["--part", split, str(seed), str(first)]
                    running.append(subprocess.Popen(command, env=environment))
                time.sleep(0.2)
                for job in [job for job in running if job.poll() is not None]:
                    if job.returncode:
                        raise SystemExit(f"a part could not be made (exit {job.returncode}); see above")
                    running.remove(job)
                    bar.update()
    finally:
        for job in running:
            job.kill()


def make_part(work: Path, split: str, seed: int, first: int) -> None:
    """Speak, encode, and write rows, spectra and phones."""
    file = model_file()
    if file is None:
        raise SystemExit("moonshine-voice is not installed: pip install 'moonshine-voice<0.1' onnxruntime")
    encoder = load_moonshine(file)
    takes: list[Take] = []
    with open_speaker() as speaker:
        for index in range(first, first + (TESTS if split == "test" else PER_PART)):
            role = cast(split, index, seed)
            speech = speak(role, speaker)
            sound = hear(role, speech).samples
            rows, spectrum = encoder.encode(sound), log_spectrum(sound)
            phones = spoken(speech.phones, len(spectrum))
            takes.append((rows.astype(np.float16), spectrum.astype(np.float16), phones))
    rows, spectra, phones = (list(column) for column in zip(*takes, strict=True))
    with atomic_path(part_path(work, split, seed, first)) as path, path.open("wb") as out:
        np.savez(
            out,
            rows=np.concatenate(rows),
            spectra=np.concatenate(spectra),
            phones=np.concatenate(phones),
            n_rows=[len(a) for a in rows],
            n_hops=[len(a) for a in phones],
        )


def spoken(phones: tuple[Interval, ...], hops: int) -> UInt8[np.ndarray, "hops"]:
    """The phone of every hop."""
    result = np.full(hops, SILENCE, np.uint8)
    for name, start, end in phones:
        first = round(start * HOP_RATE)
        result[first : max(first + 1, round(end * HOP_RATE))] = PHONE_INDEX[name]
    return result


def read_part(path: Path) -> list[Take]:
    """The takes of a part."""
    with np.load(path) as file:
        rows = np.split(file["rows"], np.cumsum(file["n_rows"])[:-1])
        hops = np.cumsum(file["n_hops"])[:-1]
        spectra, phones = np.split(file["spectra"], hops), np.split(file["phones"], hops)
    return list(zip(rows, spectra, phones, strict=True))


# --- training ------------------------------------------------------------------------------------------


def fill(network: nn.Module, file: Path, trained: Callable[[], nn.Module]) -> None:
    """Give `network` the weights in `file`, which are made first where there are none."""
    if not file.exists():
        write_safetensors(file, trained().state_dict())
    network.load_state_dict(read_safetensors(file, "a network of the ear", framework="pt")[0])


def train(
    kind: type[Listener] | type[Spectral],
    examples: Callable[[np.random.Generator], tuple[Tensor, ...]],
    steps: int,
    seed: int,
) -> nn.Module:
    """The moving average of the weights after `steps`."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    network, kept = kind(DROPOUT), kind()
    kept.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps, pct_start=WARM)
    bar = tqdm(range(steps), desc=f"{kind.__name__.lower()} {seed + 1}", unit="step")
    for step in bar:
        *given, phones = examples(chance)
        scores = network(*given).transpose(1, 2)
        loss = functional.cross_entropy(scores, phones, label_smoothing=SMOOTHING)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        cycle.step()
        with torch.no_grad():
            share = 1.0 - min(AVERAGE, (step + 1) / (step + 10))
            for old, new in zip(kept.parameters(), network.parameters(), strict=True):
                old.lerp_(new, share)
        if step % 50 == 0:
            bar.set_postfix(loss=f"{loss.item():.3f}")
    return kept.eval()


def heard(takes: list[Take], chance: np.random.Generator) -> tuple[Tensor, ...]:
    """Noisy rows, where the hops lie between them, and their phones: a cut of each of `BATCH` takes."""
    parts: list[tuple[np.ndarray, ...]] = []
    for index in chance.integers(len(takes), size=BATCH):
        rows, _, phones = takes[index]
        first_row = int(chance.integers(len(rows) - ROWS))
        first_hop = min(-(-(first_row * STRIDE + CENTRE) // HOP), len(phones) - HOPS)
        shifted = first_hop - first_row * STRIDE / HOP  # hops counted from the cut's own beginning
        before, part = hops_between(ROWS, shifted, HOPS)
        cut = slice(first_hop, first_hop + HOPS)
        parts.append((rows[first_row : first_row + ROWS], before, part, phones[cut].astype(np.int64)))
    rows, before, part, phones = (torch.from_numpy(np.stack(column)) for column in zip(*parts, strict=True))
    rows = rows.float()
    return rows + NOISE * rows.std() * torch.randn_like(rows), before, part, phones


def seen(takes: list[Take], chance: np.random.Generator) -> tuple[Tensor, ...]:
    """Spectra (evened) as of other throats and microphones, and their phones: a cut of `BATCH` takes."""
    cuts, told = [], []
    for index in chance.integers(len(takes), size=BATCH):
        _, spectrum, phones = takes[index]
        first = int(chance.integers(len(phones) - HOPS))
        cuts.append(varied(spectrum[first : first + HOPS].astype(np.float32), chance))
        told.append(phones[first : first + HOPS].astype(np.int64))
    return torch.from_numpy(np.stack(cuts)), torch.from_numpy(np.stack(told))


def varied(
    spectrum: Float32[np.ndarray, "hops 25"], chance: np.random.Generator
) -> Float32[np.ndarray, "hops 25"]:
    """Formants higher or lower, a slow curve over frequency, and noise."""
    filters = np.arange(FILTERS)
    places = filters * (1.0 + chance.uniform(-FORMANTS, FORMANTS)) + chance.uniform(-0.5, 0.5)
    places = np.clip(places, 0.0, FILTERS - 1.0)
    below = np.minimum(places.astype(int), FILTERS - 2)
    part = (places - below).astype(np.float32)
    waves = np.arange(1, 6)
    curve = np.cos(np.pi * np.outer(filters + 0.5, waves) / FILTERS) @ (
        chance.normal(0.0, TILT, 5) / np.sqrt(waves)
    )
    noise = HISS * chance.standard_normal(spectrum.shape, np.float32)
    warped = spectrum[:, below] * (1.0 - part) + spectrum[:, below + 1] * part
    return (warped + curve.astype(np.float32) + noise).astype(np.float32)


def heard_right(first: EarNetwork, second: SpectrumEar, takes: list[Take]) -> float:
    """The part of the hops with speech whose likeliest phone is the one spoken."""
    right, total = 0, 0
    for rows, spectrum, phones in takes:
        found = both_ears(first, second, rows.astype(np.float32), spectrum.astype(np.float32)).argmax(-1)
        speech = phones != SILENCE
        right += int((found == phones)[speech].sum())
        total += int(speech.sum())
    return right / total


if __name__ == "__main__":
    main()
