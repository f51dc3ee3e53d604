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
from .cepstra import (
    FILTERS,
    HOP,
    HOP_RATE,
    N_CEPSTRA,
    REACH,
    NoiseState,
    cepstra,
    dynamics,
    hiss,
    mel_power,
    remove_noise,
)
from .phone_hmm import PhoneHmm, phone_hmm, posteriors, scaled_likelihoods
from .phones import N_PHONES, N_STATES, SILENCE

MEAN_SPAN, ENOUGH = 3000, 300  # hops over which the cepstral mean is taken, and how many have to tell
PAUSES, PAUSE_RANGE = 0.25, 30.0  # greatest share of pauses in it; dB below the loud parts where they begin
BLOCK, LOOK_AHEAD = 1000, 100  # hops that are decoded at a time, and what they see of the future
QUIETEST = -75.0  # dB of full scale: below it nothing is speech
RANGE = 50.0  # dB below the loud parts of a clip at which it counts as silent
GATE_WIDTH = 1.5  # dB
EDGE = 3  # hops that `dynamics` uses up on either side


@dataclass(frozen=True, eq=False)
class HeardSpeech:
    """The power of mel filters, and the level in dB of full scale, of every hop."""

    mel: Float64[np.ndarray, "hops 25"]
    level: Float64[np.ndarray, "hops"]


@dataclass
class Ear:
    """Sound in pieces of any size → mel powers of the hops that are complete."""

    held: Float32[np.ndarray, "_"] = field(default_factory=lambda: np.zeros(1 + REACH, np.float32))

    def hear(self, samples: Float32[np.ndarray, "_"], last: bool = False) -> HeardSpeech:
        """What became complete; `last` completes the rest with silence."""
        self.held = np.concatenate([self.held, samples])
        hops = (len(self.held) - 1 - 2 * REACH) // HOP
        if last:
            hops = -(-(len(self.held) - 1 - REACH) // HOP)
            self.held = np.pad(self.held, (0, 1 + 2 * REACH + hops * HOP - len(self.held)))
        if hops <= 0:
            return HeardSpeech(np.zeros((0, FILTERS)), np.zeros(0))
        heard = self.held[: 1 + 2 * REACH + hops * HOP].astype(np.float64)
        self.held = self.held[hops * HOP :]
        own = heard[1 + REACH : 1 + REACH + hops * HOP].reshape(hops, HOP)
        level = 10.0 * np.log10(np.mean(own**2, axis=1) + 1e-12)
        return HeardSpeech(mel_power(heard), level)


def hear(chunks: Iterable[Float32[np.ndarray, "_"]]) -> HeardSpeech:
    """A whole sound that comes in chunks at 16 kHz."""
    ear = Ear()
    parts = [ear.hear(chunk) for chunk in chunks]
    parts.append(ear.hear(np.zeros(0, np.float32), last=True))
    return HeardSpeech(np.concatenate([p.mel for p in parts]), np.concatenate([p.level for p in parts]))


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
    mel = speech.mel + hiss(max(QUIETEST, loud_level(speech.level)))
    static = cepstra(remove_noise(mel, NoiseState.first(mel)))
    static -= moving_mean(static, speech.level)
    streams = dynamics(np.pad(static, ((EDGE, EDGE), (0, 0)), mode="edge"))
    known = np.zeros((0, N_PHONES, N_STATES), np.float32)
    for first in range(0, hops, block):
        fresh = streams[:, first + len(known) : first + block + beyond]
        seen = np.concatenate([known, log_likelihoods(acoustic_model(), fresh)])
        yield seen
        known = seen[block:]


def moving_mean(
    static: Float64[np.ndarray, "hops 13"], level: Float64[np.ndarray, "hops"]
) -> Float64[np.ndarray, "hops 13"]:
    """The cepstral mean over `MEAN_SPAN` hops around each, in which pauses count for `PAUSES` at most.

    Taking it away removes voice and microphone; the model was trained on speech with few pauses.
    """
    hops = len(level)
    quiet = level < loud_level(level) - PAUSE_RANGE
    weights = np.ones(hops)
    weights[quiet] = min(1.0, PAUSES / (1.0 - PAUSES) * np.sum(~quiet) / max(1, quiet.sum()))
    sums = np.vstack([np.zeros(N_CEPSTRA), np.cumsum(static * weights[:, None], axis=0)])
    total = np.concatenate([[0.0], np.cumsum(weights)])
    first = np.clip(np.arange(hops) - MEAN_SPAN // 2, 0, max(0, hops - MEAN_SPAN))
    last = np.minimum(first + MEAN_SPAN, hops)
    near = (total[last] - total[first])[:, None]
    trust = np.minimum(1.0, near / min(ENOUGH, total[-1]))  # else the whole counts too
    return trust * (sums[last] - sums[first]) / np.maximum(near, 1e-9) + (1.0 - trust) * sums[-1] / total[-1]


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
