"""emotion2vec (Ma et al. 2024) from a local folder: its `model.pt`, its labels, and what it hears."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from ..errors import FormatError
from ..files import PathLike, existing_file
from ..unpickle.torchfiles import load_torch
from .emotion2vec_network import POSITION_GROUPS, Emotion2Vec, Sizes
from .encoders import best_device, encode, model_folder, stamp
from .mood import EMOTIONS

EXPECTED_PREFIX = "d2v_model."
LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "<unk>")
OUR_NAMES = {"disgusted": "disgust", "fearful": "fear", "surprised": "surprise"}


@dataclass(frozen=True, eq=False)
class EmotionEncoder:
    """The network, its labels, and where it runs."""

    network: Emotion2Vec
    labels: tuple[str, ...]
    device: torch.device
    folder: Path

    @property
    def width(self) -> int:
        """Numbers a vector has."""
        return self.network.proj.in_features

    def features(self, samples: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "steps d"]:
        """50 vectors a second of 16 kHz sound, which is standardised as a whole first."""
        normal = ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-5)).astype(np.float32)
        return encode(normal, self.network, self.device)

    def scores(self, features: Float32[np.ndarray, "steps d"]) -> dict[str, float]:
        """Parts of our emotions in the whole, from the classifier on the mean vector.

        The classes "other" and unknown have no counterpart here and are left out; it knows no contempt.
        """
        with torch.inference_mode():
            logits = self.network.proj(torch.from_numpy(features.mean(0)).to(self.device)).cpu()
        parts = dict.fromkeys(EMOTIONS, 0.0)
        for label, part in zip(self.labels, torch.softmax(logits, 0).tolist(), strict=True):
            name = OUR_NAMES.get(label, label)
            if name in parts:
                parts[name] = part
        total = sum(parts.values())
        return {name: part / total for name, part in parts.items()}


def load_emotion2vec(folder: PathLike, device: torch.device | None = None) -> EmotionEncoder:
    """The model in `folder` (model.pt, and tokens.txt where it has one); loaded once."""
    found = model_folder(folder, {"model.pt": "the weights"})
    return _load(found.resolve(), device or best_device(), stamp(found / "model.pt"))


@lru_cache(maxsize=2)
def _load(folder: Path, device: torch.device, _stamp: tuple[int, int]) -> EmotionEncoder:
    path = folder / "model.pt"
    weights = _network_weights(_read(path), path)
    network = Emotion2Vec(_sizes(weights, path))
    wanted = network.state_dict()
    missing = sorted(set(wanted) - set(weights))
    if missing:
        raise FormatError(
            path, f"lacks {len(missing)} of {len(wanted)} weights, e.g. {', '.join(missing[:3])}"
        )
    for key, value in wanted.items():
        if weights[key].shape != value.shape:
            raise FormatError(
                path, f"has shape {tuple(weights[key].shape)}, expected {tuple(value.shape)}", key
            )
        if not torch.isfinite(weights[key]).all():
            raise FormatError(path, "has NaN or infinite numbers", key)
    network.load_state_dict({key: weights[key].float() for key in wanted})
    labels = _labels(folder, network.proj.out_features)
    return EmotionEncoder(network.eval().requires_grad_(False).to(device), labels, device, folder)


def _read(path: Path) -> Any:
    """The content of `model.pt`, read as weights only; where more lies beside them, that is left inert."""
    try:
        return torch.load(existing_file(path), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        return load_torch(path, inert=True)
    except (RuntimeError, ValueError, KeyError, EOFError, OSError) as error:
        raise FormatError(
            path, f"is not a readable torch file ({str(error).splitlines()[0][:150]})"
        ) from error


def _network_weights(content: Any, path: Path) -> dict[str, Tensor]:
    """Name → tensor without the wrappers and prefixes under which the weights may lie."""
    for wrapper in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    if not isinstance(content, Mapping):
        raise FormatError(path, "holds no dictionary of weights")
    weights = {}
    for key, value in content.items():
        if isinstance(key, str) and isinstance(value, Tensor):
            weights[key.removeprefix("module.").removeprefix(EXPECTED_PREFIX)] = value
    scale = weights.get("modality_encoders.AUDIO.alibi_scale")
    if scale is not None and scale.ndim == 4:  # older files
        weights["modality_encoders.AUDIO.alibi_scale"] = scale[None]
    return weights


def _sizes(weights: dict[str, Tensor], path: Path) -> Sizes:
    audio = "modality_encoders.AUDIO."

    def shape(key: str, ndim: int) -> torch.Size:
        if key not in weights or weights[key].ndim != ndim:
            raise FormatError(path, "is missing or of the wrong shape: not an emotion2vec model", key)
        return weights[key].shape

    def count(prefix: str, suffix: str) -> int:
        n = 0
        while f"{prefix}{n}{suffix}" in weights:
            n += 1
        return n

    width, _, kernel = shape(f"{audio}relative_positional_encoder.1.0.weight", 3)
    positions = sum(f"{audio}relative_positional_encoder.{i}.0.weight" in weights for i in range(1, 33))
    heads = shape(f"{audio}alibi_scale", 5)[2]
    heads = heads if heads > 1 else width // 64  # one scale for all heads, which are of the usual size
    if not heads or width % heads or width % POSITION_GROUPS:
        raise FormatError(path, f"has {heads} heads for a width of {width}: not an emotion2vec model")
    return Sizes(
        channels=shape(f"{audio}project_features.1.weight", 1)[0],
        width=width,
        heads=heads,
        hidden=shape("blocks.0.mlp.fc1.weight", 2)[0],
        first_blocks=count(f"{audio}context_encoder.blocks.", ".norm1.weight"),
        blocks=count("blocks.", ".norm1.weight"),
        positions=positions,
        position_kernel=kernel,
        extra_tokens=shape(f"{audio}extra_tokens", 3)[1],
        labels=shape("proj.weight", 2)[0],
    )


def _labels(folder: Path, count: int) -> tuple[str, ...]:
    path = folder / "tokens.txt"
    labels: tuple[str, ...] = LABELS
    if path.is_file():
        lines = path.read_text(encoding="utf-8").split("\n")
        labels = tuple(line.strip().rpartition("/")[2] for line in lines if line.strip())
    if len(labels) != count:
        raise FormatError(path, f"names {len(labels)} labels, the classifier has {count}")
    return labels
