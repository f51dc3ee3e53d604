"""DECA's and EMOCA's checkpoint files: found in a folder, read without running anything, checked key by key.

    deca_model.tar     a dictionary of `torch.save`: E_flame, E_detail, D_detail, each its weights
    EMOCA_…/           cfg.yaml, and somewhere below it x=3.25.ckpt of Lightning: `state_dict` with the
                       prefixes deca.E_flame. deca.E_expression. deca.E_detail. deca.D_detail.

The name of an EMOCA checkpoint has a slash in it, so that a folder "deca-epoch=10-val_loss" holds the file.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from ...errors import FileError, FormatError
from ...files import PathLike, existing_file
from ...unpickle.torchfiles import load_torch

NETWORKS: Final = ("E_flame", "E_expression", "E_detail", "D_detail")
NEEDED: Final = ("E_flame",)
OWN: Final = "deca."  # what Lightning puts before the names
ENDINGS: Final = (".ckpt", ".tar", ".pt", ".pth")
MAX_BYTES: Final = 4 * 2**30
MAX_FILES: Final = 100_000  # looked at in a folder
Weights = dict[str, Tensor]

# Modules whose classes may lie beside the weights; they stay names, their content is dropped.
HARMLESS: Final = (
    "pytorch_lightning", "lightning", "lightning_fabric", "torchmetrics", "torch.optim", "omegaconf", "yacs",
    "gdl", "decalib",
)  # fmt: skip

# Buffers and loss networks that training left in the file and reading does not need.
KNOWN: Final = (
    "flame", "flametex", "render", "uv_face_eye_mask", "uv_face_mask", "fixed_uv_dis", "mean_texture",
    "dense_template", "perceptual_loss", "id_loss", "emonet_loss", "au_loss", "lipread_loss", "lip_reading",
    "vgg_loss", "face_attr_mask",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """The networks of one file, and what else is in it."""

    path: Path
    networks: dict[str, Weights]
    ignored: dict[str, int]  # known buffers and loss networks: prefix -> entries
    unexpected: dict[str, int]  # anything else: prefix -> entries


def find_checkpoint(folder: PathLike) -> Path:
    """The best checkpoint at or below a path: that with the smallest number after the last `=` of its name.

    DECA's `deca_model.tar` is taken where there is no `.ckpt`.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        return existing_file(place, MAX_BYTES)
    files, root = [], place.resolve()
    for count, path in enumerate(place.rglob("*")):
        if count >= MAX_FILES:
            raise FileError(place, f"holds more than {MAX_FILES:,} files: give the folder of one model")
        if path.suffix.lower() in ENDINGS and path.is_file():
            if not path.resolve().is_relative_to(root):
                raise FileError(path, "leads out of the folder (a link): give the file itself")
            files.append(path)
    scored = sorted((score, str(path), path) for path in files if (score := _score(path)) is not None)
    if scored:
        return existing_file(scored[0][2], MAX_BYTES)
    plain = [p for p in files if p.name == "deca_model.tar"] or [p for p in files if p.suffix == ".ckpt"]
    if len(plain) != 1:
        names = ", ".join(sorted(p.name for p in files)[:5]) or "none at all"
        raise FileError(place, f"has no single checkpoint (x=NUMBER.ckpt or deca_model.tar) in it: {names}")
    return existing_file(plain[0], MAX_BYTES)


def _score(path: Path) -> float | None:
    """3.25 of `dataloader_idx_0=3.25.ckpt`."""
    if path.suffix.lower() != ".ckpt":
        return None
    found = re.fullmatch(r".*=(-?\d+(?:\.\d+)?(?:e-?\d+)?)(?:-v\d+)?", path.stem)
    return float(found[1]) if found else None


def read_checkpoint(path: PathLike) -> Found:
    """The weights of every network in a file, by network, in float32."""
    path = existing_file(path, MAX_BYTES)
    content = load_torch(path, inert=HARMLESS)
    if not isinstance(content, Mapping):
        raise FormatError(path, f"holds a {type(content).__name__}, a dictionary was expected")
    if isinstance(content.get("state_dict"), Mapping):
        networks, others = _sorted(content["state_dict"], path)
    else:
        networks, others = _deca(content, path)
    missing = [name for name in NEEDED if name not in networks]
    if missing:
        there = ", ".join(sorted({str(key).split(".")[0] for key in content}))[:200]
        raise FormatError(
            path, f"has no {', '.join(missing)}, only: {there}; is this a model of DECA or EMOCA?"
        )
    ignored = {name: count for name, count in others.items() if name in KNOWN}
    rest = {name: count for name, count in others.items() if name not in KNOWN}
    return Found(path, networks, ignored, rest)


def _sorted(state: Mapping[Any, Any], path: Path) -> tuple[dict[str, Weights], Counter[str]]:
    """Entries by network, and how many there are of each other prefix."""
    networks: dict[str, Weights] = {}
    others: Counter[str] = Counter()
    for key, value in state.items():
        name, _, rest = str(key).removeprefix(OWN).partition(".")
        if name in NETWORKS and rest:
            networks.setdefault(name, {})[rest] = _weight(value, path, str(key))
        else:
            others[name] += 1
    return networks, others


def _deca(content: Mapping[Any, Any], path: Path) -> tuple[dict[str, Weights], Counter[str]]:
    networks: dict[str, Weights] = {}
    others: Counter[str] = Counter()
    for key, value in content.items():
        if key in NETWORKS and isinstance(value, Mapping):
            networks[key] = {str(k): _weight(v, path, f"{key}.{k}") for k, v in value.items()}
        elif key not in ("opt", "global_step", "batch_size"):
            others[str(key)] += 1
    return networks, others


def _weight(value: Any, path: Path, key: str) -> Tensor:
    if not isinstance(value, Tensor) or value.layout != torch.strided:
        raise FormatError(path, f"is a {type(value).__name__}, a tensor was expected", field=key)
    if value.is_complex() or not bool(torch.isfinite(value).all()):
        raise FormatError(path, "has NaN, infinite or complex numbers", field=key)
    return value.float() if value.is_floating_point() else value


def fit(network: torch.nn.Module, weights: Weights, path: Path, name: str) -> dict[str, int]:
    """Give the network its weights: each needed one must be there in its shape. Returns what was left over.

    A missing `num_batches_tracked` is no harm: it counts steps of training.
    """
    wanted = network.state_dict()
    missing = [key for key in wanted if key not in weights and not key.endswith("num_batches_tracked")]
    if missing:
        problem = f"lacks {len(missing)} of {len(wanted)} weights of {name}, e.g. {', '.join(missing[:3])}"
        raise FormatError(path, problem)
    for key, value in wanted.items():
        if key in weights and weights[key].shape != value.shape:
            got, expected = tuple(weights[key].shape), tuple(value.shape)
            raise FormatError(path, f"has shape {got}, expected {expected}", field=f"{name}.{key}")
        if key.endswith("running_var") and bool((weights[key] < 0).any()):
            raise FormatError(path, "has a negative variance", field=f"{name}.{key}")
    filled = {
        key: weights[key].clone() if key in weights else torch.zeros((), dtype=torch.int64) for key in wanted
    }
    network.load_state_dict(filled, assign=True)
    extra = Counter(f"{name}.{key.split('.')[0]}" for key in weights if key not in wanted)
    return dict(extra)
