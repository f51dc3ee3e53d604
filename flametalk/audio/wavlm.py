"""WavLM (Chen et al. 2022) from a local folder in the layout of `transformers`."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from ..errors import FormatError
from ..extras import require
from ..files import PathLike
from .encoders import best_device, encode, model_folder, stamp

WEIGHTS = "model.safetensors or pytorch_model.bin or model.safetensors.index.json"
UNUSED_KEYS = {"masked_spec_embed"}  # only training looks at it


@dataclass(frozen=True, eq=False)
class WavLM:
    """The network and what it wants to hear."""

    network: nn.Module
    normalise: bool  # zero mean and unit variance first (true for WavLM-large, false for base and base-plus)
    device: torch.device
    folder: Path

    @property
    def width(self) -> int:
        """Numbers a vector has."""
        return int(self.network.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def features(self, samples: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "steps d"]:
        """The last hidden state, 50 vectors a second of 16 kHz sound."""
        if self.normalise:
            samples = ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32)
        return encode(samples, self._forward, self.device)

    def _forward(self, sound: Float[Tensor, "1 samples"]) -> Float[Tensor, "1 steps d"]:
        return self.network(sound).last_hidden_state


@lru_cache(maxsize=2)
def _load(folder: Path, device: torch.device, _stamp: tuple[int, int]) -> WavLM:
    transformers = require("transformers", "wavlm", "WavLM")
    config = _json(folder / "config.json")
    if config.get("model_type") != "wavlm":
        raise FormatError(
            folder / "config.json", f"is of a {config.get('model_type')!r} model, expected 'wavlm'"
        )
    try:
        network, report = transformers.WavLMModel.from_pretrained(
            str(folder), local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise FormatError(folder, f"WavLM cannot be loaded ({str(error).splitlines()[0][:200]})") from error
    missing = sorted(set(report["missing_keys"]) - UNUSED_KEYS)
    if missing or report.get("mismatched_keys"):
        lacking = missing or sorted(str(key) for key in report["mismatched_keys"])
        raise FormatError(
            folder, f"lacks {len(lacking)} weights of its network, e.g. {', '.join(lacking[:3])}"
        )
    preparation = folder / "preprocessor_config.json"
    normalise = bool(_json(preparation).get("do_normalize", False)) if preparation.is_file() else False
    return WavLM(network.eval().requires_grad_(False).to(device), normalise, device, folder)


def load_wavlm(folder: PathLike, device: torch.device | None = None) -> WavLM:
    """The model in `folder` (config.json and weights); loaded once."""
    found = model_folder(folder, {"config.json": "the size of the network", WEIGHTS: "the weights"})
    return _load(found.resolve(), device or best_device(), stamp(found / "config.json"))


def _json(path: Path) -> dict:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FormatError(path, f"is not readable JSON ({error})") from error
    if not isinstance(value, dict):
        raise FormatError(path, "is not a JSON object")
    return value
