"""A picture of one performance of a corpus: faces at telling moments, the sound with its phones, curves.

python scripts/draw_performance.py CORPUS NUMBER OUT.jpg [--split test] [--from S] [--to S]
"""

import argparse
import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from flametalk.audio.envelope import envelope
from flametalk.clip import Clip
from flametalk.data.shards import Corpus, Performance
from flametalk.film import camera_for, surface_of
from flametalk.head import Head
from flametalk.metrics import lip_gaps
from flametalk.render import render_frames

FACES, FACE = 12, 176  # pictures a row, pixels
CLOSED = 1.5  # millimetres


def main() -> None:
    options = _options()
    corpus = Corpus.open(options.corpus, options.split)
    performance = corpus[options.number]
    head = Head.load(corpus.info.made_for)
    clip = corpus.info.space.unpack(
        performance.motion, fps=corpus.info.fps, made_for=corpus.info.made_for, audio=performance.audio
    )
    start, end = options.start, min(options.end or clip.duration, clip.duration)
    curves = _draw_curves(performance, clip, head, start, end)
    faces = _faces(clip, head, start, end, _moments(performance, clip, start, end), FACE)
    width = curves.width
    strip = faces.resize((width, round(faces.height * width / faces.width)), Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (width, strip.height + curves.height), "white")
    picture.paste(strip, (0, 0))
    picture.paste(curves, (0, strip.height))
    picture.save(options.out, quality=88)
    print(f"wrote {options.out}: {performance.name}, {performance.info['text'][:100]}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("number", type=int)
    parser.add_argument("out")
    parser.add_argument("--split", default="test")
    parser.add_argument("--from", dest="start", type=float, default=0.0)
    parser.add_argument("--to", dest="end", type=float)
    return parser.parse_args()


def _moments(performance: Performance, clip: Clip, start: float, end: float) -> list[tuple[int, str]]:
    """Frames worth looking at, evenly chosen from the middles of phones, and what they are."""
    phones = [(n, (a + b) / 2) for n, a, b in performance.info["phones"] if start <= (a + b) / 2 < end]
    telling = [
        p for p in phones if p[0] in ("P", "B", "M", "F", "V", "W", "UW", "AA", "AY", "IY", "OW", "SH", "TH")
    ]
    chosen = telling if len(telling) >= FACES else phones
    if not chosen:
        times = np.linspace(start, end, FACES + 2)[1:-1]
        return [(int(t * clip.fps), f"{t:.1f} s") for t in times]
    chosen = [chosen[i] for i in np.unique(np.linspace(0, len(chosen) - 1, FACES).astype(int))]
    return [(min(int(t * clip.fps), clip.n_frames - 1), f"{name} {t:.2f}") for name, t in chosen]


def _faces(
    clip: Clip, head: Head, start: float, end: float, moments: list[tuple[int, str]], size: int
) -> Image.Image:
    from PIL import ImageDraw

    camera = camera_for(clip, head, "three-quarter", 2 * size)
    vertices = np.concatenate([clip.vertices(head, k, k + 1).numpy() for k, _ in moments])
    frames = list(render_frames(vertices, surface_of(head), camera, look="skin"))
    strip = Image.new("RGB", (2 * size * len(frames), 2 * size))
    draw = ImageDraw.Draw(strip)
    for k, (frame, (_, label)) in enumerate(zip(frames, moments, strict=True)):
        strip.paste(Image.fromarray(frame), (2 * size * k, 0))
        draw.text((2 * size * k + 8, 4), label, fill="white", font_size=28)
    return strip


def _draw_curves(performance: Performance, clip: Clip, head: Head, start: float, end: float) -> Image.Image:
    figure = Figure(figsize=(15, 7.2), dpi=110, layout="constrained")
    sound, mouth, feeling, moves = figure.subplots(4, 1, sharex=True, height_ratios=(1.5, 1.3, 1, 1))
    times = clip.times + 0.5 / clip.fps
    _draw_sound(sound, performance, clip)
    gaps = 1e3 * lip_gaps(clip, head)
    mouth.plot(times, gaps, color="tab:red", label="lips apart, mm")
    mouth.axhline(CLOSED, color="0.6", linewidth=0.8, linestyle=":")
    mouth.plot(times, np.degrees(clip.jaw[:, 0]), color="tab:orange", label="jaw, °")
    for name, a, b in performance.info["phones"]:
        if name in ("P", "B", "M", "F", "V"):
            mouth.axvspan(a, b, color="tab:blue" if name in ("P", "B", "M") else "tab:green", alpha=0.2)
    names = head.expression_names
    for column in ("corner_up_left", "brow_inner_up_left", "brow_down_left", "lip_upper_up_left", "funnel"):
        if column in names:
            feeling.plot(times, clip.expression[:, names.index(column)], label=column.replace("_", " "))
    moves.plot(times, clip.expression[:, names.index("blink_left")], color="0.3", label="blink")
    moves.plot(times, np.degrees(clip.head[:, 0]) / 10, label="nod, 10°")
    moves.plot(times, np.degrees(clip.head[:, 1]) / 10, label="turn, 10°")
    moves.plot(times, np.degrees(clip.eyes[:, 1]) / 10, label="gaze, 10°", linewidth=0.8)
    for time in performance.info["stressed"]:
        moves.axvline(time, color="tab:purple", linewidth=0.6, alpha=0.6)
    for row in (mouth, feeling, moves):
        row.legend(loc="upper right", fontsize=8, ncols=5)
        row.grid(alpha=0.3)
        row.set_xlim(start, end)
    felt = (
        ", ".join(f"{f['name']} {f['intensity']:.1f}" for f in performance.info["feelings"]) or "no emotion"
    )
    figure.suptitle(f"{performance.name}: {performance.info['voice']['name']}, {felt}", fontsize=10)
    moves.set_xlabel("seconds")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


def _draw_sound(row: Axes, performance: Performance, clip: Clip) -> None:
    if performance.audio is not None:
        loud = envelope(performance.audio.samples)
        seconds = np.arange(len(loud)) / performance.audio.rate
        row.fill_between(seconds[::40], -loud[::40], loud[::40], color="0.75", linewidth=0)
        top = float(loud.max(initial=1e-3))
    else:
        loud = performance.amplitude.reshape(-1)
        seconds = np.arange(len(loud)) / len(loud) * clip.duration
        row.fill_between(seconds[::16], -loud[::16], loud[::16], color="0.75", linewidth=0)
        top = float(loud.max(initial=1e-3))
    for k, (name, a, b) in enumerate(performance.info["phones"]):
        row.axvline(a, color="0.5", linewidth=0.4)
        row.text((a + b) / 2, top * (0.95 if k % 2 else 0.8), name, fontsize=7, ha="center", clip_on=True)
    row.set_ylim(-top, top)
    row.set_yticks([])


if __name__ == "__main__":
    main()
