"""Optional packages: one place that imports them and says how to get them."""

from importlib import import_module
from types import ModuleType

from .errors import MissingExtraError


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """The imported module, or an error that names the extra to install."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] != module.split(".")[0]:
            raise  # it is installed, something it needs is not: that is its own story
        raise MissingExtraError(extra, module.split(".")[0], purpose) from error
