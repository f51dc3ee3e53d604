"""Encoders that read a face off its picture, with the names and shapes of DECA's and EMOCA's checkpoints.

    model = load_emoca("EMOCA_v2_lr_mse_20")          # a folder, a file, or the name of an added model
    codes = model.encode(crops)                       # (n, 224, 224, 3) pictures, RGB
    clip = codes.clip(made_for="flame2020")

The modules are our own; only the names of the weights are shared. `training/` trains such encoders on
renders of the built-in head.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .codes import Codes
    from .model import FaceEncoder
    from .store import add_emoca, load_emoca

_HOMES = {"Codes": ".codes", "FaceEncoder": ".model", "add_emoca": ".store", "load_emoca": ".store"}
__all__ = ["Codes", "FaceEncoder", "add_emoca", "load_emoca"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module 'flametalk.lift.neural' has no attribute '{name}'")
