"""From likelihoods of single hops to posteriors of phones: forward–backward over all phone sequences.

The hidden state is (phone before, phone now, which third of it); `phone_grammar` says what follows what.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ..jit import compiled_fast
from .acoustic import AcousticModel
from .phone_grammar import phone_trigram
from .phones import N_PHONES, N_STATES, SILENCE

ACOUSTIC_SCALE = 0.3  # power of the likelihoods: neighbouring hops are far from independent
LEAST_LIKELIHOOD = np.float32(1e-8)  # so that no hop rules out everything
P_START_IN_SILENCE = 0.7


@dataclass(frozen=True, eq=False)
class PhoneHmm:
    """Transition probabilities, float32."""

    trigram: Float32[np.ndarray, "42 42 42"]
    stay: Float32[np.ndarray, "42 3"]  # of each state
    start: Float32[np.ndarray, "42 42 3"]


def phone_hmm(model: AcousticModel) -> PhoneHmm:
    """The machine over all phone sequences, with the model's own durations."""
    start = np.zeros((N_PHONES, N_PHONES, N_STATES), np.float32)
    start[SILENCE, :, 0] = (1.0 - P_START_IN_SILENCE) / (N_PHONES - 1)
    start[SILENCE, SILENCE, 0] = P_START_IN_SILENCE
    return PhoneHmm(phone_trigram(), model.stay, start)


def scaled_likelihoods(log_likelihood: Float32[np.ndarray, "hops 42 3"]) -> Float32[np.ndarray, "hops 42 3"]:
    """Likelihoods to the power `ACOUSTIC_SCALE`, the best of each hop being 1."""
    best = log_likelihood.max(axis=(1, 2), keepdims=True)
    return np.maximum(np.exp(ACOUSTIC_SCALE * (log_likelihood - best)), LEAST_LIKELIHOOD)


def posteriors(
    hmm: PhoneHmm,
    likelihoods: Float32[np.ndarray, "hops 42 3"],
    past: Float32[np.ndarray, "42 42 3"] | None,
    count: int,
) -> tuple[Float32[np.ndarray, "count 42"], Float32[np.ndarray, "42 42 3"]]:
    """Posteriors of the first `count` hops given all `hops`, and the forward state after them.

    `past` is the forward state before the first hop (None at the beginning of the sound): long sound goes in
    blocks, the hops after `count` being what each block may look ahead.
    """
    result, state = _forward_backward(
        np.ascontiguousarray(likelihoods, np.float32),
        hmm.trigram,
        hmm.stay,
        hmm.start if past is None else past,
        past is None,
        count,
    )
    return result, state.copy()


@compiled_fast
def _forward_backward(likelihoods, trigram, stay, past, first, count):
    hops, n, _ = likelihoods.shape
    forward = np.empty((hops, n, n, 3), np.float32)
    for t in range(hops):
        if t > 0:
            _step(forward[t - 1], likelihoods[t], trigram, stay, forward[t])
        elif first:
            _weigh(past, likelihoods[0], forward[0])
        else:
            _step(past, likelihoods[0], trigram, stay, forward[0])
    result = np.zeros((count, n), np.float32)
    backward = np.ones((n, n, 3), np.float32)
    weighted = np.empty((n, n, 3), np.float32)
    for t in range(hops - 1, -1, -1):
        if t < hops - 1:
            _step_back(backward, likelihoods[t + 1], trigram, stay, weighted)
        if t < count:
            total = np.float32(0.0)
            for h in range(n):
                for p in range(n):
                    for s in range(3):
                        result[t, p] += forward[t, h, p, s] * backward[h, p, s]
            for p in range(n):
                total += result[t, p]
            for p in range(n):
                result[t, p] /= total
    return result, forward[count - 1]


@compiled_fast
def _step(before, likelihood, trigram, stay, now):
    """The forward state one hop later."""
    n = before.shape[0]
    for p in range(n):
        for q in range(n):
            now[p, q, 0] = 0.0
        for h in range(n):
            leaving = before[h, p, 2] * (np.float32(1.0) - stay[p, 2])
            if leaving > 1e-10:
                for q in range(n):
                    now[p, q, 0] += leaving * trigram[h, p, q]
    for h in range(n):
        for p in range(n):
            a, b, c = before[h, p, 0], before[h, p, 1], before[h, p, 2]
            now[h, p, 0] += a * stay[p, 0]
            now[h, p, 1] = a * (np.float32(1.0) - stay[p, 0]) + b * stay[p, 1]
            now[h, p, 2] = b * (np.float32(1.0) - stay[p, 1]) + c * stay[p, 2]
    _weigh(now, likelihood, now)


@compiled_fast
def _weigh(state, likelihood, now):
    """`state` times the likelihood, scaled to a sum of 1, into `now`."""
    n = state.shape[0]
    total = np.float32(0.0)
    for h in range(n):
        for p in range(n):
            for s in range(3):
                now[h, p, s] = state[h, p, s] * likelihood[p, s]
                total += now[h, p, s]
    for h in range(n):
        for p in range(n):
            for s in range(3):
                now[h, p, s] /= total


@compiled_fast
def _step_back(backward, likelihood, trigram, stay, weighted):
    """`backward` one hop earlier, in place, scaled to a mean of 1."""
    n = backward.shape[0]
    for h in range(n):
        for p in range(n):
            for s in range(3):
                weighted[h, p, s] = backward[h, p, s] * likelihood[p, s]
    total = np.float32(0.0)
    for h in range(n):
        for p in range(n):
            entering = np.float32(0.0)
            for q in range(n):
                entering += trigram[h, p, q] * weighted[p, q, 0]
            a, b, c = weighted[h, p, 0], weighted[h, p, 1], weighted[h, p, 2]
            backward[h, p, 0] = a * stay[p, 0] + b * (np.float32(1.0) - stay[p, 0])
            backward[h, p, 1] = b * stay[p, 1] + c * (np.float32(1.0) - stay[p, 1])
            backward[h, p, 2] = c * stay[p, 2] + entering * (np.float32(1.0) - stay[p, 2])
            total += backward[h, p, 0] + backward[h, p, 1] + backward[h, p, 2]
    scale = np.float32(3 * n * n) / total
    for h in range(n):
        for p in range(n):
            for s in range(3):
                backward[h, p, s] *= scale
