"""Emotion control, measured: likeness to the template, and lip closures that are kept.

    python -m scripts.measure_control --corpus DIR [--generator builtin] [--clips 8]

The speech is that of held-out voices of a corpus made by `flametalk corpus make`, whose phones are known. For
each of the seven emotions at --intensity: the mean over frames of the cosine between a clip's expression
(speech included, nothing subtracted) and the template, 3DXTalker's table 3; and the part of p, b and m whose
lips close, against the same clip without emotion. Each way of applying an emotion is a table of its own. The
performer is given the phones; so is a learned generator, unless --heard lets its ears err.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flametalk.audio.features import AudioFeatures
from flametalk.clip import Clip
from flametalk.control.emotion import FEELINGS, WEIGHT
from flametalk.control.emotion_overlay import Emotion
from flametalk.control.reference import Reference
from flametalk.data.shards import Corpus, Performance
from flametalk.head import Head
from flametalk.metrics import closure_rate
from flametalk.metrics.emotion import template_cosine
from flametalk.perform import Score, perform_score, score_from_intervals
from flametalk.train.source import told_phones
from scripts.measure_generator import Generator

CLOSING = ("P", "B", "M")
TARGET_COSINE, TARGET_DROP = 0.93, 3.0  # mean over emotions; points of closure rate
Span = tuple[float, float]
Way = Callable[["Speech", str], Clip]  # what was said and an emotion, to a clip


@dataclass(frozen=True, eq=False)
class Speech:
    """One held-out performance: what is heard, when lips should close, and the clip without emotion."""

    features: AudioFeatures
    score: Score  # of the phones as they were spoken: what the performer is given
    closures: list[Span]
    plain: Clip
    seed: int


def speeches(corpus: Corpus, make: Generator, most: int, told: bool) -> list[Speech]:
    """The first of the test voices."""
    found = []
    for k in range(min(most, len(corpus))):
        performance = corpus[k]
        features = features_of(performance, dict(corpus.info.features), told)
        phones = [(str(name), float(a), float(b)) for name, a, b in performance.info["phones"]]
        score = score_from_intervals(phones, performance.n_frames / features.fps)
        closures = [(a, b) for name, a, b in phones if name in CLOSING]
        plain = perform_score(score, make.head, k) if make.model is None else make(features, k)
        found.append(Speech(features, score, closures, plain, k))
    return found


def features_of(p: Performance, provenance: dict[str, str], told: bool) -> AudioFeatures:
    """As they were taken when the corpus was made, or with the phones as they were spoken."""
    linguistic = told_phones(p) if told else p.linguistic
    loud, nothing = p.amplitude.mean(1), np.zeros(p.n_frames, np.float32)
    return AudioFeatures(25.0, linguistic, loud, p.amplitude, p.emotion, {}, nothing, provenance)


def ways(make: Generator, intensity: float, weight: float) -> dict[str, Way]:
    """How an emotion can be applied to what this generator makes."""

    def laid_over(speech: Speech, name: str) -> Clip:
        return Emotion(name, intensity)(speech.plain)

    def plain_sum(speech: Speech, name: str) -> Clip:
        return Emotion(name, intensity, protect=0.0)(speech.plain)

    def felt(speech: Speech, name: str) -> Clip:
        return perform_score(speech.score, make.head, speech.seed, name, intensity)

    def before_sampling(speech: Speech, name: str) -> Clip:
        rest = Clip.neutral(1, made_for=make.head.name)
        return make(speech.features, speech.seed, Reference(name, intensity, weight).condition(rest))

    found: dict[str, Way] = {"laid over the clip": laid_over, "added without protection": plain_sum}
    if make.model is None:
        return found | {"felt by the performer": felt}

    def both(speech: Speech, name: str) -> Clip:
        return Emotion(name, (1.0 - weight) * intensity)(before_sampling(speech, name))

    return found | {
        f"reference before sampling, weight {weight:g}": before_sampling,
        f"reference before sampling, weight {weight:g}, and the rest laid over the clip": both,
    }


def table(title: str, way: Way, said: list[Speech], head: Head) -> None:
    """A line per emotion; the mean last."""
    count = sum(len(s.closures) for s in said)
    before = closed([s.plain for s in said], said, head)
    print(
        f"\n{title}: {len(said)} clips, {count} closures, {before:.1f} % closed without emotion", flush=True
    )
    print(f"{'emotion':<10} {'cosine':>7} {'closed %':>9} {'points':>7}")
    rows = []
    for name in FEELINGS:
        clips = [way(s, name) for s in said]
        likeness = float(np.mean([float(template_cosine(c, name, head, variant="frames")) for c in clips]))
        rows.append((likeness, closed(clips, said, head)))
        print(f"{name:<10} {rows[-1][0]:>7.3f} {rows[-1][1]:>9.1f} {rows[-1][1] - before:>+7.1f}", flush=True)
    likeness, shut = np.mean(rows, axis=0)
    drop = before - min(shut for _, shut in rows)
    print(f"{'mean':<10} {likeness:>7.3f} {shut:>9.1f} {shut - before:>+7.1f}")
    print(
        f"cosine {'reaches' if likeness >= TARGET_COSINE else 'misses'} {TARGET_COSINE:g}; "
        f"largest drop of closures {drop:.1f} points, at most {TARGET_DROP:g} wanted"
    )


def closed(clips: list[Clip], said: list[Speech], head: Head) -> float:
    """Percent of all closures."""
    pairs = [(c, s.closures) for c, s in zip(clips, said, strict=True) if s.closures]
    met = sum(closure_rate(clip, spans, head) * len(spans) for clip, spans in pairs)
    return 100.0 * met / sum(len(spans) for _, spans in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, metavar="DIR")
    parser.add_argument("--generator", default="performer", metavar="NAME|FILE")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--heard", action="store_true", help="a learned generator hears the phones itself")
    parser.add_argument("--intensity", type=float, default=1.0)
    parser.add_argument("--weight", type=float, default=WEIGHT, help="of the template in the reference")
    parser.add_argument("--steps", type=int, help="of a learned generator's solver")
    options = parser.parse_args()
    make = Generator(options.generator, options.steps)
    said = speeches(Corpus.open(options.corpus, "test"), make, options.clips, not options.heard)
    print(
        f"generator {options.generator}, intensity {options.intensity:g}, held-out voices of {options.corpus}"
    )
    for title, way in ways(make, options.intensity, options.weight).items():
        table(title, way, said, make.head)


if __name__ == "__main__":
    main()
