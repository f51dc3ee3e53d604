"""Which phone follows which two: a trigram of English from a dictionary and how often its words are used.

`python -m flametalk.audio.phone_grammar` builds the table again from the files inside `pocketsphinx`.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from ..files import read_safetensors, write_safetensors
from .acoustic import model_folder
from .phones import N_PHONES, PHONE_INDEX, SILENCE

TABLE = Path(__file__).with_name("phone_grammar.safetensors")
STEPS_PER_NAT = 16.0  # −log p is stored in a byte: up to 15.9 nats in steps of 0.06
P_SILENCE = 0.03  # of a pause after any phone
P_NOISE = 1e-7  # of a phone that is no speech sound
BACKING = 5e-4  # weight of the bigram in the trigram, as a part of all spoken words
PRIOR = 1e-6  # of each pair of phones, on the same scale


@lru_cache(maxsize=1)
def phone_trigram() -> Float32[np.ndarray, "42 42 42"]:
    """P(next | before, now)."""
    tables, _ = read_safetensors(TABLE, "a phone grammar", expected={"trigram": "int 42 42 42"})
    probability = np.exp(-tables["trigram"].astype(np.float32) / STEPS_PER_NAT)
    return probability / probability.sum(2, keepdims=True)


def build() -> None:
    """Count, smooth and store the table."""
    inside = np.zeros((N_PHONES, N_PHONES, N_PHONES))  # three phones of one word
    pairs, openings, closings = (np.zeros((N_PHONES, N_PHONES)) for _ in range(3))
    firsts, lasts, singles = (np.zeros(N_PHONES) for _ in range(3))
    for phones, weight in _weighted_words():
        firsts[phones[0]] += weight
        lasts[phones[-1]] += weight
        if len(phones) == 1:
            singles[phones[0]] += weight
            continue
        openings[phones[0], phones[1]] += weight
        closings[phones[-2], phones[-1]] += weight
        for a, b in pairwise(phones):
            pairs[a, b] += weight
        for a, b, c in zip(phones, phones[1:], phones[2:], strict=False):
            inside[a, b, c] += weight
    next_first = firsts / firsts.sum()
    last_before = lasts / lasts.sum()
    pairs += np.outer(lasts, next_first) + PRIOR  # one word after another
    pairs[SILENCE] = firsts + PRIOR
    bigram = pairs / pairs.sum(1, keepdims=True)
    word_ends = closings + np.outer(last_before, singles)
    triples = inside + word_ends[:, :, None] * next_first + last_before[:, None, None] * openings
    triples[SILENCE] = openings + np.outer(singles, next_first)
    trigram = triples + BACKING * bigram
    trigram[:, SILENCE] = bigram[SILENCE]
    trigram[:, :, SILENCE] = trigram[:, :, :2] = 0.0
    trigram /= trigram.sum(2, keepdims=True)
    trigram *= 1.0 - P_SILENCE
    trigram[:, :, SILENCE] = P_SILENCE
    trigram[:, :, :2] = P_NOISE
    trigram[:, :2] = 1.0 / N_PHONES
    trigram /= trigram.sum(2, keepdims=True)
    steps = np.clip(np.rint(-np.log(trigram) * STEPS_PER_NAT), 0, 255).astype(np.uint8)
    write_safetensors(TABLE, {"trigram": steps})


def _weighted_words() -> Iterator[tuple[list[int], float]]:
    """Each pronunciation of the dictionary with the use of its word, shared among its pronunciations."""
    from pocketsphinx import NGramModel

    use = NGramModel.readfile(str(model_folder() / "en-us.lm.bin"))
    for word, pronunciations in dictionary().items():
        weight = 1.0001 ** use.prob([word]) / len(pronunciations)  # the model counts in steps of log 1.0001
        for names in pronunciations:
            yield [PHONE_INDEX[name] for name in names], weight


@lru_cache(maxsize=1)
def dictionary() -> dict[str, list[tuple[str, ...]]]:
    """Word → pronunciations, 134,000 lines of the CMU dictionary."""
    found: dict[str, list[tuple[str, ...]]] = {}
    with (model_folder() / "cmudict-en-us.dict").open(encoding="utf-8") as lines:
        for line in lines:
            name, *phones = line.split()
            found.setdefault(name.partition("(")[0], []).append(tuple(phones))
    return found


if __name__ == "__main__":
    build()
