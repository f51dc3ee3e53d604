"""A clip in a notebook: the player inside the page, or a video; no file beside it, no network."""

import base64
import html
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .clip import Clip
from .film import render_clip
from .head import Head


@dataclass(frozen=True)
class ClipView:
    """What `clip.show()` gives: notebooks draw it by asking for its HTML."""

    clip: Clip
    head: Head | None = None
    look: str = "skin"
    height: int = 560  # pixels

    @cached_property
    def page(self) -> str:
        """The player with everything in it."""
        from .web.page import viewer_page

        return viewer_page(self.clip, self.head, self.look)

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.page)}" allow="autoplay; fullscreen" '
            f'style="width:100%;height:{self.height}px;border:0"></iframe>'
        )


@dataclass(frozen=True)
class VideoView:
    """What `clip.show(video=True)` gives: pictures that also those see who cannot run the player."""

    clip: Clip
    options: dict[str, Any] = field(default_factory=dict)  # of `film.render_clip`

    @cached_property
    def video(self) -> bytes:
        """The finished mp4."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.mp4"
            render_clip(self.clip, path, **({"progress": True} | self.options))
            return path.read_bytes()

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.video).decode()
        return f'<video controls loop src="data:video/mp4;base64,{data}"></video>'
