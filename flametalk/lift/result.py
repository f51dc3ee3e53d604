"""What lifting gives: the clip, the camera it was seen by, and how well it fits."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy.spatial.transform import Rotation

from ..clip import Clip
from ..render.camera import Camera
from .crop import FaceBox

HEAD_TO_CAMERA = np.diag([1.0, -1.0, -1.0])
# Trackers take a profile for a half profile: renders that are turned by 60 to 80 degrees are lifted with 50.
MOST_TURNED = np.radians(45.0)


@dataclass(frozen=True, eq=False)
class Lifted:
    """`clip` drawn with `camera` lies over the pictures. Landmarks are pixels of what was looked at.

    An encoder sees every frame with a camera of its own: those are `cameras`, and `camera` is the first.
    """

    clip: Clip
    camera: Camera
    found: Bool[np.ndarray, "t"]  # False: no face there, filled in from the neighbours
    landmarks: Float32[np.ndarray, "t 478 2"]  # NaN where there was no face
    error: Float32[np.ndarray, "t"]  # mean distance of landmarks in pixels; NaN where it is not known
    eye_distance: Float32[np.ndarray, "t"]  # between the pupils, in pixels
    seconds: dict[str, float]
    cameras: tuple[Camera, ...] | None = None

    def camera_of(self, frame: int) -> Camera:
        """The one that sees this frame's head as the picture does."""
        return self.camera if self.cameras is None else self.cameras[frame]

    @property
    def error_pixels(self) -> float:
        return float(np.nanmean(self.error))

    @property
    def error_of_eyes(self) -> float:
        """As a part of the distance between the eyes."""
        return float(np.nanmean(self.error / self.eye_distance))

    @property
    def turned_away(self) -> Bool[np.ndarray, "t"]:
        """Frames whose face looks so far past the camera that its far side, and its turn, are guesses."""
        cameras = self.cameras or (self.camera,)
        towards = np.stack([_towards(camera) for camera in cameras])
        if self.camera.perspective and self.clip.translation is not None:
            towards = towards - self.clip.translation
        faces = Rotation.from_rotvec(np.asarray(self.clip.head, np.float64)).apply((0.0, 0.0, 1.0))
        cosine = (faces * towards).sum(1) / np.linalg.norm(towards, axis=1)
        angles = np.arccos(np.clip(cosine, -1, 1))
        return self.found & (angles > MOST_TURNED)

    def boxes(self) -> list[FaceBox | None]:
        """The square around the face that encoders look at, by frame."""
        from .crop import LIKE_68, box_of_landmarks

        rows = zip(self.landmarks[:, list(LIKE_68)], self.found, strict=True)
        return [box_of_landmarks(marks) if seen else None for marks, seen in rows]


def _towards(camera: Camera) -> Float64[np.ndarray, "3"]:
    """From the origin to the camera; a weak-perspective one looks from everywhere along its axis."""
    return -camera.rotation.T @ camera.translation if camera.perspective else -camera.rotation[2]
