"""Draw a head movement in a notebook: a field to draw one line in, which becomes a `Curve`.

    sketch = Sketch()      # in a cell of its own, drawn with mouse, pen or finger
    clip = sketch.curve(strength=1.2)(clip)

Without a notebook, `Sketch(points)` does the same with points.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from ..errors import InputError
from ..extras import require
from .trajectories import POINTS, REACH, Curve, evenly

SIZES = (120, 1200)  # pixels
MOST = 5000  # points of one line


class Sketch:
    """A square field from −1 to 1, x to the viewer's right, y up. The widget itself is `widget`."""

    def __init__(self, points: Sequence[Sequence[float]] = (), size: int = 320):
        if not SIZES[0] <= size <= SIZES[1]:
            raise InputError(f"size of the field is {size}, expected {SIZES[0]} to {SIZES[1]} pixels")
        self.widget = _field()(size=size, most=MOST)
        if len(points):
            self.draw(points)

    @property
    def points(self) -> Float64[np.ndarray, "n 2"]:
        """What is drawn now."""
        return np.array([(float(x), float(y)) for x, y in self.widget.points], np.float64).reshape(-1, 2)

    def draw(self, points: Sequence[Sequence[float]]) -> None:
        """Show these points in place of what was drawn."""
        checked = Curve(points).points()[:MOST]
        self.widget.points = [[float(x), float(y)] for x, y in checked]

    def clear(self) -> None:
        """An empty field."""
        self.widget.points = []

    def curve(
        self,
        strength: float = 1.0,
        mode: str = "add",
        reach: tuple[float, float, float] = REACH,
        points: int = POINTS,
    ) -> Curve:
        """The line as a control, told by `points` at equal distances."""
        drawn = self.points
        if len(drawn) < 2:
            raise InputError("nothing is drawn yet: draw a line in the field, or give Sketch(points)")
        Curve(drawn.tolist())  # refused before anything is made of it
        even = np.clip(evenly(drawn, points), -1.0, 1.0)
        line = tuple((round(float(x), 4), round(float(y), 4)) for x, y in even)
        return Curve(line, 0, strength, mode, reach)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)


@lru_cache(maxsize=1)
def _field() -> Any:
    """The widget's class; made when the first field is."""
    widget: Any = require("anywidget", "notebook", "drawing in a notebook").AnyWidget
    import traitlets

    class Field(widget):
        _esm = Path(__file__).with_name("sketch.js")
        points = traitlets.List(traitlets.List(traitlets.Float(), minlen=2, maxlen=2), maxlen=MOST).tag(
            sync=True
        )
        size = traitlets.Int().tag(sync=True)
        most = traitlets.Int().tag(sync=True)

    return Field
