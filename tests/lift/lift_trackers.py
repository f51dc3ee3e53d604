"""A tracker for pictures whose face is a bright square, and a film of one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from flametalk.lift.tracker import Face
from flametalk.render import write_video


class Squares:
    """478 points spread over what is bright; frames that are `missing` have no face."""

    name = "squares"

    def __init__(self, missing: Sequence[int] = ()) -> None:
        self.frame, self.missing = -1, missing

    def faces(self, picture: np.ndarray) -> list[Face]:
        self.frame += 1
        if self.frame in self.missing:
            return []
        bright = np.argwhere(picture.mean(-1) > 150)[:, ::-1].astype(np.float32)
        chosen = bright[np.linspace(0, len(bright) - 1, 478).astype(int)]
        return [Face(np.pad(chosen, ((0, 0), (0, 1))))]


def squares_video(path: Path, frames: int = 6) -> None:
    """The square moves to the right by 4 pixels a frame."""
    pictures = [np.full((96, 128, 3), 10 * k, np.uint8) for k in range(frames)]
    for k, picture in enumerate(pictures):
        picture[20:70, 30 + 4 * k : 80 + 4 * k] = 200
    write_video(iter(pictures), path, 25.0)
