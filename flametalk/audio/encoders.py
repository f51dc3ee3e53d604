"""What WavLM and emotion2vec share: 50 vectors a second from the same seven convolutions, aligned.

The convolutions hop 320 samples and see 400, so n seconds would give 50 n − 1 vectors, vector k centred on
sample 320 k + 200. With 40 samples of silence in front and behind there are 50 n, each centred on its 20 ms.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from ..errors import AssetError, InputError
from ..files import PathLike

HOP, RECEPTIVE_FIELD = 320, 400
RATE = 50.0  # vectors a second
SIDE = (RECEPTIVE_FIELD - HOP) // 2
PART, CONTEXT = 1500, 100  # vectors made at a time (30 s) and seen beyond on either side (2 s)

Encoder = Callable[[Float[Tensor, "1 samples"]], Float[Tensor, "1 steps d"]]


def encode(
    samples: Float32[np.ndarray, "n"], encoder: Encoder, device: torch.device
) -> Float32[np.ndarray, "steps d"]:
    """50 vectors a second of 16 kHz sound; attention reaches over 34 s at most, which bounds memory."""
    steps = max(1, -(-len(samples) // HOP))
    padded = np.pad(samples, (SIDE, steps * HOP - len(samples) + SIDE))
    parts = []
    for first in range(0, steps, PART) if steps > PART + 2 * CONTEXT else [0]:
        last = steps if steps <= PART + 2 * CONTEXT else min(first + PART, steps)
        begin, end = max(0, first - CONTEXT), min(steps, last + CONTEXT)
        piece = torch.from_numpy(padded[begin * HOP : end * HOP + 2 * SIDE]).to(device)
        with torch.inference_mode():
            vectors = encoder(piece[None])[0].float().cpu().numpy()
        if len(vectors) != end - begin:
            raise InputError(f"the encoder gave {len(vectors)} vectors for {end - begin} steps of 20 ms")
        parts.append(vectors[first - begin : last - begin])
    return np.concatenate(parts)


def model_folder(path: PathLike, wanted: dict[str, str]) -> Path:
    """`path` as a folder that has the `wanted` files (name → what it is)."""
    if "://" in os.fspath(path):
        raise InputError(f"{os.fspath(path)} is a URL; give a folder on this machine")
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise AssetError(f"{folder} is not a folder; put the downloaded model there ({', '.join(wanted)})")
    for name, meaning in wanted.items():
        if not any((folder / option).is_file() for option in name.split(" or ")):
            raise AssetError(f"{folder} lacks {name} ({meaning}); download the whole model folder")
    return folder


def stamp(path: Path) -> tuple[int, int]:
    """Changes when the file does, so that what was loaded before is not taken for it."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def best_device() -> torch.device:
    """The first GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
