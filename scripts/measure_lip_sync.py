"""How well mouth openings follow real mouths: `python scripts/measure_lip_sync.py FOLDER`.

FOLDER holds pairs NAME.wav and NAME.npz; the .npz has `aperture` (the tracked opening of the lips, one
number a video frame) and `fps`. Printed is Pearson's r at no lag and at the best lag within ±3 frames.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from flametalk.audio.aperture import mouth_aperture
from flametalk.audio.cepstra import HOP_RATE
from flametalk.audio.decode import load_audio
from flametalk.audio.envelope import envelope
from flametalk.audio.listen import listen
from flametalk.audio.timing import frame_means
from flametalk.conventions import SAMPLE_RATE

LAGS = range(-3, 4)
NOISE_SEED = 0


def from_envelope(samples: np.ndarray, fps: float, frames: int) -> np.ndarray:
    """The amplitude alone."""
    return frame_means(envelope(samples), SAMPLE_RATE, fps, frames)


def by_ear(ear: str) -> Callable[[np.ndarray, float, int], np.ndarray]:
    """The hand-made mouth on what an ear hears."""

    def from_phones(samples: np.ndarray, fps: float, frames: int) -> np.ndarray:
        return frame_means(mouth_aperture(listen(samples, ear).posteriors), HOP_RATE, fps, frames)

    return from_phones


METHODS: dict[str, Callable[[np.ndarray, float, int], np.ndarray]] = {
    "envelope": from_envelope,
    "pocketsphinx": by_ear("pocketsphinx"),
    "ear": by_ear("ear"),
}


def with_pink_noise(samples: np.ndarray, snr_db: float) -> np.ndarray:
    """Speech with noise of the same power at 0 dB."""
    spectrum = np.fft.rfft(np.random.default_rng(NOISE_SEED).standard_normal(len(samples)))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0)), len(samples))
    return (samples + noise / noise.std() * samples.std() * 10.0 ** (-snr_db / 20.0)).astype(np.float32)


def correlations(heard: np.ndarray, seen: np.ndarray) -> dict[int, float]:
    """Lag in frames (the picture after the sound) → r."""
    n = len(seen)
    return {
        lag: float(
            np.corrcoef(heard[max(0, -lag) : n - max(0, lag)], seen[max(0, lag) : n - max(0, -lag)])[0, 1]
        )
        for lag in LAGS
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--snr", type=float, help="add pink noise at this many dB first")
    options = parser.parse_args()
    pairs = [(sound, sound.with_suffix(".npz")) for sound in sorted(options.folder.glob("*.wav"))]
    pairs = [(sound, track) for sound, track in pairs if track.is_file()]
    if not pairs:
        parser.error(f"{options.folder} holds no pair of NAME.wav and NAME.npz")
    print(f"{'clip':24}" + "".join(f"{name:>12} lag 0     best lag" for name in METHODS))
    table = []
    for sound, track in pairs:
        data = np.load(track)
        seen, fps = data["aperture"].astype(float), float(data["fps"])
        samples = load_audio(sound).samples
        if options.snr is not None:
            samples = with_pink_noise(samples, options.snr)
        row, line = [], f"{sound.stem:24}"
        for method in METHODS.values():
            r = correlations(method(samples, fps, len(seen)), seen)
            best = max(r, key=r.__getitem__)
            row += [r[0], r[best]]
            line += f"{r[0]:18.3f} {r[best]:8.3f} {best:+d} "
        table.append(row)
        print(line)
    mean = np.mean(table, axis=0)
    print(f"{'mean':24}" + "".join(f"{a:18.3f} {b:8.3f}    " for a, b in mean.reshape(-1, 2)))


if __name__ == "__main__":
    main()
