"""Clips become pictures: a video with sound, numbered pictures, one picture, a strip, a comparison."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from .clip import Clip
from .conventions import USUAL_VIEW
from .errors import InputError
from .extras import require
from .files import PathLike
from .head import Head
from .render import Camera, Look, Surface, frame_head, from_head, render_frames, write_video
from .render.grid import grid, grid_frames
from .render.images import write_image
from .render.moves import STILL, TO_BEATS, camera_move

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


@lru_cache(maxsize=2)
def fine_surface_of(head: Head) -> Surface:
    """The surface of the head's fine mesh, which carries detail."""
    from .head.dense import dense_mesh
    from .render.dense import dense_surface

    if head.name.startswith("flame"):
        from .lift.neural.flame_dense import dense_flame_surface

        return dense_flame_surface(head)
    return dense_surface(head, dense_mesh(head))


def camera_for(clip: Clip, head: Head, view: str | Camera = USUAL_VIEW, size: Size = 512) -> Camera:
    """A camera that holds the clip's head, wherever it moves, in the picture."""
    if isinstance(view, Camera):
        return view
    width, height = (size, size) if isinstance(size, int) else size
    frames = _moments(clip, head, np.linspace(0, clip.n_frames - 1, FRAMED))
    return frame_head(frames[:, _worth_seeing(head)], view, width, height)


def _moments(clip: Clip, head: Head, frames: Iterable[float]) -> Float32[np.ndarray, "k v 3"]:
    """Vertices of single frames."""
    return np.concatenate([clip.vertices(head, round(k), round(k) + 1).numpy() for k in frames])


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
    view: str | Camera = USUAL_VIEW,
    size: Size = 512,
    progress: bool = False,
    camera: str | None = None,
    detail: bool = False,
    **drawing: Any,
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """The clip's pictures, one after the other. `drawing` goes to `render.render_frames`."""
    head = head or Head.load(clip.made_for)
    chunks: Iterator[np.ndarray] = (chunk.numpy() for chunk in clip.vertex_chunks(head, CHUNK))
    still = camera_for(clip, head, view, size)
    cameras = still if camera is None else moving_camera(clip, head, still, camera)
    surface = fine_surface_of(head) if detail else surface_of(head)
    chunks = _wrinkled(clip, head, chunks) if detail else chunks
    return render_frames(chunks, surface, cameras, progress=progress, total=clip.n_frames, **drawing)


def _wrinkled(clip: Clip, head: Head, chunks: Iterable[np.ndarray]) -> Iterator[Float32[np.ndarray, "t v 6"]]:
    """Places and normals on the head's fine mesh, wrinkled by the clip's detail code and its expressions."""
    from .head.dense import dense_mesh

    if head.name.startswith("flame"):
        from .lift.neural.flame_dense import dense_flame_frames

        yield from dense_flame_frames(clip, head, chunks)
        return
    mesh, start = dense_mesh(head), 0
    code = mesh.basis.code(head, clip.detail, clip.expression, np.atleast_2d(clip.shape))
    for chunk in chunks:
        yield mesh.frames(chunk, code[start : start + len(chunk)] if len(code) > 1 else code)
        start += len(chunk)


def moving_camera(clip: Clip, head: Head, still: Camera, move: str) -> list[Camera]:
    """A camera for every frame: `still`, moved about the middle of the face; to the sound's beats."""
    face = _moments(clip, head, np.linspace(0, clip.n_frames - 1, FRAMED))[:, _worth_seeing(head)]
    target = (face.min((0, 1)) + face.max((0, 1))) / 2
    beats = None
    if move in TO_BEATS and clip.audio is not None:
        from .metrics.audio_beats import audio_beats

        beats = audio_beats(clip.audio).tolist()
    return camera_move(move, still, target, clip.n_frames, clip.fps, beats)


