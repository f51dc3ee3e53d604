"""Emotion templates on disk: one safetensors file per head, numbers and their story."""

import json
import re

import numpy as np

from ..conventions import FLAME_EXPRESSION_COLUMNS
from ..errors import FormatError, InputError
from ..files import Path, PathLike, read_safetensors, write_safetensors
from ..head.store import data_folder
from .emotion import EMOTIONS, NEUTRAL, Template, Templates

LAYOUT = "flametalk-emotions-1"
MAX_BYTES = 2**20
HEAD_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def template_file(made_for: str) -> Path:
    """Where the templates of a head are kept for use by its name."""
    if not HEAD_NAME.fullmatch(made_for):
        raise InputError(f"'{made_for}' is not a head's name")
    return data_folder() / "emotions" / f"{made_for}.safetensors"


def save_templates(templates: Templates, path: PathLike) -> None:
    """Write them; `load_templates` reads the same numbers back."""
    if not str(path).endswith(".safetensors"):
        raise InputError(f"'{path}' should end with .safetensors")
    arrays = {f"{name}/expression": one.expression for name, one in templates.emotions.items()}
    arrays |= {f"{name}/jaw": one.jaw for name, one in templates.emotions.items()}
    if templates.neutral is not None:
        arrays[f"{NEUTRAL}/expression"] = templates.neutral
    story = {"layout": LAYOUT, "made_for": templates.made_for or "", "info": json.dumps(dict(templates.info))}
    write_safetensors(path, {k: np.ascontiguousarray(v, np.float32) for k, v in arrays.items()}, story)


def load_templates(path: PathLike) -> Templates:
    """Read and check a file of templates."""
    arrays, story = read_safetensors(path, "emotion templates", MAX_BYTES, LAYOUT)
    try:
        info = json.loads(story.get("info", "{}"))
    except (ValueError, RecursionError) as error:
        raise FormatError(path, "its story is not JSON", "info") from error
    return _checked(path, arrays, story.get("made_for") or None, info if isinstance(info, dict) else {})


def _checked(path: PathLike, arrays: dict[str, np.ndarray], made_for: str | None, info: dict) -> Templates:
    emotions: dict[str, Template] = {}
    neutral, width = None, None
    for key, value in arrays.items():
        name, _, kind = key.partition("/")
        if name not in EMOTIONS or kind not in ("expression", "jaw"):
            raise FormatError(path, f"is not one of {', '.join(EMOTIONS)}", key)
        if kind == "jaw":
            continue
        if (
            value.ndim != 1
            or not 1 <= len(value) <= FLAME_EXPRESSION_COLUMNS
            or width not in (None, len(value))
        ):
            raise FormatError(path, f"has shape {value.shape}, expected the same 1 to 100 for all", key)
        width = len(value)
        jaw = arrays.get(f"{name}/jaw", np.zeros(3, np.float32))
        if jaw.shape != (3,) or not (np.isfinite(jaw).all() and np.isfinite(value).all()):
            raise FormatError(path, "has a wrong shape, NaN or infinite values", key)
        if name == NEUTRAL:
            neutral = value.astype(np.float32)
        else:
            emotions[name] = Template(value.astype(np.float32), jaw.astype(np.float32))
    if not emotions:
        raise FormatError(path, "holds no emotion")
    return Templates(made_for, emotions, neutral, info)
