"""A photo or a video file through the encoders: looked at twice, first for the boxes, then for the codes."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8

from ...conventions import FPS
from ...files import PathLike
from ..crop import LIKE_68, FaceBox, box_of_landmarks, smooth_boxes
from ..frames import read_frames, read_sound
from ..mediapipe_tracker import MediaPipeTracker
from ..pictures import is_picture, read_photo
from ..sources import track
from ..tracker import Tracker
from .model import BATCH, FaceEncoder
from .video import Encoded, encode_frames


@dataclass(frozen=True, eq=False)
class Read:
    """What a file gave: the clip, and what the tracker saw of its frames."""

    encoded: Encoded
    landmarks: Float32[np.ndarray, "t 478 2"]  # NaN where no face is
    boxes: list[FaceBox | None]
    size: tuple[int, int]  # width, height of the pictures
    tracking: float  # seconds


def read_file(
    path: PathLike,
    model: FaceEncoder,
    face: int | None = None,
    fps: float = FPS,
    *,
    tracker: Tracker | None = None,
    smooth: bool = False,
    cubic: bool = False,
    one_shape: bool = False,
    batch: int = BATCH,
    progress: Callable[[int], object] | None = None,
) -> Read:
    """The clip of a face, with the sound of a video, and what the tracker saw.

    `face` is counted from the left, the largest by default. `smooth` steadies the boxes of a video; EMOCA's
    own pipeline does not, and cuts with `cubic`.
    """
    still = is_picture(path)

    def frames() -> Iterable[UInt8[np.ndarray, "h w 3"]]:
        return [read_photo(path).pixels] if still else read_frames(path, fps)

    clock = time.perf_counter()
    used = tracker or MediaPipeTracker(still=still)
    try:
        landmarks, size = track(frames(), used, face, progress)
    finally:
        if isinstance(used, MediaPipeTracker) and tracker is None:
            used.__exit__(None, None, None)
    tracking = time.perf_counter() - clock
    boxes: list[FaceBox | None] = [
        None if np.isnan(marks).any() else box_of_landmarks(marks[list(LIKE_68)]) for marks in landmarks
    ]
    if smooth:
        steady = smooth_boxes(boxes)
        boxes = [None if seen is None else box for seen, box in zip(boxes, steady, strict=True)]
    done = encode_frames(frames(), boxes, model, fps, batch=batch, cubic=cubic, one_shape=one_shape)
    story = {**done.clip.provenance, "tracker": used.name}
    sound = None if still else read_sound(path)
    done = replace(done, clip=done.clip.replace(provenance=story, audio=sound))
    return Read(done, landmarks, boxes, size, tracking)
