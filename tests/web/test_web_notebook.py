"""What notebooks show, in a real browser: the field to draw in, and the player inside a page."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from export.export_clips import lively_clip
from PIL import Image

from flametalk.clip import Clip
from flametalk.control.curves import angles_of
from flametalk.head import Head
from scripts.chromium import Chromium, find_chromium

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium (FLAMETALK_CHROMIUM names one)")

# Loads the widget's own code as a notebook does, from a blob, over a model that keeps what it is told.
FIELD = """<!doctype html><meta charset="utf-8"><body style="margin:20px"><div id="cell"></div><script>
const state = STATE, heard = [], saved = [];
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; heard.forEach((tell) => tell()); },
  on: (event, tell) => { if (event === "change:points") heard.push(tell); },
  save_changes: () => saved.push(structuredClone(state.points)),
};
const code = new Blob([CODE], { type: "text/javascript" });
import(URL.createObjectURL(code)).then((widget) => {
  widget.default.render({ model, el: document.getElementById("cell") });
  window.field = { model, saved };
});
</script></body>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with Chromium((640, 560)) as running:
        yield running


def drag(browser: Chromium, places: np.ndarray) -> None:
    """The mouse goes down, along, and up again."""
    kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 1), "mouseReleased"]
    button = {"button": "left", "buttons": 1, "clickCount": 1}
    for kind, (x, y) in zip(kinds, [*places.tolist(), places[-1].tolist()], strict=True):
        browser.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)


def colours(browser: Chromium, path: Path) -> np.ndarray:
    browser.screenshot(path)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_a_line_drawn_with_the_mouse_moves_the_head(browser: Chromium, tmp_path: Path) -> None:
    pytest.importorskip("anywidget", reason="extra 'notebook' is not installed")
    from flametalk.control.sketch import Sketch

    sketch = Sketch(size=300)
    state = sketch.widget.get_state()
    page = tmp_path / "field.html"
    code = json.dumps(state["_esm"]).replace("<", "\\u003c")
    told = json.dumps({name: state[name] for name in ("points", "size", "most")})
    page.write_text(FIELD.replace("STATE", told).replace("CODE", code), encoding="utf-8")
    browser.open(page, "window.field")
    box = browser.run(
        "(() => { const b = document.querySelector('canvas').getBoundingClientRect();"
        "return [b.left, b.top, b.width, b.height]; })()"
    )
    empty = colours(browser, tmp_path / "empty.png")

    along = np.linspace(0, 1, 30)
    line = np.stack([0.8 * along, 0.5 * np.sin(np.pi * along)], 1)  # to the viewer's right, up and down again
    middle, half = np.array(box[:2]) + np.array(box[2:]) / 2, np.array(box[2:]) / 2
    drag(browser, middle + line * [1, -1] * half)
    (points,) = browser.run("field.saved")
    drawn = colours(browser, tmp_path / "drawn.png")
    red = (drawn[..., 0] > 150) & (drawn[..., 1] < 120) & (drawn[..., 2] < 120)
    assert red.sum() > 300 and not np.array_equal(empty, drawn)
    rows, columns = np.nonzero(red)
    left, top = middle
    assert left - 6 <= columns.min() and abs(columns.max() - (left + 0.8 * half[0])) < 5
    assert abs(rows.min() - (top - 0.5 * half[1])) < 5

    sketch.widget._handle_msg({
        "content": {"data": {"method": "update", "state": {"points": points}, "buffer_paths": []}},
        "buffers": [],
    })  # fmt: skip
    assert np.abs(sketch.points[[0, -1]] - line[[0, -1]]).max() < 0.02
    assert abs(sketch.points[:, 1].max() - 0.5) < 0.02
    clip = sketch.curve(strength=1.0, mode="replace")(Clip.neutral(50, made_for="builtin-1"))
    turned = angles_of(clip.head)
    assert turned[:, 1].max() > 8 and 32 <= turned[:, 1].argmax() < 45, "to the right, until the line ends"
    assert turned[:, 0].min() < -3 and 12 <= turned[:, 0].argmin() < 28, "the chin goes up on the way"

    sketch.clear()
    browser.run("field.model.set('points', [])")
    assert np.array_equal(colours(browser, tmp_path / "cleared.png"), empty)


def test_show_plays_inside_a_notebooks_page(browser: Chromium, tmp_path: Path) -> None:
    """What `clip.show()` hands to a notebook, in a page such as a notebook's."""
    clip = lively_clip(Head.load(), frames=30)
    page = tmp_path / "notebook.html"
    cell = clip.show(height=480)._repr_html_()
    page.write_text(f"<!doctype html><meta charset='utf-8'><body style='margin:0'>{cell}</body>")
    browser.open(page, "window.frames[0] && window.frames[0].flametalk")
    assert browser.run("frames[0].flametalk.error || null") is None
    browser.run(
        "(async () => { const f = frames[0].flametalk; f.picture.yaw = 0; f.clock.seek(0.6);"
        "const n = f.drawn; while (f.drawn === n) await new Promise(frames[0].requestAnimationFrame); })()"
    )
    seen = colours(browser, tmp_path / "notebook.png")[:300]
    skin = (seen[..., 0] > seen[..., 2] + 25).mean()
    assert 0.05 < skin < 0.8
    assert (np.abs(seen - seen[0, 0]).max(-1) < 3).mean() > 0.2, "and the background around it"
    posed = np.array(browser.run("Array.from(frames[0].flametalk.head.posed)")).reshape(-1, 3)
    assert np.abs(posed - clip.vertices(start=15, stop=16)[0].numpy()).max() < 5e-5
