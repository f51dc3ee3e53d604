"""Changing the sample rate: a long Kaiser low-pass, polyphase, the same numbers whole or in chunks."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import ceil, gcd

import numpy as np
from jaxtyping import Float32
from scipy.signal import firwin, upfirdn

from .signal import Audio

ZERO_CROSSINGS = 32  # of the sinc on either side
KAISER_BETA = 9.0  # about 90 dB of stop band
CUTOFF = 0.91  # middle of the transition, as a part of the lower Nyquist rate: full stop is reached at 1.0


def resample(audio: Audio, rate: int) -> Audio:
    """`audio` at `rate`; content above the new Nyquist rate is removed, timing is kept."""
    if audio.rate == rate:
        return audio
    chunks = list(resample_chunks([audio.samples], audio.rate, rate))
    return Audio(np.concatenate(chunks) if chunks else np.zeros(0, np.float32), rate)


def resample_chunks(
    chunks: Iterable[Float32[np.ndarray, "_"]], source: int, target: int
) -> Iterator[Float32[np.ndarray, "_"]]:
    """Resample a stream of arrays of any lengths; n samples in give ceil(n · target / source) out."""
    if source == target:
        yield from chunks
        return
    up, down = target // gcd(source, target), source // gcd(source, target)
    taps, centre = _low_pass(up, down)
    # Blocks of a multiple of `down` inputs, with enough past and future around them for the filter.
    context = ceil(centre / up / down) * down
    skipped = context * up // down + centre // down  # outputs that belong to the past

    def filtered(block: np.ndarray, inputs: int) -> np.ndarray:
        return upfirdn(taps, block, up, down)[skipped : skipped + ceil(inputs * up / down)].astype(np.float32)

    held = np.zeros(context, np.float32)
    for chunk in chunks:
        held = np.concatenate([held, chunk])
        ready = (len(held) - 2 * context) // down * down
        if ready >= source // 2:  # a small chunk waits for company
            yield filtered(held[: ready + 2 * context], ready)
            held = held[ready:]
    rest = len(held) - context
    if rest > 0:
        yield filtered(np.pad(held, (0, context + down)), rest)


@lru_cache(maxsize=8)
def _low_pass(up: int, down: int) -> tuple[np.ndarray, int]:
    """Filter taps at `up` times the source rate, and their centre, a multiple of `down`."""
    half = ZERO_CROSSINGS * max(up, down)
    taps = up * firwin(2 * half + 1, CUTOFF / max(up, down), window=("kaiser", KAISER_BETA))
    padding = -half % down
    return np.pad(taps, (padding, 0)).astype(np.float32), half + padding
