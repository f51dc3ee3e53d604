"""How far the mouth opens, drawn by hand from phone posteriors: a baseline that needs no training.

Each phone asks for an opening with some insistence; a kernel in time lets neighbours share (coarticulation by
dominance, after Cohen and Massaro 1993), and sure closures of the lips cut through.
"""

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import convolve1d

from .cepstra import HOP_RATE
from .phones import LIPS_TOUCH, N_PHONES, PHONES, VOWELS, phone_values

# 0 closed, 1 the widest vowel.
OPENING = phone_values(
    {
        "AA": 1.0, "AW AY": 0.9, "AE": 0.85, "AO": 0.75, "EH": 0.65, "AH OY": 0.6, "EY": 0.55, "OW": 0.5,
        "IH": 0.4, "ER UH": 0.35, "IY": 0.3, "UW": 0.25,
        "HH": 0.5, "L": 0.4, "NG G K": 0.35, "N TH DH": 0.3, "R D T Y": 0.25, "CH JH": 0.2, "SH ZH": 0.18,
        "S Z": 0.15, "W": 0.12, "F V": 0.08,
    }
)  # fmt: skip
# How strongly a phone insists on its opening against its neighbours.
DOMINANCE = phone_values(
    {
        " ".join(VOWELS): 1.0,
        "B P M": 1.6, "F V": 1.2, "W": 0.8, "S Z SH ZH CH JH": 0.6, "R Y": 0.5, "TH": 0.4, "T D": 0.35,
        "N L DH": 0.3, "K G NG": 0.25, "HH": 0.1, "SIL +NSN+ +SPN+": 0.15,
    }
)  # fmt: skip
CLOSED = np.array([name in LIPS_TOUCH for name in PHONES], float)
SHARING = 0.06  # seconds, σ of the kernel over which neighbours share
CLOSING = 0.02  # seconds, σ of a closure's edges

assert OPENING.shape == (N_PHONES,)


def mouth_aperture(posteriors: Float32[np.ndarray, "hops 42"]) -> Float32[np.ndarray, "hops"]:
    """Opening of the mouth in each hop, 0 closed … 1 as wide as in "ah"."""
    wish, weight = _smooth(
        np.stack([posteriors @ (DOMINANCE * OPENING), posteriors @ DOMINANCE], 1), SHARING
    ).T
    touching = np.clip(_smooth(posteriors @ CLOSED, CLOSING), 0.0, 1.0)
    return (wish / np.maximum(weight, 1e-6) * (1.0 - touching)).astype(np.float32)


def _smooth(values: Float64[np.ndarray, "hops *dims"], sigma: float) -> np.ndarray:
    return convolve1d(values, kernel(sigma), axis=0, mode="nearest")


def kernel(sigma: float, sigmas: float = 3.0) -> np.ndarray:
    """Gaussian weights over hops, summing to 1."""
    reach = round(sigmas * sigma * HOP_RATE)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (sigma * HOP_RATE)) ** 2)
    return weights / weights.sum()
