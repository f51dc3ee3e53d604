"""A clip in a notebook: a video with sound inside the page, no file beside it, no network."""

import base64
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .clip import Clip
from .film import render_clip


@dataclass(frozen=True)
class ClipView:
    """What `clip.show()` gives: notebooks draw it by asking for its HTML."""

    clip: Clip
    options: dict[str, Any]

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
