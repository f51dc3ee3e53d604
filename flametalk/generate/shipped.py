"""The weights that ship with the package, loaded once."""

from functools import lru_cache
from pathlib import Path

from ..errors import AssetError
from .checkpoint import load_model
from .model import MotionModel

BUILTIN = Path(__file__).with_name("builtin.safetensors")


@lru_cache(maxsize=1)
def builtin_model() -> MotionModel:
    """The small model for the built-in head; see docs/models.md."""
    if not BUILTIN.is_file():
        raise AssetError(
            f"{BUILTIN} is not there: install flametalk anew, or train it: flametalk train builtin --data …"
        )
    return load_model(BUILTIN)
