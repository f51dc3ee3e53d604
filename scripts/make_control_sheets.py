"""The pictures of docs/control.md, made anew: `python -m scripts.make_control_sheets [NAME …]`."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from flametalk.api import animate
from flametalk.audio.features import extract_features
from flametalk.clip import Clip
from flametalk.control.accents import hear_accents
from flametalk.control.curves import angles_of
from flametalk.control.emotion import FEELINGS, LEVELS, templates_for
from flametalk.control.emotion_overlay import Emotion
from flametalk.control.pose import Pose
from flametalk.control.trajectories import FAMILIES, Curve, draw
from flametalk.files import atomic_path
from flametalk.film import camera_for, clip_frames, surface_of
from flametalk.head import Head
from flametalk.perform import perform_score, score_from_intervals
from flametalk.reel.sentence import speak_sentence
from flametalk.render import render_frames
from flametalk.render.grid import grid
from flametalk.render.images import write_image
from flametalk.render.moves import MOVES, camera_move

PICTURES = Path("docs/pictures")
FACE = 190  # pixels
# "My mother bought a big map", by hand: arpabet phone, seconds.
SENTENCE = (
    "M .09 AY .16 M .08 AH .1 DH .05 ER .12 B .09 AO .16 T .08 AH .06 B .08 IH .1 G .07 M .08 AE .2 P .1"
)
START = 0.3  # seconds of silence before and after


def sentence() -> tuple[Clip, dict[str, float]]:
    """A spoken clip, and the middles of some of its phones."""
    words = SENTENCE.split()
    time, spoken, middles = START, [], {}
    for name, lasts in zip(words[::2], map(float, words[1::2]), strict=True):
        spoken.append((name, time, time + lasts))
        middles[name] = time + lasts / 2
        time += lasts
    clip = perform_score(score_from_intervals(spoken, time + START), seed=1)
    return clip.replace(head=np.zeros((clip.n_frames, 3))), {"rest": 0.05} | middles


def faces(clip: Clip, frames: list[int], size: int = FACE) -> list[np.ndarray]:
    """Single frames from the front, all with one camera."""
    head = Head.load()
    still = Clip.neutral(1, made_for=head.name)
    vertices = np.concatenate([clip.vertices(head, k, k + 1).numpy() for k in frames])
    return list(
        render_frames(vertices, surface_of(head), camera_for(still, head, "front", size), look="skin")
    )


def emotion_levels() -> np.ndarray:
    """Seven emotions, six levels, at rest."""
    rows = [(name, level) for name in FEELINGS for level in LEVELS]
    templates = templates_for(None)
    clip = Clip.neutral(
        len(rows),
        expression=np.stack([templates[name].expression * level for name, level in rows]),
        jaw=np.stack([templates[name].jaw * level for name, level in rows]),
        made_for=Head.load().name,
    )
    labels = [f"{name} {level:g}" for name, level in rows]
    return grid(faces(clip, list(range(len(rows)))), labels, len(LEVELS), gap=2)


def emotion_speaking() -> np.ndarray:
    """Moments of a sentence, as it is and with each emotion laid over it."""
    clip, middles = sentence()
    moments = ("rest", "B", "AY", "AO", "IH", "P")
    frames = [min(int(middles[name] * clip.fps), clip.n_frames - 1) for name in moments]
    pictures, labels = [], []
    for name in ("neutral", *FEELINGS):
        pictures += faces(Emotion(name)(clip), frames)
        labels += [f"{name}, {moment}" for moment in moments]
    return grid(pictures, labels, len(moments), gap=2)


def camera_moves() -> np.ndarray:
    """Six moments of eight seconds of every camera move."""
    head, fps, seconds = Head.load(), 25.0, 8.0
    frames = round(fps * seconds)
    still = Clip.neutral(1, made_for=head.name)
    vertices, camera = still.vertices(head).numpy(), camera_for(still, head, "front", FACE)
    middle = (vertices[0].min(0) + vertices[0].max(0)) / 2 + [0.0, 0.05, 0.0]
    pictures, labels = [], []
    for name in MOVES:
        path = camera_move(name, camera, middle, frames, fps)
        moments = [0, 8, 45, 85, 140, 192]
        views = [path[k] for k in moments]
        pictures += list(render_frames(np.repeat(vertices, 6, 0), surface_of(head), views, look="skin"))
        labels += [f"{name}, {k / fps:.1f} s" for k in moments]
    return grid(pictures, labels, 6, gap=2)


POSES = (
    "calm",
    "energetic presentation, nods on the key words",
    "stage-presenting delivery",
    "shake your head slowly twice then nod",
    "thoughtful, tilts at the start of each sentence",
    "audio",
)


def pose_styles() -> np.ndarray:
    """Six descriptions as curves over the waveform of one sentence, its stressed words marked."""
    sound = speak_sentence()
    features = extract_features(sound)
    clip = Clip.neutral(features.n_frames, fps=features.fps, made_for=Head.load().name)
    accents = hear_accents(features)
    figure = Figure(figsize=(11, 12), layout="constrained")
    rows = figure.subplots(len(POSES) + 1, 1, sharex=True)
    rows[0].plot(np.arange(len(sound.samples)) / sound.rate, sound.samples, color="0.4", linewidth=0.3)
    rows[0].set_ylabel("sound")
    for row, words in zip(rows[1:], POSES, strict=True):
        angles = angles_of(Pose(words)(clip, features).head)
        row.plot(clip.times, angles, label=("pitch", "yaw", "roll"))
        row.set_title(words, fontsize=10, loc="left")
        row.set_ylabel("degrees")
        row.set_ylim(-26, 26)
        row.grid(alpha=0.3)
    for row in rows:
        for time, strength in zip(accents.stressed, accents.strength, strict=True):
            row.axvline(time, color="tab:red", alpha=0.15 + 0.35 * strength, linewidth=0.8)
    rows[1].legend(loc="upper right", fontsize=8, ncols=3)
    rows[-1].set_xlabel("seconds; red: stressed words as they were heard")
    return drawn(figure)


def curve_families() -> np.ndarray:
    """Five variants of each of the ten families; and the variance of the pose over γ²."""
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    grid_of = figure.add_gridspec(2, 8)
    for k, family in enumerate(FAMILIES):
        row = figure.add_subplot(grid_of[k // 5, k % 5])
        for seed in range(5):
            row.plot(*draw(family, seed).T, linewidth=1)
        row.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xticks=[], yticks=[], aspect="equal")
        row.set_title(family, fontsize=9)
    growth = figure.add_subplot(grid_of[:, 5:])
    still, strengths = Clip.neutral(300), np.linspace(0, 2.5, 11)
    for family in FAMILIES:
        moved = [angles_of(Curve(family, strength=float(g), mode="replace")(still).head) for g in strengths]
        growth.plot(strengths**2, [m[:, :2].var(0).sum() for m in moved], "o-", markersize=3, label=family)
    growth.set(xlabel="γ²", ylabel="variance of pitch and yaw, degrees²")
    growth.legend(fontsize=7)
    growth.grid(alpha=0.3)
    return drawn(figure)


TRACK = [
    (0.5, "neutral"),
    (1.5, "happy", 0.9),
    (3.2, "happy", 0.9),
    (4.2, "angry"),
    (5.6, "angry"),
    (6.6, "surprise"),
]
EVERY = 2  # frames of the film that are kept
FILM = 220  # pixels


def talking() -> list[np.ndarray]:
    """A sentence whose emotion changes, its head moved by words and filmed by hand."""
    sound = speak_sentence()
    talk = animate(sound, emotion=TRACK, pose="energetic presentation, nods on the key words")
    frames = list(clip_frames(talk, view="front", size=FILM, look="skin", camera="hand-held"))
    felt = [max((key for key in TRACK if key[0] <= t + 0.5), default=TRACK[0])[1] for t in talk.times]
    return [grid([frame], [str(name)], 1, gap=2) for frame, name in zip(frames, felt, strict=True)][::EVERY]


def write_film(frames: list[np.ndarray], path: Path) -> None:
    """An animated WebP, which browsers play by themselves."""
    pictures = [Image.fromarray(frame) for frame in frames]
    with atomic_path(path) as temporary:
        pictures[0].save(
            temporary,
            "WEBP",
            save_all=True,
            append_images=pictures[1:],
            duration=round(1000 * EVERY / 25),
            loop=0,
            quality=45,
            method=6,
        )


def drawn(figure: Figure) -> np.ndarray:
    """The figure as pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


SHEETS: dict[str, Callable[[], np.ndarray]] = {
    "emotion_levels": emotion_levels,
    "emotion_speaking": emotion_speaking,
    "camera_moves": camera_moves,
    "pose_styles": pose_styles,
    "curves": curve_families,
}


FILMS: dict[str, Callable[[], list[np.ndarray]]] = {"talking": talking}


def main() -> None:
    for name in sys.argv[1:] or [*SHEETS, *FILMS]:
        path = PICTURES / f"control_{name}.{'webp' if name in FILMS else 'jpg'}"
        if name in FILMS:
            write_film(FILMS[name](), path)
        else:
            write_image(SHEETS[name](), path)
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
