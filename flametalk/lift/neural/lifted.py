"""Lifting with an encoder in place of landmark fitting: the same result, drawn and judged in the same way."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float32

from ...clip import Clip
from ...conventions import FPS
from ...errors import InputError
from ...files import PathLike
from ...head import Head
from ...render.camera import Camera
from ..marks import LEFT_IRIS, RIGHT_IRIS
from ..result import Lifted
from ..tracker import Tracker
from .camera import picture_camera
from .from_files import Read, read_file
from .model import FaceEncoder

JUDGED_BY = "mediapipe"  # the head's landmarks that are compared with the tracker's
CHUNK = 64  # frames


def lift_encoded(
    path: PathLike,
    model: FaceEncoder,
    head: Head | None = None,
    face: int | None = None,
    fps: float = FPS,
    *,
    tracker: Tracker | None = None,
    one_shape: bool = True,
    progress: Callable[[int], object] | None = None,
) -> Lifted:
    """A photo or a video read by `model`: a clip of the head that the model was made for.

    `head` is that head, where it is at hand: only with it, and its MediaPipe landmarks, is the error known.
    The boxes of a video are steadied, and it has one shape unless `one_shape` is False.
    """
    if head is not None and head.name != model.made_for:
        raise InputError(
            f"encoder '{model.name}' reads {model.made_for}, not {head.name}: leave the head out"
        )
    read = read_file(
        path, model, face, fps, tracker=tracker, smooth=True, one_shape=one_shape, progress=progress
    )
    done = read.encoded
    cameras = _cameras(read, model.sizes.pixels)
    story: dict[str, Any] = {
        "lifted": f"encoder {model.name}",
        "seconds": {"tracking": round(read.tracking, 3), "encoding": round(done.seconds, 3)},
        **done.clip.provenance,
    }
    eyes = np.linalg.norm(read.landmarks[:, LEFT_IRIS] - read.landmarks[:, RIGHT_IRIS], axis=-1)
    return Lifted(
        clip=done.clip.replace(provenance=story),
        camera=cameras[0],
        found=done.found,
        landmarks=read.landmarks,
        error=_errors(done.clip, read, cameras, head),
        eye_distance=eyes.astype(np.float32),
        seconds={"tracking": read.tracking, "encoding": done.seconds},
        cameras=cameras,
    )


def _cameras(read: Read, pixels: int) -> tuple[Camera, ...]:
    """One a frame; where no face is, the one before it (the one after it at the beginning)."""
    seen = iter(read.encoded.codes.camera)
    cameras: list[Camera | None] = [
        None if box is None else picture_camera(next(seen), box, read.size, pixels) for box in read.boxes
    ]
    last = next(camera for camera in cameras if camera is not None)
    filled = []
    for camera in cameras:
        last = camera or last
        filled.append(last)
    return tuple(filled)


def _errors(
    clip: Clip, read: Read, cameras: tuple[Camera, ...], head: Head | None
) -> Float32[np.ndarray, "t"]:
    """Mean distance in pixels of the head's landmarks from the tracker's."""
    error = np.full(clip.n_frames, np.nan, np.float32)
    if head is None or JUDGED_BY not in head.landmarks:
        return error
    ids = head.landmarks[JUDGED_BY].ids
    assert ids is not None
    number = 0
    for vertices in clip.vertex_chunks(head, CHUNK):
        for points in head.landmark_points(vertices, JUDGED_BY).numpy():
            away = cameras[number].project(points)[0] - read.landmarks[number, list(ids)]
            error[number] = np.linalg.norm(away, axis=-1).mean()
            number += 1
    return error
