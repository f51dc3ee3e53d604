"""Pictures of heads: cameras, the CPU renderer and its passes, moving pictures, video files.

    surface = from_head(head)
    camera = frame_head(vertices)
    write_video(render_frames(vertices, surface, camera, look="skin"), "talk.mp4", audio=audio)

Names load on first use, so that importing this package stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .animate import render_frames
    from .backend import Abilities, Passes, Renderer
    from .backends import open_backend
    from .camera import Camera, frame_head, look_at, perspective, weak_perspective
    from .cpu import CpuRenderer
    from .looks import CLAY, SKIN_LOOK, Look, skin_look
    from .settings import Settings
    from .skin import TONES, Tone
    from .surface import Surface, from_faces, from_head
    from .video import open_video, read_video_info, write_video

_HOMES = {
    "render_frames": ".animate",
    "Abilities": ".backend",
    "Passes": ".backend",
    "Renderer": ".backend",
    "open_backend": ".backends",
    "Camera": ".camera",
    "frame_head": ".camera",
    "look_at": ".camera",
    "perspective": ".camera",
    "weak_perspective": ".camera",
    "CpuRenderer": ".cpu",
    "Settings": ".settings",
    "CLAY": ".looks",
    "SKIN_LOOK": ".looks",
    "Look": ".looks",
    "skin_look": ".looks",
    "TONES": ".skin",
    "Tone": ".skin",
    "Surface": ".surface",
    "from_faces": ".surface",
    "from_head": ".surface",
    "open_video": ".video",
    "read_video_info": ".video",
    "write_video": ".video",
}

__all__ = [
    "CLAY",
    "SKIN_LOOK",
    "TONES",
    "Abilities",
    "Camera",
    "CpuRenderer",
    "Look",
    "Passes",
    "Renderer",
    "Settings",
    "Surface",
    "Tone",
    "frame_head",
    "from_faces",
    "from_head",
    "look_at",
    "open_backend",
    "open_video",
    "perspective",
    "read_video_info",
    "render_frames",
    "skin_look",
    "weak_perspective",
    "write_video",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'flametalk.render' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
