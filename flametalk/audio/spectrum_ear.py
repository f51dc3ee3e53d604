"""A second opinion on phones, from the spectrum itself: sharp on voices like those it learned from.

Moonshine's rows come 42 times a second and were made to tell words apart; what tells a v from an m lies in
the spectrum. A network that learned it from synthetic voices hears those far better than the first ear, and
people worse. So it is believed as far as both ears agree over a piece of sound: wholly where they mostly do,
not at all where they seldom do, as on most recordings of people.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor, nn
from torch.nn import functional

from .cepstra import FILTERS
from .ear_network import along
from .phones import N_PHONES, SILENCE
from .phonetic import hear

SPECTRAL = 2  # networks, from different seeds
WIDE, KERNEL, DILATIONS = 96, 5, (1, 2, 4, 1)
FAINT = 1e-8  # power, so that silence has a logarithm
FLOOR, QUIET = 9.0, 6.9  # nats below the loud parts: no filter has less power; what does not count as loud
LOUD = 95.0  # percentile
SPREAD = 3.0  # nats: about the spread of a filter's power in speech
STRANGE, FAMILIAR = 0.44, 0.55  # agreement from which on the second ear counts, and counts wholly
WEIGHT = 1.0  # of its logarithms then, those of the first counting 1


class Spectral(nn.Module):
    """Dilated convolutions over mel spectra; scores of phones come out."""

    def __init__(self, dropout: float = 0.0):
        super().__init__()
        self.enter = nn.Conv1d(FILTERS, WIDE, KERNEL, padding=KERNEL // 2)
        self.near = nn.ModuleList(
            nn.Conv1d(WIDE, WIDE, KERNEL, padding=KERNEL // 2 * step, dilation=step) for step in DILATIONS
        )
        self.steady = nn.ModuleList(nn.LayerNorm(WIDE) for _ in DILATIONS)
        self.leave = nn.Linear(WIDE, N_PHONES)
        self.drop = nn.Dropout(dropout)

    def forward(self, spectrum: Float[Tensor, "b hops 25"]) -> Float[Tensor, "b hops 42"]:
        """Scores of the phones of each hop; `spectrum` as `evened` gives it."""
        x = functional.gelu(along(self.enter, spectrum))
        for convolution, normal in zip(self.near, self.steady, strict=True):
            x = x + self.drop(functional.gelu(along(convolution, normal(x))))
        return self.leave(self.drop(x))


class SpectrumEar(nn.Module):
    """The networks; what they say is the mean of their logarithms."""

    def __init__(self) -> None:
        super().__init__()
        self.spectral = nn.ModuleList(Spectral() for _ in range(SPECTRAL))

    def forward(self, spectrum: Float[Tensor, "b hops 25"]) -> Float[Tensor, "b hops 42"]:
        """log P(phone | sound) of each hop."""
        said = [torch.log_softmax(network(spectrum), -1) for network in self.spectral]
        return torch.log_softmax(torch.stack(said).mean(0), -1)


def log_spectrum(samples: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "hops 25"]:
    """Logarithms of the mel powers of every hop."""
    return np.log(hear([samples]).mel + FAINT).astype(np.float32)


def evened(spectrum: Float32[np.ndarray, "hops 25"]) -> Float32[np.ndarray, "hops 25"]:
    """Without the microphone and the room's hiss: a floor below the loud parts, and their mean taken away."""
    audible = np.logaddexp(spectrum, np.float32(np.percentile(_level(spectrum), LOUD) - FLOOR))
    return (audible - audible[_is_loud(spectrum)].mean(0)) / np.float32(SPREAD)


def believe(
    first: Float32[np.ndarray, "hops 42"],
    second: Float32[np.ndarray, "hops 42"],
    spectrum: Float32[np.ndarray, "hops 25"],
) -> Float32[np.ndarray, "hops 42"]:
    """What both ears say together (all are log P); the second counts as far as they agree on speech."""
    both = first + np.float32(WEIGHT * familiarity(first, second, spectrum)) * second
    return both - np.logaddexp.reduce(both, axis=1, keepdims=True)


def familiarity(
    first: Float32[np.ndarray, "hops 42"],
    second: Float32[np.ndarray, "hops 42"],
    spectrum: Float32[np.ndarray, "hops 25"],
) -> float:
    """0: a voice strange to the second ear; 1: one like those it learned from."""
    loud = _is_loud(spectrum)
    one, other = (np.delete(np.exp(said[loud]), SILENCE, axis=1) for said in (first, second))
    agreement = np.minimum(one, other).sum() / max(one.sum(), 1e-9)
    return float(np.clip((agreement - STRANGE) / (FAMILIAR - STRANGE), 0.0, 1.0))


def _is_loud(spectrum: Float32[np.ndarray, "hops 25"]) -> Bool[np.ndarray, "hops"]:
    level = _level(spectrum)
    return level > np.percentile(level, LOUD) - QUIET


def _level(spectrum: Float32[np.ndarray, "hops 25"]) -> Float32[np.ndarray, "hops"]:
    return np.log(np.exp(spectrum).mean(1) + FAINT)
