"""Clips become pictures: a video with sound, numbered pictures, one picture, a strip, a comparison."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from .clip import Clip
from .errors import InputError
from .extras import require
from .files import PathLike, atomic_path
from .head import Head
from .render import Camera, Look, Surface, frame_head, from_head, render_frames, write_video
from .render.grid import grid_frames

CHUNK = 32  # frames of vertices in memory at a time
FRAMED = 8  # frames that the camera looks at to find its place
STRIP = 10  # pictures in a strip
VIDEOS = (".mp4", ".m4v", ".mov", ".mkv")
PICTURES = (".png", ".jpg", ".jpeg")
Size = int | tuple[int, int]  # pixels: a square, or (width, height)


@lru_cache(maxsize=4)
def surface_of(head: Head) -> Surface:
    """The head's surface, made once."""
    return from_head(head)


def camera_for(clip: Clip, head: Head, view: str | Camera = "three-quarter", size: Size = 512) -> Camera:
    """A camera that holds the clip's head, wherever it moves, in the picture."""
    if isinstance(view, Camera):
        return view
    width, height = (size, size) if isinstance(size, int) else size
    picked = np.unique(np.linspace(0, clip.n_frames - 1, FRAMED).round().astype(int))
    frames = np.concatenate([clip.vertices(head, k, k + 1).numpy() for k in picked])
    return frame_head(frames[:, _worth_seeing(head)], view, width, height)


def _worth_seeing(head: Head) -> np.ndarray:
    """Vertices that the picture is framed by: without the lower half of the neck and the shoulders."""
    height = head.template[:, 1].numpy()
    if "neck" not in head.regions:
        return np.ones(len(height), bool)
    neck = height[head.regions["neck"].long().numpy()]
    return height > (neck.min() + neck.max()) / 2


def clip_frames(
    clip: Clip,
    head: Head | None = None,
    view: str | Camera = "three-quarter",
    size: Size = 512,
    progress: bool = False,
    **drawing: Any,
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """The clip's pictures, one after the other. `drawing` goes to `render.render_frames`."""
    head = head or Head.load(clip.made_for)
    chunks = (chunk.numpy() for chunk in clip.vertex_chunks(head, CHUNK))
    camera = camera_for(clip, head, view, size)
    return render_frames(chunks, surface_of(head), camera, progress=progress, total=clip.n_frames, **drawing)


def render_clip(
    clip: Clip,
    path: PathLike,
    head: Head | None = None,
    view: str | Camera = "three-quarter",
    mode: str = "shaded",
    look: Look | str = "skin",
    size: Size = 512,
    antialias: int = 4,
    at: float = 0.0,
    progress: bool = False,
) -> None:
    """Write `clip` as x.mp4 (with its sound), x.png (the frame at `at` seconds) or frames/*.png (every frame)."""
    target, options = Path(path), {"mode": mode, "look": look, "antialias": antialias}
    ending = target.suffix.lower()
    if ending in VIDEOS:
        frames = clip_frames(clip, head, view, size, progress, **options)
        write_video(frames, target, clip.fps, clip.audio)
    elif ending in PICTURES and "*" in target.name:
        frames = clip_frames(clip, head, view, size, progress, **options)
        digits = max(4, len(str(clip.n_frames - 1)))
        for number, frame in enumerate(frames):
            save_picture(frame, target.with_name(target.name.replace("*", f"{number:0{digits}d}", 1)))
    elif ending in PICTURES:
        if not 0 <= at < clip.duration:
            raise InputError(f"at is {at:g} s, the clip lasts from 0 to {clip.duration:g} s")
        moment = clip.cut(min(at, clip.duration - 1 / clip.fps), clip.duration).replace(audio=None)
        frames = clip_frames(moment.cut(0, 1 / clip.fps), head, view, size, False, **options)
        save_picture(next(frames), target)
    else:
        raise InputError(
            f"cannot tell from '{target.name}' what to make; use an ending of {' '.join(VIDEOS + PICTURES)}, "
            "or frames/*.png for every frame"
        )


def save_picture(picture: UInt8[np.ndarray, "h w 3"], path: PathLike) -> None:
    """PNG or JPEG by the ending, whole or not at all."""
    with atomic_path(path) as temporary:
        Image.fromarray(picture).save(temporary)


def picture_strip(
    clip: Clip, path: PathLike, head: Head | None = None, times: Sequence[float] | None = None, size: int = 256
) -> None:
    """Moments of a clip side by side in two rows, evenly spread or at `times` in seconds."""
    head = head or Head.load(clip.made_for)
    seconds = np.linspace(0, clip.duration, STRIP + 1)[:-1] + clip.duration / STRIP / 2
    picked = [round(t * clip.fps) for t in (seconds if times is None else times)]
    moments = np.concatenate([clip.vertices(head, k, k + 1).numpy() for k in picked])
    camera = camera_for(clip, head, "front", size)
    frames = list(render_frames(moments, surface_of(head), camera, look="skin"))
    if len(frames) % 2:
        frames.append(np.full_like(frames[0], 255))
    half = len(frames) // 2
    rows = [np.concatenate(frames[:half], axis=1), np.concatenate(frames[half:], axis=1)]
    save_picture(np.concatenate(rows), path)


def compare(
    clips: Sequence[tuple[str, Clip]],
    path: PathLike,
    head: Head | None = None,
    view: str | Camera = "three-quarter",
    mode: str = "shaded",
    look: Look | str = "skin",
    size: Size = 512,
    progress: bool = False,
) -> None:
    """Labelled clips side by side in one video, as long as the longest; the sound of the first that has any."""
    if not clips:
        raise InputError("nothing to compare: give at least one clip")
    first = clips[0][1]
    labels = [label for label, _ in clips]
    streams = [
        clip_frames(clip.resample(first.fps), head, view, size, mode=mode, look=look) for _, clip in clips
    ]
    total = max(round(clip.duration * first.fps) for _, clip in clips)
    frames = grid_frames(streams, labels, progress=progress, total=total)
    sound = next((clip.audio for _, clip in clips if clip.audio), None)
    write_video(frames, path, first.fps, sound)


def to_moviepy(clip: Clip, head: Head | None = None, **options: Any) -> Any:
    """A moviepy clip with picture and sound; frames are drawn when they are asked for."""
    moviepy = require("moviepy", "moviepy", "handing a clip to moviepy")
    head = head or Head.load(clip.made_for)
    camera = camera_for(clip, head, options.pop("view", "three-quarter"), options.pop("size", 512))
    drawing = {"look": "skin"} | options

    def frame_at(seconds: float) -> np.ndarray:
        k = min(int(seconds * clip.fps + 1e-6), clip.n_frames - 1)
        vertices = clip.vertices(head, k, k + 1).numpy()
        return next(render_frames(vertices, surface_of(head), camera, threads=1, **drawing))

    film = moviepy.VideoClip(frame_at, duration=clip.duration).with_fps(clip.fps)
    if clip.audio is None:
        return film
    sound = clip.audio.cut(0, clip.duration)
    stereo = np.repeat(sound.samples[:, None], 2, axis=1)
    return film.with_audio(moviepy.AudioArrayClip(stereo, fps=sound.rate))
