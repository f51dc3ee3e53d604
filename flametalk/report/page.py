"""A report on disk: metrics.json, tables in Markdown and LaTeX, figures, a video, and a page that shows all.

The page needs nothing but the files beside it: it can be zipped, mailed, put on any server.
"""

import html
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..files import atomic_path
from ..film import compare
from ..head import Head
from ..plot import Curves
from ..render.images import write_image
from ..version import __version__
from .columns import COLUMNS, choose_columns
from .evaluation import TRUTH, Evaluation
from .heatmap import plot_heat_maps, region_errors, vertex_errors
from .pairs import load_pair
from .plots import plot_clip_curves, plot_columns, plot_error_over_time, plot_regions
from .style import PAGE, STYLE
from .tables import Table, as_json

VIDEO_SECONDS = 6.0
VIDEO_SIZE = 256
MOST_IN_VIDEO = 3  # methods beside the truth
AUTO, NO_VIDEO = "auto", "none"


def write_report(
    evaluation: Evaluation, folder: Path, video: str | None = AUTO, columns: str | None = None
) -> Path:
    """Everything into `folder`; gives the page. `video` names the clip to show ("auto": the middle one)."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: the report needs a folder")
    ranked = evaluation.ranked()
    shown = {"best": ranked[0], "middle": ranked[len(ranked) // 2], "worst": ranked[-1]}
    if video not in (None, AUTO, NO_VIDEO, *ranked):
        assert video is not None
        raise UnknownNameError("clip for the video", video, ranked)
    head = evaluation.model
    table = evaluation.table(columns)
    _text(folder / "table.md", table.markdown())
    _text(folder / "table.tex", table.latex())
    _text(folder / "metrics.json", json.dumps(to_json(evaluation), indent=1, allow_nan=False) + "\n")
    figures = _figures(evaluation, head, shown)
    for name, figure in figures.items():
        _figure(figure, folder / "plots" / f"{name}.svg")
    clip = shown["middle"] if video == AUTO else video
    film = _video(evaluation, head, folder, clip) if clip not in (None, NO_VIDEO) else ""
    page = folder / "index.html"
    _text(page, _page(evaluation, table, shown, film))
    return page


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every number with its unit and formula; what is no number is null."""
    every = Table(evaluation, choose_columns("all", set(evaluation.columns)))
    return {
        "flametalk": __version__,
        "head": evaluation.head,
        "masks": dict(evaluation.masks),
        "settings": dict(evaluation.settings),
        "sources": dict(evaluation.sources or {}),
        "left out": list(evaluation.left_out),
        "columns": {
            key: {"title": c.title, "unit": c.unit, "better": c.better, "how": c.how}
            for key, c in COLUMNS.items()
            if key in evaluation.columns
        },
        "summary": as_json(every),
        "p against the best": {
            key: {method: _real(p) for method, p in evaluation.significance(key).items()}
            for key in evaluation.columns
            if len(evaluation.methods) > 1
        },
        "clips": [
            {key: value if isinstance(value, str) else _real(value) for key, value in row.items()}
            for row in evaluation.rows
        ],
    }


