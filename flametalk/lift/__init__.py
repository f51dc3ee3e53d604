"""Photos and videos become clips: faces found, landmarks fitted, encoders run.

    clip = lift("talk.mp4")                       # with the sound
    lifted = lift_file("me.jpg")                  # and the camera, the landmarks, the error

Names load on first use, so that importing this package stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fitting import fit_landmarks
    from .overlay import write_overlay
    from .result import Lifted
    from .sources import lift, lift_file, lift_frames
    from .tracker import Face, Tracker

_HOMES = {
    "Face": ".tracker",
    "Lifted": ".result",
    "Tracker": ".tracker",
    "fit_landmarks": ".fitting",
    "lift": ".sources",
    "lift_file": ".sources",
    "lift_frames": ".sources",
    "write_overlay": ".overlay",
}

__all__ = [
    "Face",
    "Lifted",
    "Tracker",
    "fit_landmarks",
    "lift",
    "lift_file",
    "lift_frames",
    "write_overlay",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'flametalk.lift' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
