"""The acoustic model inside the `pocketsphinx` package: Gaussian mixtures of 42 phones × 3 states.

Only its context-independent part is read, from the model files, with NumPy.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from ..errors import AssetError, FormatError
from .phones import N_PHONES, N_STATES

N_STREAMS, N_DENSITIES, N_DIMS = 3, 128, 13
N_SENONES = 5126  # of the whole model; the first 126 are phones × states
VARIANCE_FLOOR = 1e-4
LOG_WEIGHT_STEP = -0.1024  # natural log of one step of a stored weight


@dataclass(frozen=True, eq=False)
class AcousticModel:
    """Per stream, phone and density: log N(x) = [x², x, 1] · `quadratic`; mixture weights of each state."""

    quadratic: Float32[np.ndarray, "3 27 5376"]
    weights: Float32[np.ndarray, "3 42 128 3"]
    centre: Float64[np.ndarray, "3 13"]  # inputs are standardised first, which keeps float32 exact enough
    scale: Float64[np.ndarray, "3 13"]
    stay: Float32[np.ndarray, "42 3"]  # probability of a state to last another hop


def log_likelihoods(
    model: AcousticModel, streams: Float64[np.ndarray, "3 hops 13"]
) -> Float32[np.ndarray, "hops 42 3"]:
    """Log likelihood of each hop under each state of each phone (natural log, up to a constant)."""
    hops = streams.shape[1]
    total = np.zeros((hops, N_PHONES, N_STATES), np.float32)
    for first in range(0, hops, 256):  # blocks keep the densities in cache
        block = slice(first, min(first + 256, hops))
        for s in range(N_STREAMS):
            x = ((streams[s, block] - model.centre[s]) / model.scale[s]).astype(np.float32)
            design = np.concatenate([x * x, x, np.ones((len(x), 1), np.float32)], axis=1)
            density = (design @ model.quadratic[s]).reshape(-1, N_PHONES, N_DENSITIES)
            peak = density.max(axis=2, keepdims=True)
            np.exp(density - peak, out=density)
            mixed = np.matmul(density.transpose(1, 0, 2), model.weights[s])
            total[block] += np.log(mixed + 1e-30).transpose(1, 0, 2) + peak
    return total


@lru_cache(maxsize=1)
def acoustic_model() -> AcousticModel:
    """The US-English model of the installed `pocketsphinx` package (read once)."""
    return load_acoustic_model(model_folder() / "en-us")


def model_folder() -> Path:
    """Where `pocketsphinx` keeps its dictionary and models."""
    spec = find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        raise AssetError(
            "the phonetic front end reads the model inside 'pocketsphinx': pip install pocketsphinx"
        )
    return Path(spec.origin).parent / "model" / "en-us"


def load_acoustic_model(folder: Path) -> AcousticModel:
    """Read `means`, `variances` and `sendump` of a PocketSphinx "ptm" model."""
    means = _gaussians(folder / "means")
    variances = np.maximum(_gaussians(folder / "variances"), VARIANCE_FLOOR)
    centre = means.mean(axis=(0, 2))
    scale = np.sqrt(variances.mean(axis=(0, 2)) + means.var(axis=(0, 2)))
    mu = (means - centre[:, None]) / scale[:, None]  # phone, stream, density, dim
    inverse = scale[:, None] ** 2 / variances
    constant = -0.5 * (np.log(2.0 * np.pi * variances).sum(-1) + (mu * mu * inverse).sum(-1))
    parts = np.concatenate([-0.5 * inverse, mu * inverse, constant[..., None]], axis=-1)
    quadratic = parts.transpose(1, 3, 0, 2).reshape(N_STREAMS, 2 * N_DIMS + 1, -1).astype(np.float32)
    stored = (folder / "sendump").read_bytes()[-N_STREAMS * N_DENSITIES * N_SENONES :]
    if len(stored) != N_STREAMS * N_DENSITIES * N_SENONES:
        raise FormatError(folder / "sendump", "is cut off; reinstall pocketsphinx")
    codes = np.frombuffer(stored, np.uint8).reshape(N_STREAMS, N_DENSITIES, N_SENONES)
    own = codes[:, :, : N_PHONES * N_STATES].reshape(N_STREAMS, N_DENSITIES, N_PHONES, N_STATES)
    weights = np.exp(LOG_WEIGHT_STEP * own.astype(np.float32)).transpose(0, 2, 1, 3)
    sizes, counts = _sphinx_arrays(folder / "transition_matrices", n_sizes=4)
    if sizes[:-1] != (N_PHONES, N_STATES, N_STATES + 1):
        raise FormatError(folder / "transition_matrices", f"holds {sizes[:-1]}; install pocketsphinx 5.1")
    matrices = counts.reshape(sizes[:-1])
    stay = np.einsum("pss->ps", matrices[:, :, :N_STATES]) / matrices.sum(2)
    return AcousticModel(quadratic, np.ascontiguousarray(weights), centre, scale, stay.astype(np.float32))


def _gaussians(path: Path) -> np.ndarray:
    """Means or variances: (42 phones, 3 streams, 128 densities, 13)."""
    shape = (N_PHONES, N_STREAMS, N_DENSITIES)
    sizes, numbers = _sphinx_arrays(path, n_sizes=len(shape) + N_STREAMS + 1)
    if sizes[:-1] != (*shape, *[N_DIMS] * N_STREAMS):
        raise FormatError(
            path, f"holds Gaussians of {sizes[:-1]}, expected {shape}; install pocketsphinx 5.1"
        )
    return numbers.reshape(*shape, N_DIMS)


def _sphinx_arrays(path: Path, n_sizes: int) -> tuple[tuple[int, ...], np.ndarray]:
    """The sizes and numbers of a Sphinx parameter file: text, byte-order mark, sizes, float32, checksum."""
    if not path.is_file():
        raise AssetError(f"{path} is missing; reinstall pocketsphinx")
    text, mark, rest = path.read_bytes().partition(b"endhdr\n")
    body = np.frombuffer(rest[: len(rest) // 4 * 4], "<i4")
    if not mark or not text.startswith(b"s3") or len(body) < 1 + n_sizes or body[0] != 0x11223344:
        raise FormatError(path, "is not a Sphinx parameter file; reinstall pocketsphinx")
    sizes = tuple(int(n) for n in body[1 : 1 + n_sizes])
    numbers = body[1 + n_sizes : 1 + n_sizes + sizes[-1]].view("<f4").astype(np.float64)
    if len(numbers) != sizes[-1]:
        raise FormatError(path, "is cut off; reinstall pocketsphinx")
    return sizes, numbers