def render_clip(
    clip: Clip,
    path: PathLike,
    head: Head | None = None,
    view: str | Camera = USUAL_VIEW,
    mode: str = "shaded",
    look: Look | str = "skin",
    size: Size = 512,
    antialias: int = 4,
    at: float = 0.0,
    progress: bool = False,
    camera: str | None = None,
    detail: bool = False,
    backend: str = "cpu",
) -> None:
    """Write x.mp4 (with sound), x.png (the frame at `at` seconds) or frames/*.png (every frame).

    `camera` is a move (render.moves.MOVES) of films and numbered pictures, away from `view` and back; by
    default the one that the clip remembers from `animate`, "still" is none.
    `detail` draws a finer mesh with the wrinkles of the clip's detail code and those that expressions and age
    make, for heads with a detail basis (the built-in one). `backend`: who draws (docs/rendering.md).
    """
    target = Path(path)
    options: dict[str, Any] = {"mode": mode, "look": look, "antialias": antialias, "detail": detail}
    options["backend"] = backend
    ending = target.suffix.lower()
    if ending in VIDEOS:
        frames = clip_frames(clip, head, view, size, progress, _move(clip, camera), **options)
        write_video(frames, target, clip.fps, clip.audio)
    elif ending in PICTURES and "*" in target.name:
        frames = clip_frames(clip, head, view, size, progress, _move(clip, camera), **options)
        digits = max(4, len(str(clip.n_frames - 1)))
        for number, frame in enumerate(frames):
            write_image(frame, target.with_name(target.name.replace("*", f"{number:0{digits}d}", 1)))
    elif ending in PICTURES:
        if not 0 <= at < clip.duration:
            raise InputError(f"at is {at:g} s, the clip lasts from 0 to {clip.duration:g} s")
        moment = clip.cut(min(at, clip.duration - 1 / clip.fps), clip.duration).replace(audio=None)
        frames = clip_frames(moment.cut(0, 1 / clip.fps), head, view, size, False, None, **options)
        write_image(next(frames), target)
    else:
        raise InputError(
            f"cannot tell from '{target.name}' what to make; use an ending of {' '.join(VIDEOS + PICTURES)}, "
            "or frames/*.png for every frame"
        )


def _move(clip: Clip, camera: str | None) -> str | None:
    """The move that is asked for, or that the clip remembers."""
    wanted = str(clip.provenance.get("camera", STILL)) if camera is None else camera
    return None if wanted == STILL else wanted


def picture_strip(
    clip: Clip,
    path: PathLike,
    head: Head | None = None,
    times: Sequence[float] | None = None,
    size: int = 256,
) -> None:
    """Moments of a clip in two rows, evenly spread or at `times` in seconds."""
    head = head or Head.load(clip.made_for)
    spread = (np.arange(STRIP) + 0.5) * clip.duration / STRIP
    seconds = spread if times is None else np.asarray(times)
    moments = _moments(clip, head, np.clip(seconds * clip.fps, 0, clip.n_frames - 1))
    camera = camera_for(clip, head, "front", size)
    frames = list(render_frames(moments, surface_of(head), camera, look="skin"))
    write_image(grid(frames, columns=-(-len(frames) // 2), gap=0), path)


def compare(
    clips: Sequence[tuple[str, Clip]],
    path: PathLike,
    head: Head | None = None,
    view: str | Camera = USUAL_VIEW,
    mode: str = "shaded",
    look: Look | str = "skin",
    size: Size = 512,
    progress: bool = False,
) -> None:
    """Labelled clips side by side in one video, as long as the longest, with the first sound."""
    if not clips:
        raise InputError("nothing to compare: give at least one clip")
    first = clips[0][1]
    streams = {
        label: clip_frames(clip.resample(first.fps), head, view, size, mode=mode, look=look)
        for label, clip in _unlike(clips)
    }
    total = max(round(clip.duration * first.fps) for _, clip in clips)
    frames = grid_frames(streams, progress=progress, total=total)
    sound = next((clip.audio for _, clip in clips if clip.audio), None)
    write_video(frames, path, first.fps, sound)


def _unlike(clips: Sequence[tuple[str, Clip]]) -> list[tuple[str, Clip]]:
    """Labels that occur more than once are numbered."""
    labels = [label for label, _ in clips]
    return [
        (f"{label} ({labels[: i + 1].count(label)})" if labels.count(label) > 1 else label, clip)
        for i, (label, clip) in enumerate(clips)
    ]


def to_moviepy(clip: Clip, head: Head | None = None, **options: Any) -> Any:
    """A moviepy clip with picture and sound; frames are drawn when they are asked for."""
    moviepy = require("moviepy", "moviepy", "handing a clip to moviepy")
    head = head or Head.load(clip.made_for)
    camera = camera_for(clip, head, options.pop("view", USUAL_VIEW), options.pop("size", 512))
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
