"""How well the animated mouth follows real mouths: `python -m scripts.measure_animation FOLDER`.

FOLDER holds pairs NAME.wav and NAME.npz; the .npz has `aperture` (the tracked opening of the lips, one
number a video frame) and `fps`. Printed is Pearson's r with the aperture measured on the animated head, at
no lag and at the best lag within ±2 frames.
"""

import argparse
from pathlib import Path

import numpy as np

from flametalk.audio.features import extract_features
from flametalk.head import Head
from flametalk.metrics import mouth_aperture
from flametalk.perform import perform

LAGS = range(-2, 3)


def correlations(made: np.ndarray, seen: np.ndarray) -> dict[int, float]:
    """Lag in frames (the picture after the sound) → r."""
    n = min(len(made), len(seen))
    return {
        lag: float(
            np.corrcoef(made[max(0, -lag) : n - max(0, lag)], seen[max(0, lag) : n - max(0, -lag)])[0, 1]
        )
        for lag in LAGS
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    sounds = [s for s in sorted(options.folder.glob("*.wav")) if s.with_suffix(".npz").is_file()]
    if not sounds:
        parser.error(f"{options.folder} holds no pair of NAME.wav and NAME.npz")
    head, table = Head.load(), []
    print(f"{'clip':24}{'lag 0':>8}{'best':>8}{'lag':>5}{'mean':>9}{'95 %':>8}  (aperture, face heights)")
    for sound in sounds:
        track = np.load(sound.with_suffix(".npz"))
        features = extract_features(sound, fps=float(track["fps"]))
        made = mouth_aperture(perform(features, head), head)
        r = correlations(made, track["aperture"].astype(float))
        best = max(r, key=r.__getitem__)
        table.append((r[0], r[best]))
        print(
            f"{sound.stem:24}{r[0]:8.3f}{r[best]:8.3f}{best:+5d}"
            f"{made.mean():9.3f}{np.percentile(made, 95):8.3f}"
        )
    print(f"{'mean':24}" + "".join(f"{r:8.3f}" for r in np.mean(table, 0)))


if __name__ == "__main__":
    main()
