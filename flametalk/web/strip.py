"""The strip under the picture: the waveform, and curves of what the eye follows."""

from typing import Any, Final

import numpy as np

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..head import Head
from .block import Block

WAVE: Final = 2000  # columns of the waveform
BROWS: Final = slice(17, 27)  # of the 68 landmarks


def add_strip(block: Block, clip: Clip, head: Head) -> list[dict[str, str]]:
    """Adds the curves to `block`; the list says what they are and in which unit."""
    turn = clip.head if clip.neck is None else clip.head + clip.neck
    curves: dict[str, tuple[str, Any]] = {"jaw": ("°", np.degrees(clip.jaw[:, 0]))}
    brows = brow_height(clip, head)
    if brows is not None:
        curves["brows"] = ("mm", brows)
    curves["nod"] = ("°", np.degrees(turn[:, 0]))
    curves["turn"] = ("°", np.degrees(turn[:, 1]))
    for name, (_, values) in curves.items():
        block.add_steps(f"curve/{name}", values.astype(np.float64))
    if clip.audio is not None:
        samples = np.abs(clip.audio.cut(0, clip.duration).samples)
        ends = np.linspace(0, len(samples), WAVE + 1).astype(int)[1:-1]
        loudest = np.array([part.max(initial=0) for part in np.split(samples, ends)])
        block.add("wave", np.rint(255 * np.clip(loudest, 0, 1)).astype(np.uint8))
    return [{"name": name, "unit": unit} for name, (unit, _) in curves.items()]


def brow_height(clip: Clip, head: Head) -> np.ndarray | None:
    """Mean millimetres that the expression lifts the brows; None for a head without these landmarks."""
    if "ibug68" not in head.landmarks or len(head.landmarks["ibug68"].faces) < BROWS.stop:
        return None
    marks = head.landmarks["ibug68"]
    corners = head.faces[marks.faces[BROWS].long()].long()
    lift = head.expression_basis[corners][:, :, 1]  # point, corner, expression
    mean = (lift * marks.weights[BROWS][..., None]).sum(1).mean(0).double().numpy() * MILLIMETRES
    n = min(len(mean), clip.expression.shape[1])
    return clip.expression[:, :n].astype(np.float64) @ mean[:n]
