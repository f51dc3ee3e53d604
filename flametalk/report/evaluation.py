"""`Evaluation`: what was measured, as a frame of rows, with summaries and tests. pandas is optional."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from ..errors import UnknownNameError
from ..extras import require
from ..head import Head
from .columns import COLUMNS, choose_columns
from .measure import NAN, Measured
from .pairs import Pair
from .statistics import Summary, holm, paired_p, summarise

if TYPE_CHECKING:
    from .tables import Table

TRUTH = "truth"
SURE = 0.05  # corrected p below which a difference is called significant


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One row for each clip of each method. `evaluation["lve"]` is a column, `.to_pandas()` a DataFrame."""

    clips: Mapping[str, tuple[Measured, ...]]  # method → its clips
    pairs: Mapping[str, tuple[Pair, ...]]  # method → where they came from
    model: Head  # what the clips were measured on
    masks: Mapping[str, str]  # what each mask held
    settings: Mapping[str, Any]
    left_out: tuple[str, ...] = ()  # said in the report
    sources: Mapping[str, str] | None = None

    @property
    def head(self) -> str:
        """Name of the head."""
        return self.model.name

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(self.clips)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Method, clip, and a number for each column."""
        return [
            {"method": method, "clip": clip.name} | {key: clip.values.get(key, NAN) for key in self.columns}
            for method, clips in self.clips.items()
            for clip in clips
        ]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those with a number in at least one clip."""
        return tuple(
            key
            for key in COLUMNS
            if any(not np.isnan(c.values.get(key, NAN)) for clips in self.clips.values() for c in clips)
        )

    def __len__(self) -> int:
        return sum(len(clips) for clips in self.clips.values())

    def __getitem__(self, key: str) -> np.ndarray:
        """A column over all rows."""
        if key in ("method", "clip"):
            return np.array([row[key] for row in self.rows])
        if key not in self.columns:
            raise UnknownNameError("column", key, ("method", "clip", *self.columns))
        return np.array([row[key] for row in self.rows])

    def to_pandas(self) -> Any:
        """A DataFrame, one row a clip and method (extra `pandas`)."""
        return require("pandas", "pandas", "a DataFrame").DataFrame(self.rows)

    # --- figures ------------------------------------------------------------------------------

    def values(self, method: str, key: str) -> Float64[np.ndarray, "clips"]:
        """Of one method, clip by clip."""
        if method not in self.clips:
            raise UnknownNameError("method", method, self.methods)
        return np.array([clip.values.get(key, NAN) for clip in self.clips[method]])

    def truth_values(self, key: str) -> Float64[np.ndarray, "clips"]:
        """What the truth itself has; NaN for columns that compare with it."""
        return np.array([clip.truth.get(key, NAN) for clip in self.clips[self.methods[0]]])

    def summary(self, method: str, key: str) -> Summary:
        """Mean over clips with its 95 % bootstrap interval; the method "truth" is the truth itself."""
        return summarise(self.truth_values(key) if method == TRUTH else self.values(method, key))

    def distance(self, method: str, key: str) -> Float64[np.ndarray, "clips"]:
        """How far each clip is from the best that a column can be: lower is better."""
        values, better = self.values(method, key), COLUMNS[key].better
        if better == "truth":
            goal = np.array([clip.truth.get(key, NAN) for clip in self.clips[method]])
            return np.abs(values - goal)
        return -values if better == "higher" else values

    def best(self, key: str) -> str | None:
        """The method with the best mean; None where no method has numbers."""
        means = {method: summarise(self.distance(method, key)).mean for method in self.methods}
        real = {method: value for method, value in means.items() if not np.isnan(value)}
        return min(real, key=real.__getitem__) if real else None

    def significance(self, key: str) -> dict[str, float]:
        """Corrected p of each method against the best one: paired by clip, sign flips, Holm."""
        best = self.best(key)
        if best is None or len(self.methods) < 2:
            return {}
        goal = {clip.name: d for clip, d in zip(self.clips[best], self.distance(best, key), strict=True)}
        p = {}
        for method in self.methods:
            if method != best:
                own = zip(self.clips[method], self.distance(method, key), strict=True)
                p[method] = paired_p(np.array([d - goal[c.name] for c, d in own if c.name in goal]))
        return holm(p)

    def table(self, columns: str | None = None) -> "Table":
        """Methods against columns: the headline ones, "all", or those named "lve,mve"."""
        from .tables import Table

        return Table(self, choose_columns(columns, set(self.columns)))

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __str__(self) -> str:
        return self.table().text()

    def __repr__(self) -> str:
        return f"Evaluation({len(self)} rows; {', '.join(self.methods)}; head {self.head})"

    # --- picking ------------------------------------------------------------------------------

    def ranked(self, key: str = "lve") -> list[str]:
        """Clips of the first method from the smallest error to the largest."""
        clips = self.clips[self.methods[0]]
        order = np.argsort([clip.values.get(key, NAN) for clip in clips])
        return [clips[i].name for i in order]

    def clip(self, method: str, name: str) -> Measured:
        for clip in self.clips.get(method, ()):
            if clip.name == name:
                return clip
        raise UnknownNameError("clip", name, [clip.name for clip in self.clips.get(method, ())])

    def pair(self, method: str, name: str) -> Pair:
        return next(pair for pair in self.pairs[method] if pair.name == name)

    def save(self, folder: str | Path, video: str | None = "auto", columns: str | None = None) -> Path:
        """Write metrics.json, tables and the page; gives the path of index.html."""
        from .page import write_report

        return write_report(self, Path(folder), video, columns)
