"""Figures of a report: errors over time, columns by method, curves against the truth, errors by region."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..plot import Curves
from .columns import COLUMNS
from .evaluation import Evaluation
from .measure import Measured

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#f0e442")
GREY = "#666666"
SHOWN = ("lve", "mve_face", "ufve", "fdd", "r_truth", "ba9")
WORTH = 0.01  # of the worst region: others with less are not drawn
LINES = (("aperture", "mouth aperture"), ("jaw", "jaw °"), ("pitch", "head pitch °"), ("yaw", "head yaw °"))


def colour_of(evaluation: Evaluation, method: str) -> str:
    """The same in every figure."""
    return COLOURS[evaluation.methods.index(method) % len(COLOURS)]


def plot_error_over_time(evaluation: Evaluation, curve: str = "lip error") -> Curves:
    """Mean over clips at each moment, and the middle half of the clips as a band."""
    figure = Curves(figsize=(10, 3.4), layout="constrained")
    axes = figure.subplots()
    for method, clips in evaluation.clips.items():
        times, mean, low, high = _over_time(clips, curve)
        colour = colour_of(evaluation, method)
        axes.plot(times, mean, color=colour, linewidth=1.4, label=method)
        axes.fill_between(times, low, high, color=colour, alpha=0.18, linewidth=0)
    _finish(axes, f"{curve} [mm]", "seconds")
    axes.set_ylim(bottom=0)
    axes.set_title(f"{curve.capitalize()} over time: mean over clips, band: middle half of them", fontsize=10)
    return figure


def _over_time(clips: Sequence[Measured], curve: str) -> tuple[np.ndarray, ...]:
    """On the time of the fastest clip; moments that only shorter clips lack are means of the others."""
    fps = max(clip.fps for clip in clips)
    longest = max(len(clip.curves[curve]) / clip.fps for clip in clips)
    times = np.arange(max(1, round(longest * fps))) / fps
    rows = np.stack(
        [
            np.interp(times, np.arange(len(values)) / clip.fps, values, right=np.nan)
            for clip in clips
            for values in [clip.curves[curve]]
        ]
    )
    some = ~np.isnan(rows).all(0)
    low, high = np.nanquantile(rows[:, some], [0.25, 0.75], axis=0)
    return times[some], np.nanmean(rows[:, some], axis=0), low, high


def plot_columns(evaluation: Evaluation, keys: Sequence[str] = SHOWN) -> Curves:
    """A dot for each clip, mean and interval for each method, the truth as a line where it has one."""
    keys = [key for key in keys if key in evaluation.columns]
    across = min(3, len(keys))
    down = -(-len(keys) // across)
    names = evaluation.methods
    figure = Curves(figsize=(3.4 * across, (1.1 + 0.42 * len(names)) * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    chance = np.random.default_rng(0)
    for axes, key in zip(grid.flat, keys, strict=False):
        for place, method in enumerate(names):
            values, colour = evaluation.values(method, key), colour_of(evaluation, method)
            spread = place + chance.uniform(-0.22, 0.22, len(values))
            axes.plot(values, spread, ".", color=colour, alpha=0.35, markersize=4)
            summary = evaluation.summary(method, key)
            axes.plot([summary.low, summary.high], [place, place], color=colour, linewidth=3)
            axes.plot(summary.mean, place, "o", color="white", markeredgecolor=colour, markersize=7)
        goal = evaluation.truth_values(key)
        if not np.isnan(goal).all():
            axes.axvline(float(np.nanmean(goal)), color=GREY, linewidth=1, linestyle="--", label="truth")
            axes.legend(fontsize=7, frameon=False)
        first = keys.index(key) % across == 0
        axes.set_yticks(range(len(names)), names if first else [""] * len(names), fontsize=8)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_title(COLUMNS[key].heading, fontsize=9)
        axes.tick_params(labelsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.grid(alpha=0.25, axis="x")
    for axes in list(grid.flat)[len(keys) :]:
        axes.axis("off")
    return figure


def plot_clip_curves(evaluation: Evaluation, name: str) -> Curves:
    """Mouth, jaw and head of one clip: every method against the truth, and the error of its lips."""
    figure = Curves(figsize=(10, 8), layout="constrained")
    rows = figure.subplots(len(LINES) + 1, 1, sharex=True)
    for number, (method, clips) in enumerate(evaluation.clips.items()):
        clip = next((one for one in clips if one.name == name), None)
        if clip is None:
            continue
        times, colour = np.arange(len(clip.curves["lip error"])) / clip.fps, colour_of(evaluation, method)
        for axes, (curve, label) in zip(rows, LINES, strict=False):
            if number == 0:
                axes.plot(times, clip.curves[f"{curve} truth"], color="black", linewidth=1.6, label="truth")
            axes.plot(times, clip.curves[f"{curve} prediction"], color=colour, linewidth=1.1, label=method)
            axes.set_ylabel(label, fontsize=9)
        rows[-1].plot(times, clip.curves["lip error"], color=colour, linewidth=1.1, label=method)
    for axes in rows:
        axes.grid(alpha=0.25)
        axes.tick_params(labelsize=8)
    rows[-1].set_ylabel("lip error mm", fontsize=9)
    rows[-1].set_xlabel("seconds", fontsize=9)
    rows[0].legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        fontsize=8,
        frameon=False,
        ncols=min(len(evaluation.methods) + 1, 5),
    )
    rows[0].set_title(f"Clip {name}", fontsize=10, loc="left")
    return figure


def plot_regions(regions: dict[str, dict[str, float]], evaluation: Evaluation) -> Curves:
    """Mean error of each region of the head, by method."""
    names = sorted({name for own in regions.values() for name in own}, key=lambda n: -_most(regions, n))
    names = [n for n in names if _most(regions, n) > WORTH * _most(regions, names[0])] or names
    figure = Curves(figsize=(10, 0.8 + 0.16 * len(names) * (len(regions) + 1)), layout="constrained")
    axes = figure.subplots()
    thick = 0.8 / len(regions)
    for number, (method, own) in enumerate(regions.items()):
        places = np.arange(len(names)) - 0.4 + thick * (number + 0.5)
        axes.barh(
            places, [own.get(n, 0.0) for n in names], thick, color=colour_of(evaluation, method), label=method
        )
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=8)
    axes.invert_yaxis()
    _finish(axes, "", "mean error without head motion [mm]")
    return figure


def _most(regions: dict[str, dict[str, float]], name: str) -> float:
    return max(own.get(name, 0.0) for own in regions.values())


def _finish(axes: Axes, up: str, across: str) -> None:
    axes.set_ylabel(up, fontsize=9)
    axes.set_xlabel(across, fontsize=9)
    axes.grid(alpha=0.25)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)
