"""Checkpoints: one safetensors file that holds everything, and a copy of its settings as json to read.

The settings travel in the safetensors header: one file is replaced in one step, so weights and settings can
never be of different ages. The .json beside it is written for people and is not read back.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import FlametalkError, FormatError
from ..files import PathLike, atomic_path, read_safetensors, read_settings, write_safetensors
from ..motion.statistics import MotionStatistics, ZScore
from ..version import __version__
from .config import NetworkConfig
from .model import MotionModel
from .network import AudioRichTransformer

LAYOUT = "flametalk-generator-1"
MAX_BYTES = 8 * 2**30
NETWORK = "network/"
SCORES = ("difference", "frame")


def save_model(model: MotionModel, path: PathLike, half: bool = False) -> None:
    """Write `model` to x.safetensors and x.json. `half` stores the weights as float16, for shipping."""
    tensors = {NETWORK + k: _stored(v, half) for k, v in model.network.state_dict().items()}
    for name in SCORES:
        score = getattr(model.statistics, name)
        tensors[f"statistics/{name}/mean"] = torch.from_numpy(np.array(score.mean, np.float64))
        tensors[f"statistics/{name}/std"] = torch.from_numpy(np.array(score.std, np.float64))
    settings = {
        "layout": LAYOUT,
        "flametalk": __version__,
        "made_for": model.made_for,
        "features": dict(model.features),
        "fps": model.fps,
        "network": model.network.config.to_json(),
        "info": dict(model.info),
    }
    text = json.dumps(settings, indent=2)
    write_safetensors(path, tensors, {"settings": text})
    with atomic_path(Path(path).with_suffix(".json")) as temporary:
        temporary.write_text(text + "\n")


def load_model(path: PathLike, head_name: str | None = None) -> MotionModel:
    """Read what `save_model` wrote, in float32 and ready to sample; any other `head_name` is refused."""
    tensors, metadata = read_safetensors(path, "a generator", MAX_BYTES, framework="pt")
    settings = read_settings(path, "a generator", metadata, "settings", LAYOUT)
    try:
        model = _build(settings, tensors)
    except FlametalkError as error:
        raise FormatError(path, str(error)) from error
    except (KeyError, IndexError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        raise FormatError(path, f"not a complete generator ({type(error).__name__}: {error})") from error
    if head_name is not None:
        model.check_head(head_name)
    return model


def _build(settings: dict[str, Any], tensors: dict[str, Tensor]) -> MotionModel:
    config = NetworkConfig.from_json(settings["network"])
    weights = {k.removeprefix(NETWORK): v for k, v in tensors.items() if k.startswith(NETWORK)}
    for name, value in weights.items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise ValueError(f"{name} has a NaN or infinite weight")
    with torch.device("meta"):  # no memory until the stored weights, which are there, take their places
        network = AudioRichTransformer(config)
    # clones: matrix products round differently where memory is not aligned, as in a mapped file
    restored = {k: (v.float() if v.is_floating_point() else v).clone() for k, v in weights.items()}
    network.load_state_dict(restored, assign=True)
    scores = [
        ZScore(*(tensors[f"statistics/{name}/{part}"].numpy() for part in ("mean", "std"))) for name in SCORES
    ]
    if any(score.mean.shape != (config.space.width,) for score in scores):
        raise ValueError(f"statistics are not {config.space.width} wide")
    return MotionModel(
        network.eval(),
        MotionStatistics(*scores),
        str(settings["made_for"]),
        {str(k): str(v) for k, v in settings["features"].items()},
        float(settings["fps"]),
        dict(settings["info"]),
    )


def _stored(value: Tensor, half: bool) -> Tensor:
    """A copy of its own, since the format refuses tensors that share memory."""
    stored = value.detach().cpu().contiguous().clone()
    return stored.half() if half and stored.is_floating_point() else stored
