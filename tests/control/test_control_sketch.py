"""Drawing in a notebook, without a browser: the messages that one would send, and what becomes of them."""

import numpy as np
import pytest
from control.spoken_clips import spoken

pytest.importorskip("anywidget")

from flametalk.control.compose import control_from_json, control_to_json
from flametalk.control.curves import angles_of
from flametalk.control.sketch import Sketch
from flametalk.control.trajectories import Curve
from flametalk.errors import InputError


def browser_sends(sketch: Sketch, points: object) -> None:
    """The message of a front end whose line is finished."""
    data = {"method": "update", "state": {"points": points}, "buffer_paths": []}
    sketch.widget._handle_msg({"content": {"data": data}, "buffers": []})


def test_a_drawn_line_moves_the_head() -> None:
    sketch = Sketch()
    with pytest.raises(InputError, match="nothing is drawn"):
        sketch.curve()
    browser_sends(sketch, [[0, 0], [0.5, 0], [1, 0]])
    np.testing.assert_array_equal(sketch.points, [[0, 0], [0.5, 0], [1, 0]])
    clip = spoken()[0].cut(0, 4)
    moved = sketch.curve(strength=1.5, mode="replace")(clip)
    wished = Curve([(0, 0), (1, 0)], strength=1.5, mode="replace")(clip)
    np.testing.assert_allclose(angles_of(moved.head), angles_of(wished.head), atol=0.02)
    assert angles_of(moved.head)[:, 1].max() > 15


def test_a_sketch_is_stored_with_the_clip() -> None:
    circle = [(np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 400)]
    curve = Sketch(circle).curve()
    told = control_to_json(curve)
    assert len(told["curve"]) == 100
    assert np.abs(np.hypot(*np.array(told["curve"]).T) - 1).max() < 2e-3
    clip = spoken()[0].cut(0, 3)
    np.testing.assert_allclose(control_from_json(told)(clip).head, curve(clip).head, atol=1e-6)


def test_it_shows_itself_and_forgets() -> None:
    sketch = Sketch([(0, 0), (1, 1)], size=200)
    shown = sketch._repr_mimebundle_()
    bundle = shown[0] if isinstance(shown, tuple) else shown
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "pointerdown" in sketch.widget.get_state()["_esm"]
    sketch.clear()
    assert sketch.points.shape == (0, 2)


@pytest.mark.parametrize(
    "points",
    [[[0, 0], ["x", 1]], [[0, 0, 0], [1, 1, 1]], "line", [[0.0, 0.0]] * 5001],
    ids=["a word", "three numbers", "no list", "too many"],
)
def test_what_is_no_line_is_refused(points: object) -> None:
    """The widget notes it in its log, and what was drawn stays."""
    sketch = Sketch([(0, 0), (1, 1)])
    browser_sends(sketch, points)
    np.testing.assert_array_equal(sketch.points, [[0, 0], [1, 1]])


@pytest.mark.parametrize("points", [[[0, 0], [4, 0]], [[0, 0], [float("nan"), 0]]])
def test_points_outside_the_field_make_no_curve(points: object) -> None:
    sketch = Sketch()
    browser_sends(sketch, points)
    with pytest.raises(InputError, match="outside the square"):
        sketch.curve()
    with pytest.raises(InputError, match="expected 120 to 1200"):
        Sketch(size=5)
