"""The state of a run: one safetensors file, replaced in one step, with all that is needed to go on."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import FormatError, InputError
from ..files import read_safetensors, read_settings, write_safetensors
from ..motion.statistics import MotionStatistics, ZScore
from .recipes import Recipe

LAYOUT = "flametalk-run-1"
STATE_FILE = "state.safetensors"
SCORES = ("difference", "frame")
MAX_BYTES = 64 * 2**30


@dataclass(frozen=True, eq=False)
class RunState:
    """After `step` optimiser steps."""

    recipe: Recipe
    step: int
    seconds: float  # of training so far, over all sessions
    best: float  # smallest validation error so far
    statistics: MotionStatistics
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    optimiser: dict[str, Tensor]  # "number/name", as torch counts parameters


def save_state(state: RunState, folder: Path) -> None:
    """Write `folder`/state.safetensors."""
    tensors = {f"weights/{k}": v for k, v in state.weights.items()}
    tensors |= {f"average/{k}": v for k, v in state.average.items()}
    tensors |= {f"optimiser/{k}": v for k, v in state.optimiser.items()}
    for name in SCORES:
        score = getattr(state.statistics, name)
        tensors[f"statistics/{name}/mean"] = torch.from_numpy(np.array(score.mean, np.float64))
        tensors[f"statistics/{name}/std"] = torch.from_numpy(np.array(score.std, np.float64))
    header = {
        "layout": LAYOUT,
        "recipe": state.recipe.to_json(),
        "step": state.step,
        "seconds": state.seconds,
        "best": state.best if np.isfinite(state.best) else None,
    }
    copies = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    write_safetensors(folder / STATE_FILE, copies, {"run": json.dumps(header)})


def load_state(folder: Path) -> RunState:
    """Read what `save_state` wrote."""
    path = folder / STATE_FILE
    if not path.exists():
        raise InputError(
            f"{folder} holds no run to go on with ({STATE_FILE} is not there): leave --resume out"
        )
    mapped, metadata = read_safetensors(path, "the state of a run", MAX_BYTES, framework="pt")
    header = read_settings(path, "the state of a run", metadata, "run", LAYOUT)
    tensors = {name: value.clone() for name, value in mapped.items()}  # the file is replaced while they live
    try:
        scores = [
            ZScore(*(tensors[f"statistics/{name}/{part}"].numpy() for part in ("mean", "std")))
            for name in SCORES
        ]
        return RunState(
            Recipe.from_json(header["recipe"]),
            int(header["step"]),
            float(header["seconds"]),
            float("inf") if header["best"] is None else float(header["best"]),
            MotionStatistics(*scores),
            _under(tensors, "weights"),
            _under(tensors, "average"),
            _under(tensors, "optimiser"),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise FormatError(path, f"not the state of a run ({type(error).__name__}: {error})") from error


def _under(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Adam's moments and step counts."""
    state = optimiser.state_dict()["state"]
    return {
        f"{number}/{name}": torch.as_tensor(v) for number, kept in state.items() for name, v in kept.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put them back."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, name = key.split("/", 1)
        state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
