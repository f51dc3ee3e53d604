"""Faces and 478 landmarks by MediaPipe 0.10.21, with the models inside its package: nothing is downloaded."""

from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from ..extras import require
from .mirror import unmirrored
from .tracker import Face

MOST = 6  # faces in one picture
CONFIDENCE = 0.4
AROUND = 2.0  # of a small face's box: what is enlarged and looked at again
ENLARGED = 384  # pixels
ALIKE = 0.15  # of a face's width: so near to it lies what its mirror image shows


class MediaPipeTracker:
    """Detection and landmarks.

    `still`: every picture is looked at afresh, otherwise faces are followed from picture to picture. `twice`:
    it is looked at in a mirror, too, and the mean of both is taken, which errs less than one look does; by
    default where it is a still.
    """

    name = "mediapipe 0.10.21 face mesh"

    def __init__(self, still: bool = False, twice: bool | None = None):
        mediapipe = require("mediapipe", "lift", "finding faces")
        solutions = mediapipe.solutions
        self._twice = still if twice is None else twice
        settings: dict[str, Any] = {"max_num_faces": MOST, "refine_landmarks": True}
        settings |= {"min_detection_confidence": CONFIDENCE, "min_tracking_confidence": CONFIDENCE}
        self._mesh = solutions.face_mesh.FaceMesh(static_image_mode=still, **settings)
        settings["max_num_faces"] = 1
        self._closer = solutions.face_mesh.FaceMesh(static_image_mode=True, **settings)
        self._far = solutions.face_detection.FaceDetection(CONFIDENCE, model_selection=1)

    def __enter__(self) -> "MediaPipeTracker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in (self._mesh, self._closer, self._far):
            part.close()

    def faces(self, picture: UInt8[np.ndarray, "h w 3"]) -> list[Face]:
        """Faces of one picture; small ones are looked for where no large one is."""
        picture = np.ascontiguousarray(picture)
        found = _pixels(self._mesh.process(picture), picture.shape)
        if self._twice and found:
            found = self._both_sides(picture, found)
        return [Face(marks) for marks in found] or self._small(picture)

    def _both_sides(self, picture: UInt8[np.ndarray, "h w 3"], found: list[np.ndarray]) -> list[np.ndarray]:
        """With the same face in the mirror, where it is found there."""
        mirror = np.ascontiguousarray(picture[:, ::-1])
        others = _pixels(self._mesh.process(mirror), picture.shape)
        others = [unmirrored(marks, picture.shape[1]) for marks in others]
        result = []
        for marks in found:
            width = float(np.ptp(marks[:, 0]))
            apart = [float(np.linalg.norm((other - marks)[:, :2], axis=1).mean()) for other in others]
            near = min(range(len(apart)), key=apart.__getitem__) if apart else None
            if near is not None and apart[near] < ALIKE * width:
                marks = (marks + others[near]) / 2
            result.append(marks.astype(np.float32))
        return result

    def _small(self, picture: UInt8[np.ndarray, "h w 3"]) -> list[Face]:
        """By the detector for far faces, then landmarks in an enlarged part of the picture."""
        from PIL import Image

        height, width = picture.shape[:2]
        faces = []
        for hit in (self._far.process(picture).detections or [])[:MOST]:
            box = hit.location_data.relative_bounding_box
            side = max(box.width * width, box.height * height) * AROUND
            left, top = (
                (box.xmin + box.width / 2) * width - side / 2,
                (box.ymin + box.height / 2) * height - side / 2,
            )
            if not side >= 2:
                continue
            part = Image.fromarray(picture).crop(
                (round(left), round(top), round(left + side), round(top + side))
            )
            large = np.asarray(part.resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC))
            for marks in _pixels(self._closer.process(large), large.shape):
                corner = np.array([round(left), round(top), 0], np.float32)
                faces.append(Face((marks * (side / ENLARGED) + corner).astype(np.float32)))
        return faces


def _pixels(result: Any, shape: tuple[int, ...]) -> list[Float[np.ndarray, "478 3"]]:
    height, width = shape[:2]
    size = np.array([width, height, width], np.float32)
    rows = [[(p.x, p.y, p.z) for p in face.landmark] for face in result.multi_face_landmarks or []]
    return [np.array(row, np.float32) * size for row in rows]
