"""Phone posteriors of speech: which of 42 phones is being spoken, 100 times a second.

A bottleneck that survives the change of voice: what is said passes, who says it does not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Float64

from ..conventions import SAMPLE_RATE
from ..errors import InputError
from .acoustic import acoustic_model, log_likelihoods
from .cepstra import HOP, HOP_RATE, N_CEPSTRA, REACH, NoiseState, cepstra, dynamics, mel_power, remove_noise
from .phone_hmm import PhoneHmm, phone_hmm, posteriors, scaled_likelihoods
from .phones import N_PHONES, N_STATES, SILENCE

MEAN_SPAN = 3000  # hops over which the cepstral mean is taken: 30 s
BLOCK, LOOK_AHEAD = 1000, 100  # hops that are decoded at a time, and what they see of the future
QUIETEST = -75.0  # dB of full scale: below it nothing is speech
RANGE = 50.0  # dB below the loud parts of a clip at which it counts as silent
GATE_WIDTH = 1.5  # dB
EDGE = 3  # hops that `dynamics` uses up on either side


@dataclass(frozen=True, eq=False)
class HeardSpeech:
    """Cepstra before mean removal, and the level in dB of full scale, of every hop."""

    cepstra: Float64[np.ndarray, "hops 13"]
    level: Float64[np.ndarray, "hops"]


@dataclass
class Ear:
    """Sound in pieces of any size → cepstra of the hops that are complete."""

    held: Float32[np.ndarray, "_"] = field(default_factory=lambda: np.zeros(1 + REACH, np.float32))
    noise: NoiseState | None = None

    def hear(self, samples: Float32[np.ndarray, "_"], last: bool = False) -> HeardSpeech:
        """Cepstra of what became complete; `last` completes the rest with silence."""
        self.held = np.concatenate([self.held, samples])
        hops = (len(self.held) - 1 - 2 * REACH) // HOP
        if last:
            hops = -(-(len(self.held) - 1 - REACH) // HOP)
            self.held = np.pad(self.held, (0, 1 + 2 * REACH + hops * HOP - len(self.held)))
        if hops <= 0:
            return HeardSpeech(np.zeros((0, N_CEPSTRA)), np.zeros(0))
        heard = self.held[: 1 + 2 * REACH + hops * HOP].astype(np.float64)
        self.held = self.held[hops * HOP :]
        mel = mel_power(heard)
        self.noise = self.noise or NoiseState.first(mel)
        own = heard[1 + REACH : 1 + REACH + hops * HOP].reshape(hops, HOP)
        level = 10.0 * np.log10(np.mean(own**2, axis=1) + 1e-12)
        return HeardSpeech(cepstra(remove_noise(mel, self.noise)), level)


def hear(chunks: Iterable[Float32[np.ndarray, "_"]]) -> HeardSpeech:
    """Cepstra of a whole sound that comes in chunks at 16 kHz."""
    ear = Ear()
    parts = [ear.hear(chunk) for chunk in chunks]
    parts.append(ear.hear(np.zeros(0, np.float32), last=True))
    return HeardSpeech(np.concatenate([p.cepstra for p in parts]), np.concatenate([p.level for p in parts]))


def phone_posteriors(speech: HeardSpeech) -> Float32[np.ndarray, "hops 42"]:
    """P(phone | sound) in every hop; what is too quiet to be speech is silence."""
    past, parts = None, []
    for seen in likelihood_blocks(speech, BLOCK, LOOK_AHEAD):
        part, past = posteriors(hmm(), scaled_likelihoods(seen), past, min(BLOCK, len(seen)))
        parts.append(part)
    return gate(np.concatenate(parts), speech.level, loud_level(speech.level))


def likelihood_blocks(
    speech: HeardSpeech, block: int, beyond: int = 0
) -> Iterator[Float32[np.ndarray, "hops 42 3"]]:
    """Log likelihoods of every state, `block` hops at a time and up to `beyond` hops of the next block."""
    hops = len(speech.level)
    if not hops:
        raise InputError("there is no sound to listen to")
    normalised = speech.cepstra - moving_mean(speech)
    streams = dynamics(np.pad(normalised, ((EDGE, EDGE), (0, 0)), mode="edge"))
    known = np.zeros((0, N_PHONES, N_STATES), np.float32)
    for first in range(0, hops, block):
        fresh = streams[:, first + len(known) : first + block + beyond]
        seen = np.concatenate([known, log_likelihoods(acoustic_model(), fresh)])
        yield seen
        known = seen[block:]


def moving_mean(speech: HeardSpeech) -> Float64[np.ndarray, "hops 13"]:
    """The cepstral mean over `MEAN_SPAN` hops around each, without digital silence."""
    hops = len(speech.level)
    counts = (speech.level > QUIETEST).astype(float)
    if not counts.any():
        return np.repeat(speech.cepstra.mean(0, keepdims=True), hops, axis=0)
    sums = np.vstack([np.zeros(N_CEPSTRA), np.cumsum(speech.cepstra * counts[:, None], axis=0)])
    number = np.concatenate([[0.0], np.cumsum(counts)])
    first = np.clip(np.arange(hops) - MEAN_SPAN // 2, 0, max(0, hops - MEAN_SPAN))
    last = np.minimum(first + MEAN_SPAN, hops)
    near, all_ = number[last] - number[first], sums[-1] / number[-1]
    weight = np.minimum(1.0, near / min(100.0, number[-1]))[
        :, None
    ]  # a window with little sound leans on all
    local = (sums[last] - sums[first]) / np.maximum(near, 1.0)[:, None]
    return weight * local + (1.0 - weight) * all_


def loud_level(level: Float64[np.ndarray, "hops"]) -> float:
    """The level of the loud parts, dB of full scale."""
    return float(np.percentile(level, 95))


def gate(
    posterior: Float32[np.ndarray, "hops 42"], level: Float64[np.ndarray, "hops"], loud: float | np.ndarray
) -> Float32[np.ndarray, "hops 42"]:
    """Turn hops that are too quiet to be speech into silence, softly."""
    threshold = np.maximum(QUIETEST, loud - RANGE)
    quiet = 1.0 / (1.0 + np.exp(np.clip((level - threshold) / GATE_WIDTH, -50.0, 50.0)))
    gated = posterior * (1.0 - quiet[:, None])
    gated[:, SILENCE] += quiet
    return gated.astype(np.float32)


@lru_cache(maxsize=1)
def hmm() -> PhoneHmm:
    """The machine over English phone sequences (made once)."""
    return phone_hmm(acoustic_model())


assert SAMPLE_RATE == HOP_RATE * HOP
