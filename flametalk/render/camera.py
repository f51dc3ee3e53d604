"""`Camera`: where a point of the world lands in the picture. One convention for every back end.

- Camera axes: x right, y down, z forward (into the scene). `x_camera = rotation · x_world + translation`.
- Pixels: the picture spans 0…width and 0…height from its top left corner, so the centre of the pixel in
  column i is at i + 0.5.
- Depth: metres along the view axis, which is z of the camera axes (not the distance to the eye).
- Perspective: pixel = centre + focal · (x, y) / z with `focal` in pixels. Weak perspective: pixel =
  centre + focal · (x, y) with `focal` in pixels a metre.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from ..errors import InputError, UnknownNameError

FIELD_OF_VIEW: Final = math.radians(18.0)  # vertical; a portrait lens
VIEWS: Final[dict[str, tuple[float, float]]] = {  # yaw toward the subject's left, pitch upwards, degrees
    "front": (0.0, 0.0),
    "portrait": (14.0, 3.0),
    "three-quarter": (38.0, 4.0),
    "three-quarter-right": (-38.0, 4.0),
    "profile": (90.0, 0.0),
    "profile-right": (-90.0, 0.0),
    "back": (180.0, 0.0),
    "above": (0.0, 30.0),
    "below": (0.0, -25.0),
}
UP: Final = (0.0, 1.0, 0.0)
Vector = Sequence[float | int] | np.ndarray


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole (or weak-perspective) camera. See the top of the file for axes, pixels and depth."""

    width: int
    height: int
    focal: float  # pixels; for weak perspective pixels a metre
    rotation: Float64[np.ndarray, "3 3"]
    translation: Float64[np.ndarray, "3"]
    centre: tuple[float, float] | None = None  # of projection, in pixels; the picture's middle by default
    perspective: bool = True
    near: float = 0.01  # metres; triangles that reach nearer are left out
    far: float = 100.0

    def __post_init__(self) -> None:
        rotation = np.array(self.rotation, dtype=np.float64)
        translation = np.array(self.translation, dtype=np.float64)
        if rotation.shape != (3, 3) or translation.shape != (3,):
            raise InputError(
                f"camera has rotation {rotation.shape} and translation {translation.shape}, "
                "expected (3, 3) and (3,)"
            )
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5) or np.linalg.det(rotation) < 0:
            raise InputError("camera rotation is not a rotation matrix (orthonormal, determinant +1)")
        if not np.isfinite(translation).all():
            raise InputError("camera translation has NaN or infinite values")
        if not (1 <= self.width <= 16_384 and 1 <= self.height <= 16_384):
            raise InputError(f"picture is {self.width} × {self.height}, expected 1 to 16384 pixels a side")
        if not (math.isfinite(self.focal) and self.focal > 0):
            raise InputError(f"focal is {self.focal}, expected a positive number of pixels")
        if not 0 < self.near < self.far:
            raise InputError(f"near {self.near} and far {self.far}: expected 0 < near < far, in metres")
        rotation.flags.writeable = translation.flags.writeable = False
        centre = self.centre or (self.width / 2, self.height / 2)
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation", translation)
        object.__setattr__(self, "centre", (float(centre[0]), float(centre[1])))

    @property
    def principal_point(self) -> tuple[float, float]:
        """Where the view axis meets the picture, in pixels."""
        assert self.centre is not None
        return self.centre

    @property
    def position(self) -> Float64[np.ndarray, "3"]:
        """The eye in the world (weak perspective: a point on the plane of depth 0)."""
        return -self.rotation.T @ self.translation

    @property
    def field_of_view(self) -> float:
        """Vertical, in radians; 0 for weak perspective."""
        return 2 * math.atan(self.height / 2 / self.focal) if self.perspective else 0.0

    @property
    def intrinsics(self) -> Float64[np.ndarray, "3 3"]:
        """K of `pixel = K · x_camera / z`."""
        cx, cy = self.principal_point
        return np.array([[self.focal, 0, cx], [0, self.focal, cy], [0, 0, 1]])

    @property
    def opengl_pose(self) -> Float64[np.ndarray, "4 4"]:
        """Camera to world with OpenGL's camera axes (y up, looking along −z): for pyrender, glTF, Blender."""
        pose = np.eye(4)
        pose[:3, :3] = self.rotation.T @ np.diag([1.0, -1.0, -1.0])
        pose[:3, 3] = self.position
        return pose

    def to_camera(self, points: Float[np.ndarray, "*n 3"]) -> Float64[np.ndarray, "*n 3"]:
        """World to camera axes."""
        return points.astype(np.float64) @ self.rotation.T + self.translation

    def project(
        self, points: Float[np.ndarray, "*n 3"]
    ) -> tuple[Float64[np.ndarray, "*n 2"], Float64[np.ndarray, "*n"]]:
        """Pixels and depth. Points at depth 0 or behind a perspective camera have no meaningful pixel."""
        local = self.to_camera(points)
        depth = local[..., 2]
        scale = self.focal / depth if self.perspective else np.full_like(depth, self.focal)
        return local[..., :2] * scale[..., None] + np.array(self.principal_point), depth

    def resized(self, width: int, height: int) -> "Camera":
        """The same view in another number of pixels: the whole old picture stays visible."""
        scale = min(width / self.width, height / self.height)
        cx, cy = self.principal_point
        centre = (
            (cx - self.width / 2) * scale + width / 2,
            (cy - self.height / 2) * scale + height / 2,
        )
        return replace(self, width=width, height=height, focal=self.focal * scale, centre=centre)


