"""Speech and one photo become a talking, feeling, moving 3D head in FLAME parameters.

Public names load on first use, so that `import flametalk` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .api import animate
    from .audio.decode import load_audio
    from .audio.features import AudioFeatures, extract_features
    from .audio.signal import Audio
    from .clip import Clip
    from .head import Head
    from .motion.retarget import retarget
    from .report import Evaluation, evaluate

_HOMES = {
    "Audio": ".audio.signal",
    "AudioFeatures": ".audio.features",
    "Clip": ".clip",
    "Evaluation": ".report",
    "Head": ".head",
    "animate": ".api",
    "evaluate": ".report",
    "extract_features": ".audio.features",
    "load_audio": ".audio.decode",
    "retarget": ".motion.retarget",
}

__all__ = [
    "Audio",
    "AudioFeatures",
    "Clip",
    "Evaluation",
    "Head",
    "__version__",
    "animate",
    "evaluate",
    "extract_features",
    "load_audio",
    "retarget",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'flametalk' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
