"""Phone posteriors that follow a transcript: forward–backward over the phones of the given words."""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int

from ..errors import InputError
from ..jit import compiled_fast
from .acoustic import acoustic_model
from .letters import is_known, pronunciations, words_of
from .phone_hmm import LEAST_LIKELIHOOD
from .phones import N_PHONES, N_STATES, PHONE_INDEX, SILENCE
from .phonetic import gate, loud_level

P_PAUSE = 0.2  # of a pause between two words
MAX_CELLS = 2 * 10**9  # hops × states: about ten minutes of speech
LEAST_AGREEMENT = 0.3  # of the phones that are heard with those of the text


@dataclass(frozen=True, eq=False)
class Chain:
    """The states that a transcript allows, in order, three a phone, and the arcs between phones."""

    phones: Int[np.ndarray, "n"]  # phone of each place in the chain
    arcs: Int[np.ndarray, "a 2"]  # from the end of a place to the beginning of another, sorted by the latter
    weights: Float64[np.ndarray, "a"]
    start: Float64[np.ndarray, "n"]
    end: Float64[np.ndarray, "n"]


def follow_transcript(
    blocks: list[Float64[np.ndarray, "_ 42 3"]],
    level: Float64[np.ndarray, "hops"],
    heard: Float32[np.ndarray, "hops 42"],
    text: str,
) -> tuple[Float32[np.ndarray, "hops 42"], str]:
    """Posteriors under `text` (or `heard`, with a warning, where it is not what is said), and a note.

    `blocks` are the likelihoods of the sound in pieces, as from `likely`.
    """
    words = words_of(text)
    if not words:
        raise InputError("the transcript has no English words; leave text out for other languages")
    guessed = sorted({word for word in words if not is_known(word)})
    chain = chain_of(words)
    aligned = gate(align(blocks, chain), level, loud_level(level))
    agreement = agreement_of(aligned, heard)
    if agreement < LEAST_AGREEMENT:
        warnings.warn(
            f"the transcript does not fit what is heard (agreement {agreement:.2f}, expected at least "
            f"{LEAST_AGREEMENT}); it is not used",
            stacklevel=4,
        )
        return heard, f"not used: it does not fit what is heard (agreement {agreement:.2f})"
    said = f"followed ({len(words)} words, agreement {agreement:.2f})"
    return aligned, said + (f"; pronounced by rule: {', '.join(guessed[:10])}" if guessed else "")


def agreement_of(aligned: Float32[np.ndarray, "hops 42"], heard: Float32[np.ndarray, "hops 42"]) -> float:
    """How much of what is heard, silence aside, is what the text says."""
    spoken = 1.0 - np.minimum(aligned[:, SILENCE], heard[:, SILENCE])
    return float(np.average(np.minimum(aligned, heard).sum(1), weights=spoken + 1e-6))


def chain_of(words: list[str]) -> Chain:
    """Every pronunciation of every word in order, with a pause allowed before, between and after."""
    phones = [SILENCE]
    arcs: list[tuple[int, int, float]] = []
    open_ends, start = [(0, 1.0)], {0: P_PAUSE}
    for word in words:
        ways = [way for way in pronunciations(word) if way]
        ends = []
        for way in ways:
            first = len(phones)
            phones += [PHONE_INDEX[name] for name in way]
            arcs += [(end, first, weight / len(ways)) for end, weight in open_ends]
            arcs += [(place, place + 1, 1.0) for place in range(first, len(phones) - 1)]
            if len(open_ends) == 1:  # the first word may begin at once
                start[first] = (1.0 - P_PAUSE) / len(ways)
            ends.append(len(phones) - 1)
        if not ways:
            continue
        pause = len(phones)
        phones.append(SILENCE)
        arcs += [(end, pause, P_PAUSE) for end in ends]
        open_ends = [(pause, 1.0)] + [(end, 1.0 - P_PAUSE) for end in ends]
    if len(phones) == 1:
        raise InputError("no word of the transcript can be pronounced")
    arcs.sort(key=lambda arc: arc[1])
    begin, finish = np.zeros(len(phones)), np.zeros(len(phones))
    for place, weight in start.items():
        begin[place] = weight
    finish[[end for end, _ in open_ends]] = 1.0
    table = np.array([arc[:2] for arc in arcs], dtype=np.int64)
    return Chain(np.array(phones), table, np.array([arc[2] for arc in arcs]), begin, finish)


