"""A photo or a video file to a clip: faces followed, landmarks fitted, the sound attached."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
from jaxtyping import Float32, UInt8

from ..audio.signal import Audio
from ..clip import Clip
from ..conventions import FPS
from ..errors import InputError
from ..files import PathLike
from ..head import Head
from ..render.camera import Camera
from ..version import __version__
from .fitting import Fit, fit_landmarks
from .frames import read_frames, read_sound
from .marks import N_TRACKED
from .mediapipe_tracker import MediaPipeTracker
from .pictures import is_picture, read_photo
from .result import HEAD_TO_CAMERA, Lifted
from .tracker import SMALLEST, Face, Tracker, choose, follow

ROWS = 1024  # frames that room is made for at first; twice as many whenever they are full
SPREAD = 3.0  # of the face's size: landmarks that reach further are no face


def lift(path: PathLike, head: Head | None = None, face: int | None = None, fps: float = FPS) -> Clip:
    """A photo (one frame) or a video (with its sound) as a clip of `head`, the built-in one by default."""
    return lift_file(path, head, face, fps).clip


def lift_file(
    path: PathLike,
    head: Head | None = None,
    face: int | None = None,
    fps: float = FPS,
    perspective: bool = True,
    tracker: Tracker | None = None,
    progress: Callable[[int], object] | None = None,
) -> Lifted:
    """As `lift`, with the camera, the landmarks and how well they fit.

    `face`: which one where there are several, counted from the left; the largest by default. `perspective`:
    False fits a weak-perspective camera. `tracker`: another detector than MediaPipe.
    """
    head = head or Head.load()
    if is_picture(path):
        photo = read_photo(path)
        used = tracker or MediaPipeTracker(still=True)
        result = _lift([photo.pixels], head, used, face, FPS, perspective, photo.focal, None, progress)
    else:
        frames = read_frames(path, fps)
        used = tracker or MediaPipeTracker()
        result = _lift(frames, head, used, face, fps, perspective, None, read_sound(path), progress)
    if tracker is None:
        used.__exit__(None, None, None)  # type: ignore[attr-defined]
    return result


def lift_frames(
    frames: Iterable[UInt8[np.ndarray, "h w 3"]],
    tracker: Tracker,
    head: Head | None = None,
    face: int | None = None,
    fps: float = FPS,
    perspective: bool = True,
    focal: float | None = None,
    audio: Audio | None = None,
) -> Lifted:
    """The same for pictures that are there already, one after the other; `focal` in pixels if known."""
    return _lift(frames, head or Head.load(), tracker, face, fps, perspective, focal, audio, None)


def _lift(
    frames: Iterable[np.ndarray],
    head: Head,
    tracker: Tracker,
    face: int | None,
    fps: float,
    perspective: bool,
    focal: float | None,
    audio: Audio | None,
    progress: Callable[[int], object] | None,
) -> Lifted:
    clock = time.perf_counter()
    landmarks, size = track(frames, tracker, face, progress)
    tracked = time.perf_counter()
    fit = fit_landmarks(landmarks, size, head, fps, focal, perspective)
    seconds = {"tracking": tracked - clock, "fitting": time.perf_counter() - tracked}
    clip, camera = clip_of(fit, head, fps, size, tracker.name)
    if audio is not None:
        clip = clip.replace(audio=audio)
    story = clip.provenance | {"seconds": {k: round(v, 3) for k, v in seconds.items()}}
    lifted = Lifted(
        clip.replace(provenance=story), camera, fit.found, landmarks, fit.error, fit.eye_distance, seconds
    )
    fitness = {"error_pixels": lifted.error_pixels, "error_of_eye_distance": lifted.error_of_eyes}
    rounded: dict[str, object] = {name: round(value, 4) for name, value in fitness.items()}
    rounded["frames_turned_away"] = [int(k) for k in np.flatnonzero(lifted.turned_away)]
    return replace(lifted, clip=clip.replace(provenance=story | rounded))


def track(
    frames: Iterable[UInt8[np.ndarray, "h w 3"]],
    tracker: Tracker,
    face: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[Float32[np.ndarray, "t 478 2"], tuple[int, int]]:
    """Landmarks of one face in every frame (NaN: not seen), and (width, height) of the pictures."""
    rows = np.empty((ROWS, N_TRACKED, 2), np.float32)
    number = -1
    last: Face | None = None
    size, most, largest = (0, 0), 0, 0.0
    for number, frame in enumerate(frames):
        if number == 0:
            size = (frame.shape[1], frame.shape[0])
        if (frame.shape[1], frame.shape[0]) != size:
            raise InputError(f"frame {number} is {frame.shape[1]} × {frame.shape[0]}, the first was {size}")
        seen = tracker.faces(frame)
        most, largest = max(most, len(seen)), max([largest, *(one.width for one in seen)])
        seen = [one for one in seen if _sound(one, size)]
        if last is None and face is not None and len(seen) <= face:
            now = None  # the chosen one is not there yet
        else:
            now = choose(seen, face) if last is None else follow(seen, last, face)
        last = now or last
        if number == len(rows):
            rows = np.concatenate([rows, np.empty_like(rows)])
        rows[number] = np.nan if now is None else now.landmarks[:, :2]
        if progress is not None:
            progress(number + 1)
    if number < 0:
        raise InputError("no pictures to look at")
    if last is None:
        raise InputError(_no_face(most, largest, face, number + 1))
    return rows[: number + 1].copy(), size


def _sound(face: Face, size: tuple[int, int]) -> bool:
    """Large enough, finite, and at least partly in the picture."""
    if not np.isfinite(face.landmarks).all() or face.width < SMALLEST:
        return False
    x, y = face.middle
    return bool(0 <= x <= size[0] and 0 <= y <= size[1] and face.width < SPREAD * max(size))


def _no_face(most: int, largest: float, face: int | None, frames: int) -> str:
    where = "in the picture" if frames == 1 else f"in {frames} frames"
    if most and largest < SMALLEST:
        return (
            f"the largest face {where} is {largest:.0f} pixels wide, {SMALLEST:.0f} are needed: "
            "use a larger picture, or cut the face out and enlarge it"
        )
    if most and face is not None:
        return f"face {face} was asked for, {where} there are {most}: give 0 to {most - 1}"
    return (
        f"no face {where}: one that looks towards the camera, not a profile or the back of a head, is needed"
    )


def clip_of(fit: Fit, head: Head, fps: float, size: tuple[int, int], tracker: str) -> tuple[Clip, Camera]:
    """The clip, and the camera that sees it as the pictures do."""
    places = fit.part("place")
    origin = places[int(np.flatnonzero(fit.found)[0])]
    gaze = fit.part("gaze")
    eyes = np.zeros((len(gaze), 6))
    eyes[:, 0:2], eyes[:, 3:5] = gaze[:, :2], gaze[:, 2:]
    lens = fit.problem.lens
    focal = fit.focal if lens.perspective else fit.focal / -origin[2]
    camera = Camera(
        size[0], size[1], focal, HEAD_TO_CAMERA, HEAD_TO_CAMERA @ origin, lens.centre, lens.perspective
    )
    clip = Clip(
        shape=fit.shape,
        expression=fit.part("expression"),
        head=fit.part("head"),
        jaw=fit.part("jaw"),
        eyes=eyes,
        translation=places - origin,
        fps=fps,
        made_for=head.name,
        provenance={
            "lifted": "landmark fitting",
            "tracker": tracker,
            "camera": "perspective" if lens.perspective else "weak perspective",
            "focal_pixels": round(focal, 2),
            "picture": list(size),
            "frames_without_face": [int(k) for k in np.flatnonzero(~fit.found)],
            "flametalk": __version__,
        },
    )
    return clip, camera