def _real(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _figures(evaluation: Evaluation, head: Head, shown: dict[str, str]) -> dict[str, Curves]:
    regions = {m: region_errors(vertex_errors(evaluation, m), head) for m in evaluation.methods}
    figures = {
        "columns": plot_columns(evaluation),
        "lip_error": plot_error_over_time(evaluation, "lip error"),
        "upper_face_error": plot_error_over_time(evaluation, "upper face error"),
        "heat_maps": plot_heat_maps(evaluation, head),
    }
    if any(regions.values()):
        figures["regions"] = plot_regions(regions, evaluation)
    return figures | {f"clip_{kind}": plot_clip_curves(evaluation, name) for kind, name in shown.items()}


def _video(evaluation: Evaluation, head: Head, folder: Path, name: str | None) -> str:
    """Writes it; gives what the page shows. Names stand above too: a player's controls hide those below."""
    assert name is not None
    methods = [m for m in evaluation.methods if any(pair.name == name for pair in evaluation.pairs[m])]
    side_by_side: list[tuple[str, Clip]] = []
    best = sorted(methods, key=lambda m: float(np.nanmean(evaluation.values(m, "lve"))))[:MOST_IN_VIDEO]
    for method in (m for m in methods if m in best):
        truth, samples = load_pair(evaluation.pair(method, name), method, "cut")
        if not side_by_side:
            side_by_side.append((TRUTH, truth))
        side_by_side.append((method, samples[0]))
    seconds = min(VIDEO_SECONDS, side_by_side[0][1].duration)
    cut = [(label, clip.cut(0.0, seconds)) for label, clip in side_by_side]
    compare(cut, folder / "side_by_side.mp4", head, "front", size=VIDEO_SIZE)
    _poster(folder / "side_by_side.mp4", folder / "side_by_side.png")
    fewer = f"; the {len(best)} methods with the smallest LVE" if len(best) < len(methods) else ""
    names = "".join(f"<span>{html.escape(label)}</span>" for label, _ in cut)
    return (
        f"<figure><div class=names>{names}</div>"
        '<video src="side_by_side.mp4" poster="side_by_side.png" controls loop preload="none"></video>'
        f"<figcaption>Clip {html.escape(name)}, the first {seconds:.1f} s{fewer}.</figcaption></figure>"
    )


def _poster(film: Path, picture: Path) -> None:
    """A frame from the middle, shown until someone plays the video."""
    import av

    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    write_image(frames[len(frames) // 2], picture)


def _figure(figure: Curves, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})


def _text(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


# --- the page -------------------------------------------------------------------------------------


def _page(evaluation: Evaluation, table: Table, shown: dict[str, str], film: str) -> str:
    has_regions = '<img src="plots/regions.svg" alt="errors by region">' if _regions(evaluation) else ""
    moving = f"<h2>Side by side</h2>{film}" if film else ""
    curves = "".join(
        f"<details{' open' if kind == 'middle' else ''}>"
        f"<summary>{kind.capitalize()} clip: {html.escape(name)}</summary>"
        f'<img src="plots/clip_{kind}.svg" alt="curves of the {kind} clip"></details>'
        for kind, name in shown.items()
    )
    return PAGE.format(
        style=STYLE,
        title=html.escape(" and ".join(evaluation.methods)),
        facts=_facts(evaluation),
        table=table._repr_html_(),
        everything=_everything(evaluation),
        regions=has_regions,
        video=moving,
        curves=curves,
        formulas=_formulas(evaluation),
        version=__version__,
    )


def _regions(evaluation: Evaluation) -> bool:
    return bool(set(evaluation.model.regions) & {"lips", "nose", "forehead"})


def _facts(evaluation: Evaluation) -> str:
    first = evaluation.clips[evaluation.methods[0]]
    seconds = sum(len(clip.curves["lip error"]) / clip.fps for clip in first)
    sources = evaluation.sources or {}
    rows = [
        ("clips", f"{len(first)}, {seconds:.0f} s in all"),
        ("head", evaluation.head),
        ("masks", "; ".join(evaluation.masks.values())),
        *((method, sources.get(method, "")) for method in (*evaluation.methods, TRUTH)),
    ]
    if evaluation.left_out:
        rows.append(("left out", ", ".join(evaluation.left_out)))
    if evaluation.settings.get("lengths") == "cut":
        rows.append(("lengths", "clips of different lengths were cut to the shorter, as asked"))
    return "".join(f"<dt>{html.escape(a)}</dt><dd>{html.escape(b)}</dd>" for a, b in rows)


def _everything(evaluation: Evaluation) -> str:
    """One row for each clip and method; a click on a heading sorts."""
    keys = evaluation.columns
    heads = "".join(
        f'<th title="{html.escape(COLUMNS[k].how)}">{html.escape(COLUMNS[k].heading)}</th>' for k in keys
    )
    body = ""
    for row in evaluation.rows:
        cells = "".join(f"<td>{'–' if np.isnan(row[k]) else f'{row[k]:.4g}'}</td>" for k in keys)
        body += f"<tr><th>{html.escape(row['clip'])}</th><th>{html.escape(row['method'])}</th>{cells}</tr>"
    top = f"<thead><tr><th>clip</th><th>method</th>{heads}</tr></thead>"
    return f"<table class='all'>{top}<tbody>{body}</tbody></table>"


def _formulas(evaluation: Evaluation) -> str:
    rows = (COLUMNS[key] for key in evaluation.columns)
    return "".join(f"<dt>{html.escape(c.heading)}</dt><dd>{html.escape(c.how)}</dd>" for c in rows)
