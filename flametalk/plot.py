"""Curves of a clip, for eyes: waveform, jaw, head, and the expressions that move most."""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .clip import Clip
from .head import Head

STRONGEST = 6  # expression curves drawn


class Curves(Figure):
    """A figure that notebooks draw without any set-up, since it belongs to no global state."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=80)
        return buffer.getvalue()


def plot_clip(clip: Clip) -> Curves:
    """Call `.savefig(path)`, or leave it to the notebook."""
    figure = Curves(figsize=(11, 7), layout="constrained")
    rows = figure.subplots(4 if clip.audio else 3, 1, sharex=True)
    times = clip.times
    if clip.audio:
        _plot_sound(rows[0], clip)
        rows = rows[1:]
    degrees = np.degrees(clip.jaw)
    rows[0].plot(times, degrees[:, 0], color="tab:red", label="opening")
    rows[0].plot(times, degrees[:, 1:], color="0.7", linewidth=0.8, label=("sideways", "roll"))
    rows[0].set_ylabel("jaw °")
    rows[1].plot(times, np.degrees(clip.head), label=("pitch", "yaw", "roll"))
    rows[1].set_ylabel("head °")
    strongest = np.argsort(-clip.expression.std(0))[:STRONGEST]
    names = _expression_names(clip)
    for index in strongest:
        rows[2].plot(times, clip.expression[:, index], label=names[index])
    rows[2].set_ylabel("expression")
    rows[2].set_xlabel("seconds")
    for row in rows:
        row.legend(loc="upper right", fontsize=8, ncols=3)
        row.grid(alpha=0.3)
    return figure


def _expression_names(clip: Clip) -> list[str]:
    """The built-in head's names; FLAME's components have none."""
    numbers = [f"expression {i}" for i in range(clip.expression.shape[1])]
    if not (clip.made_for or "").startswith("builtin"):
        return numbers
    names = [name.replace("_", " ") for name in Head.load(clip.made_for).expression_names]
    return names[: len(numbers)] + numbers[len(names) :]


def _plot_sound(row: Axes, clip: Clip) -> None:
    """Lowest and highest sample of each of about 2,000 steps: what a waveform view shows."""
    assert clip.audio is not None
    samples, step = clip.audio.samples, max(1, len(clip.audio.samples) // 2000)
    blocks = samples[: len(samples) // step * step].reshape(-1, step)
    times = (np.arange(len(blocks)) + 0.5) * step / clip.audio.rate
    row.fill_between(times, blocks.min(1), blocks.max(1), color="0.4", linewidth=0)
    row.set_ylabel("sound")
