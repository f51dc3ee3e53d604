"""Which of the 42 phones is spoken in every hop: by the ear that is installed, and after a transcript."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from ..errors import UnknownNameError
from . import ear
from .cepstra import HOP
from .phones import N_STATES
from .phonetic import gate, hear, likelihood_blocks, loud_level, phone_posteriors
from .transcript import follow_transcript, likely

EARS = ("auto", "builtin", "ear", "pocketsphinx")
POCKETSPHINX = "PocketSphinx en-us"
PART = 160_000  # samples that PocketSphinx's front end hears at a time
BLOCK = 500  # hops of a block of likelihoods
EAR_SCALE, POCKETSPHINX_SCALE = 0.5, 0.5  # powers of likelihoods under a transcript
SOFTNESS = 1.2  # on people the ear is surer than it is right: its scores are divided by this
DOUBT = 0.03  # of a transcript, where the ear hears otherwise
QUIETEST = 1e-12  # power, so that silence has a level

Blocks = list[Float64[np.ndarray, "_ 42 3"]]


@dataclass(frozen=True, eq=False)
class Hearing:
    """Posteriors of phones, 100 times a second, and what a transcript is laid over."""

    ear: str
    posteriors: Float32[np.ndarray, "hops 42"]
    level: Float64[np.ndarray, "hops"]  # dB of full scale
    likelihoods: Callable[[], Blocks]
    doubt: float  # of a transcript: 0 follows it wholly

    def after(self, text: str) -> tuple[Float32[np.ndarray, "hops 42"], str]:
        """Posteriors sharpened by the words that are said, and a note of what became of them."""
        aligned, note = follow_transcript(self.likelihoods(), self.level, self.posteriors, text)
        if not self.doubt or aligned is self.posteriors:
            return aligned, note
        both = self.posteriors * (aligned + self.doubt)
        return (both / both.sum(1, keepdims=True)).astype(np.float32), note


def listen(samples: Float32[np.ndarray, "n"], choice: str = "auto") -> Hearing:
    """Hear 16 kHz sound with "ear" (Moonshine's encoder), "pocketsphinx", or the better one there is."""
    if choice not in EARS:
        raise UnknownNameError("ear", choice, EARS)
    if choice == "pocketsphinx" or (choice != "ear" and not ear.is_installed()):
        return _by_pocketsphinx(samples)
    return _by_ear(samples)


def _by_ear(samples: Float32[np.ndarray, "n"]) -> Hearing:
    level = levels(samples)
    scores = ear.phone_scores(samples, level)

    def likelihoods() -> Blocks:
        relative = (scores - np.log(ear.prior()))[:, :, None].repeat(N_STATES, 2)
        return [likely(relative[first : first + BLOCK], EAR_SCALE) for first in range(0, len(scores), BLOCK)]

    soft = np.exp(scores / SOFTNESS)
    posteriors = gate(soft / soft.sum(1, keepdims=True), level, loud_level(level))
    return Hearing(ear.NAME, posteriors, level, likelihoods, DOUBT)


def _by_pocketsphinx(samples: Float32[np.ndarray, "n"]) -> Hearing:
    speech = hear(samples[first : first + PART] for first in range(0, len(samples), PART))

    def likelihoods() -> Blocks:
        return [likely(block, POCKETSPHINX_SCALE) for block in likelihood_blocks(speech, BLOCK)]

    return Hearing(POCKETSPHINX, phone_posteriors(speech), speech.level, likelihoods, 0.0)


def levels(samples: Float32[np.ndarray, "n"]) -> Float64[np.ndarray, "hops"]:
    """Mean power of every hop, dB; the last hop is filled up with silence."""
    hops = max(1, -(-len(samples) // HOP))
    parts = np.pad(samples, (0, hops * HOP - len(samples))).reshape(hops, HOP)
    power = np.einsum("ij,ij->i", parts, parts, dtype=np.float64)
    return 10.0 * np.log10(power / HOP + QUIETEST)
