"""The built-in ear: phones from Moonshine's hidden rows by a small network of ours, 100 times a second.

The encoder was trained on people, so what it tells survives the change of voice; our network was trained by
scripts/train_ear.py on the corpus' own sound, whose phones are known to the millisecond. A second network
hears the spectrum, and is believed on voices like those (`spectrum_ear`).
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, Float64

from ..errors import AssetError
from ..files import read_safetensors
from .cepstra import HOP
from .ear_network import EarNetwork, hops_between
from .moonshine import load_moonshine, model_file
from .phones import N_PHONES
from .spectrum_ear import SpectrumEar, believe, evened, log_spectrum

WEIGHTS = Path(__file__).with_name("ear.safetensors")
NAME = "Moonshine tiny, ear 2"
LONGEST, SHORTEST = 1600, 800  # hops of a piece that is heard at once, where the sound goes on
PAUSE = 20  # hops that are quiet where a piece ends


def is_installed() -> bool:
    """Whether the encoder is there."""
    return model_file() is not None


def phone_scores(
    samples: Float32[np.ndarray, "n"], level: Float64[np.ndarray, "hops"]
) -> Float32[np.ndarray, "hops 42"]:
    """log P(phone | sound) in every hop; `level` (dB) says where long sound is cut."""
    encoder = _encoder()
    parts = []
    for first, last in pieces(level):
        piece = samples[first * HOP : last * HOP]
        parts.append(both_ears(*networks(), encoder.encode(piece), log_spectrum(piece)))
    return np.concatenate(parts)


def both_ears(
    first: EarNetwork,
    second: SpectrumEar,
    rows: Float32[np.ndarray, "rows 288"],
    spectrum: Float32[np.ndarray, "hops 25"],
) -> Float32[np.ndarray, "hops 42"]:
    """log P(phone | sound) in each hop: what rows tell, and the spectrum where the voice is familiar."""
    before, part = hops_between(len(rows), 0, len(spectrum))
    with torch.inference_mode():
        by_rows = first(*(torch.from_numpy(a)[None] for a in (rows, before, part)))[0].numpy()
        by_spectrum = second(torch.from_numpy(evened(spectrum))[None])[0].numpy()
    return believe(by_rows, by_spectrum, spectrum)


def pieces(level: Float64[np.ndarray, "hops"]) -> Iterator[tuple[int, int]]:
    """First and last hop of parts of at most `LONGEST`, cut where it is quietest."""
    first, total = 0, len(level)
    power = np.concatenate([[0.0], np.cumsum(10.0 ** (level / 10.0))])
    while total - first > LONGEST:
        middles = np.arange(first + SHORTEST, first + LONGEST - PAUSE // 2)
        loudness = power[middles + PAUSE // 2] - power[middles - PAUSE // 2]
        last = int(middles[loudness.argmin()])
        yield first, last
        first = last
    yield first, total


def prior() -> Float32[np.ndarray, "42"]:
    """How often each phone was in the sound that the network learned from."""
    return _weights()["prior"].numpy()


@lru_cache(maxsize=1)
def networks() -> tuple[EarNetwork, SpectrumEar]:
    """Our two networks with the weights that ship."""
    first, second = EarNetwork(), SpectrumEar()
    for network in (first, second):
        names = network.state_dict()
        network.load_state_dict({name: _weights()[name].float() for name in names})
        network.requires_grad_(False).eval()
    return first, second


@lru_cache(maxsize=1)
def _weights() -> dict[str, torch.Tensor]:
    tensors, _ = read_safetensors(WEIGHTS, "an ear", framework="pt")
    return tensors


def _encoder():
    file = model_file()
    if file is None:
        raise AssetError(
            "the ear needs the encoder inside 'moonshine-voice': pip install 'moonshine-voice<0.1' "
            "onnxruntime, or do without by linguistic='pocketsphinx'"
        )
    return load_moonshine(file)


assert N_PHONES == 42
