"""How many pictures a second the viewer draws in headless Chromium: `python -m scripts.bench_viewer [CLIP]`.

Three medians: posing (JavaScript), handing the mesh over to WebGL (JavaScript), and drawing it, which here is
Chromium's software OpenGL; where a GPU draws, only the first two cost the processor time. Without CLIP, ten
seconds of the built-in head in which every coefficient moves: the most that a frame can cost.
"""

import argparse
import tempfile
from pathlib import Path

from flametalk.clip import Clip
from flametalk.head import Head
from flametalk.web.page import write_page
from scripts.bench_export import lively
from scripts.chromium import Chromium

SIZES = ((480, 480), (900, 700))  # of the window; strip and buttons take 150 pixels of the height
FRAMES = 250
POSE = """(() => {
  const { head } = flametalk, spent = [];
  for (let k = 0; k < 60; k++) {
    const begin = performance.now();
    head.pose(k * 3.7 % (flametalk.header.frames - 1));
    spent.push(performance.now() - begin);
  }
  return spent.sort((a, b) => a - b)[30];
})()"""
DRAW = """(() => {
  const { picture } = flametalk, { gl } = picture, pixel = new Uint8Array(4), handed = [], drawn = [];
  const middle = (spent) => spent.sort((a, b) => a - b)[15];
  for (let k = 0; k < 30; k++) {
    const begin = performance.now();
    picture.draw();
    handed.push(performance.now() - begin);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);  // waits until it is drawn
    drawn.push(performance.now() - begin);
  }
  return [middle(handed), middle(drawn)];
})()"""
DRIVER = """(() => {
  const { gl } = flametalk.picture, about = gl.getExtension("WEBGL_debug_renderer_info");
  return gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
})()"""
PLAY = """(async () => {
  flametalk.clock.seek(0);
  await flametalk.clock.play();
  await new Promise((done) => setTimeout(done, 1000));
  const begin = performance.now(), first = flametalk.drawn;
  await new Promise((done) => setTimeout(done, 5000));
  const rate = (flametalk.drawn - first) * 1000 / (performance.now() - begin);
  flametalk.clock.pause();
  return rate;
})()"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path, help="any clip file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="a screenshot of the last size")
    options = parser.parse_args()
    clip = lively(Head.load(), FRAMES) if options.clip is None else Clip.load(options.clip)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "clip.html"
        write_page(clip, page)
        megabytes = page.stat().st_size / 1e6
        print(f"{clip.duration:.1f} s, {megabytes:.2f} MB; posing, handing over, drawing, playing:")
        for size in SIZES:
            with Chromium(size) as browser:
                browser.open(page, "window.flametalk")
                canvas = browser.run("[flametalk.picture.canvas.width, flametalk.picture.canvas.height]")
                pose, (handed, drawn) = browser.run(POSE, 120), browser.run(DRAW, 120)
                rate = browser.run(PLAY, 60)
                if options.picture is not None:
                    browser.screenshot(options.picture)
                driver = browser.run(DRIVER)
            times = f"{pose:6.1f} {handed:6.1f} {drawn - handed:6.1f} ms {rate:6.1f} frames/s"
            print(f"{canvas[0]:>5} × {canvas[1]} {times}  {driver}", flush=True)


if __name__ == "__main__":
    main()