def look_at(
    position: Vector, target: Vector, up: Vector = UP
) -> tuple[Float64[np.ndarray, "3 3"], Float64[np.ndarray, "3"]]:
    """Rotation and translation of a camera at `position` that looks at `target`."""
    eye = np.asarray(position, np.float64)
    forward = np.asarray(target, np.float64) - eye
    length = np.linalg.norm(forward)
    if not length > 1e-12:
        raise InputError("camera position and target are the same point")
    forward /= length
    right = np.cross(forward, np.asarray(up, np.float64))
    if np.linalg.norm(right) < 1e-9:
        raise InputError("camera looks along its up direction; give another `up`")
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    return rotation, -rotation @ eye


def perspective(
    position: Vector,
    target: Vector,
    width: int = 512,
    height: int = 512,
    field_of_view: float = FIELD_OF_VIEW,
    up: Vector = UP,
) -> Camera:
    """A perspective camera; `field_of_view` is vertical, in radians."""
    if not 1e-4 < field_of_view < math.pi - 1e-3:
        raise InputError(f"field of view is {field_of_view}, expected radians between 0 and π")
    rotation, translation = look_at(position, target, up)
    return Camera(width, height, height / 2 / math.tan(field_of_view / 2), rotation, translation)


def weak_perspective(
    position: Vector,
    target: Vector,
    width: int = 512,
    height: int = 512,
    view_height: float = 0.4,
    up: Vector = UP,
) -> Camera:
    """An orthographic camera that shows `view_height` metres from top to bottom."""
    if not view_height > 0:
        raise InputError(f"view height is {view_height}, expected metres greater than 0")
    rotation, translation = look_at(position, target, up)
    return Camera(width, height, height / view_height, rotation, translation, perspective=False)


def frame_head(
    vertices: Float[np.ndarray, "*n 3"],
    view: str | tuple[float, float] = "front",
    width: int = 512,
    height: int = 512,
    field_of_view: float = FIELD_OF_VIEW,
    margin: float = 0.06,
    orthographic: bool = False,
) -> Camera:
    """The camera that holds all of `vertices` (one head, a clip, or the corners of a box) in the picture.

    `view` is a name in `VIEWS` or (yaw toward the subject's left, pitch upwards) in radians. `margin` is
    the free part of the picture on each side.
    """
    points = np.asarray(vertices, np.float64).reshape(-1, 3)
    if not len(points) or not np.isfinite(points).all():
        raise InputError("nothing to frame: expected finite vertices of shape (…, 3)")
    if isinstance(view, str):
        if view not in VIEWS:
            raise UnknownNameError("view", view, VIEWS)
        yaw, pitch = (math.radians(angle) for angle in VIEWS[view])
    else:
        yaw, pitch = view
    if not 0 <= margin < 0.5:
        raise InputError(f"margin is {margin}, expected a part of the picture from 0 to below 0.5")
    middle = (points.min(0) + points.max(0)) / 2
    away = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
    rotation, _ = look_at(middle + away, middle)
    x, y, z = ((points - middle) @ rotation.T).T
    inside = 1 - 2 * margin
    extent = max(float(np.ptp(z)), 1e-3)
    if orthographic:
        focal = inside * min(width / max(np.ptp(x), 1e-6), height / max(np.ptp(y), 1e-6))
        shift = np.array([-(x.min() + x.max()) / 2, -(y.min() + y.max()) / 2, 2 * extent])
        return Camera(width, height, focal, rotation, shift - rotation @ middle, perspective=False)

    # |x + sx| ≤ t·(z + d) on both sides: the smallest distance d and the shift s solve it exactly.
    focal = height / 2 / math.tan(field_of_view / 2)
    distance, shifts = 0.0, []
    for value, half in ((x, width / 2), (y, height / 2)):
        slope = inside * half / focal
        plus, minus = (value - slope * z).max(), (-value - slope * z).max()
        distance = max(distance, (plus + minus) / 2 / slope)
        shifts.append((minus - plus) / 2)
    distance = max(distance, 0.02 - z.min())
    translation = np.array([*shifts, distance]) - rotation @ middle
    return Camera(width, height, focal, rotation, translation)