def likely(
    log_likelihood: Float32[np.ndarray, "hops 42 3"], scale: float
) -> Float64[np.ndarray, "hops 42 3"]:
    """Likelihoods to the power `scale`, the best of each hop being 1, none being 0."""
    best = log_likelihood.max(axis=(1, 2), keepdims=True)
    return np.maximum(np.exp(scale * (log_likelihood - best)), LEAST_LIKELIHOOD).astype(np.float64)


def align(blocks: list[Float64[np.ndarray, "_ 42 3"]], chain: Chain) -> Float32[np.ndarray, "hops 42"]:
    """Posteriors of phones over all ways to go through the chain while the sound lasts."""
    hops = sum(map(len, blocks))
    if hops * len(chain.phones) * N_STATES > MAX_CELLS:
        raise InputError(
            "the transcript is too long to be aligned in one piece; cut sound and text into parts"
        )
    stay = acoustic_model().stay[chain.phones].astype(np.float64)
    passes = (chain.phones, chain.arcs, chain.weights, stay)
    states = [np.zeros((len(chain.phones), N_STATES))]  # only a block's forward states are kept at a time
    states[0][:, 0] = chain.start
    for index, block in enumerate(blocks):
        states.append(_forward(block, states[-1], *passes, index == 0)[-1].copy())
    backward = np.zeros((len(chain.phones), N_STATES))
    backward[:, -1] = chain.end
    parts = []
    for index in range(len(blocks) - 1, -1, -1):
        forward = _forward(blocks[index], states[index], *passes, index == 0)
        following = blocks[index + 1][:1] if index + 1 < len(blocks) else blocks[index][:0]
        seen = np.concatenate([blocks[index], following])
        parts.append(_combine(seen, forward, backward, *passes))
    return np.concatenate(parts[::-1]).astype(np.float32)


@compiled_fast
def _forward(likelihoods, past, phones, arcs, weights, stay, first):
    """Scaled forward states of a block after `past`; with `first`, `past` is where the sound begins."""
    hops, places = len(likelihoods), len(phones)
    states = np.zeros((hops, places, 3))
    for t in range(hops):
        before = past if t == 0 else states[t - 1]
        now = states[t]
        if t == 0 and first:
            now[:] = past
        else:
            for a in range(len(arcs)):
                source, target = arcs[a]
                now[target, 0] += before[source, 2] * (1.0 - stay[source, 2]) * weights[a]
            for i in range(places):
                now[i, 0] += before[i, 0] * stay[i, 0]
                now[i, 1] = before[i, 0] * (1.0 - stay[i, 0]) + before[i, 1] * stay[i, 1]
                now[i, 2] = before[i, 1] * (1.0 - stay[i, 1]) + before[i, 2] * stay[i, 2]
        total = 0.0
        for i in range(places):
            for s in range(3):
                now[i, s] = max(now[i, s] * likelihoods[t, phones[i], s], 1e-290)
                total += now[i, s]
        now /= total
    return states


@compiled_fast
def _combine(likelihoods, forward, backward, phones, arcs, weights, stay):
    """Phone posteriors of a block; `backward` is moved in place from behind the block to before it."""
    hops, places = len(forward), len(phones)
    result = np.zeros((hops, 42))
    weighted = np.zeros((places, 3))
    for t in range(hops - 1, -1, -1):
        if t + 1 < len(likelihoods):
            for i in range(places):
                for s in range(3):
                    weighted[i, s] = backward[i, s] * likelihoods[t + 1, phones[i], s]
            for i in range(places):
                backward[i, 0] = weighted[i, 0] * stay[i, 0] + weighted[i, 1] * (1.0 - stay[i, 0])
                backward[i, 1] = weighted[i, 1] * stay[i, 1] + weighted[i, 2] * (1.0 - stay[i, 1])
                backward[i, 2] = weighted[i, 2] * stay[i, 2]
            for a in range(len(arcs)):
                source, target = arcs[a]
                backward[source, 2] += weighted[target, 0] * (1.0 - stay[source, 2]) * weights[a]
            backward /= backward.max()
        total = 0.0
        for i in range(places):
            for s in range(3):
                mass = forward[t, i, s] * backward[i, s]
                result[t, phones[i]] += mass
                total += mass
        result[t] /= total
    return result


assert N_PHONES == 42 and N_STATES == 3
