"""How well the ears hear: `python -m scripts.measure_ear --corpus DIR --speech DIR`.

--corpus: the held-out voices of a corpus, whose phones are known: the part of the hops with speech in which
the likeliest phone is the one spoken, by language. --speech: recordings NAME.wav (or .flac, .mp4 …) with what
is said in NAME.txt, in English: the same against PocketSphinx's forced alignment where that is sure, and how
many nats the ear gives away on it. The alignment errs too, so nobody reaches 1.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int

from flametalk.audio.cepstra import HOP_RATE
from flametalk.audio.decode import load_audio
from flametalk.audio.listen import listen
from flametalk.audio.phones import PHONE_INDEX, SILENCE
from flametalk.audio.resample import resample
from flametalk.conventions import SAMPLE_RATE
from flametalk.data.shards import Corpus

EARS = ("ear", "pocketsphinx")
SURE = 0.8  # probability from which an aligned phone counts
LEAST = 1e-6  # probability


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--speech", type=Path)
    options = parser.parse_args()
    if options.corpus is None and options.speech is None:
        parser.error("give --corpus, --speech, or both")
    for ear in EARS:
        if options.corpus is not None:
            held_out(ear, options.corpus)
        if options.speech is not None:
            recordings(ear, options.speech)


def held_out(ear: str, folder: Path) -> None:
    """The test split, by language."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    corpus = Corpus.open(folder, "test")
    for take in (corpus[i] for i in range(len(corpus))):
        if take.info["wordless"] or take.audio is None:
            continue
        heard = listen(take.audio.samples, ear).posteriors.argmax(1)
        told = spoken_phones(take.info["phones"], len(heard))
        for name in (take.info["language"], "all"):
            counts[name][0] += int((heard == told)[told != SILENCE].sum())
            counts[name][1] += int((told != SILENCE).sum())
    parts = ", ".join(f"{name} {right / total:.2f}" for name, (right, total) in sorted(counts.items()))
    print(f"{ear:14} held-out voices, hops heard right: {parts}", flush=True)


def spoken_phones(phones: list[tuple[str, float, float]], hops: int) -> Int[np.ndarray, "hops"]:
    """The phone of every hop."""
    told = np.full(hops, SILENCE)
    for name, start, end in phones:
        told[round(start * HOP_RATE) : round(end * HOP_RATE)] = PHONE_INDEX[name]
    return told


def recordings(ear: str, folder: Path) -> None:
    """Real speech against a forced alignment."""
    right, lost, total = 0.0, 0.0, 0.0
    for text in sorted(folder.glob("*.txt")):
        sounds = [path for path in folder.glob(f"{text.stem}.*") if path != text and path.suffix != ".npz"]
        if not sounds:
            continue
        samples = resample(load_audio(sounds[0]), SAMPLE_RATE).samples
        aligned, note = listen(samples, "pocketsphinx").after(text.read_text())
        heard = listen(samples, ear).posteriors[: len(aligned)]
        weight, fits, nats = against(heard, aligned[: len(heard)])
        print(f"{ear:14} {text.stem}: {fits / weight:.3f} of the hops, {nats / weight:.2f} nats ({note})")
        right, lost, total = right + fits, lost + nats, total + weight
    if total:
        print(f"{ear:14} recordings: {right / total:.3f} of the hops, {lost / total:.2f} nats", flush=True)


def against(
    heard: Float32[np.ndarray, "hops 42"], aligned: Float32[np.ndarray, "hops 42"]
) -> tuple[float, float, float]:
    """Hops that count, those heard right, and nats given away, summed."""
    weight = (1.0 - aligned[:, SILENCE]) * (aligned.max(1) > SURE)
    fits = (heard.argmax(1) == aligned.argmax(1)) * weight
    nats = -(aligned * np.log(np.maximum(heard, LEAST))).sum(1) * weight
    return float(weight.sum()), float(fits.sum()), float(nats.sum())


if __name__ == "__main__":
    main()
