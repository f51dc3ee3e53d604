"""What 478 landmarks say at a glance of a head's turn, its jaw and its eyes, learned on renders.

Fitting asks what face puts the landmarks there. A long chin and an open jaw, or a flat nose and a raised
head, put most of them alike, and what a tracker errs by hides the rest. How such faces look to the tracker
as a whole is learned instead, by `scripts/calibrate_landmarks.py`: ridge regression with a Gaussian kernel on
the shape that all landmarks make together, whatever its place, size and tilt in the picture. Fitting takes
its word as one more observation, with the error that it has on faces that it has not learned from. The
stranger a face is to it, the less it counts.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from ..errors import FormatError
from ..files import PathLike, read_safetensors, write_safetensors
from ..head import Head
from .observed import Told
from .projection import Lens
from .turning import left_jacobian
from .unknowns import GAZE, HEAD, JAW, N_ANGLES

TABLE = Path(__file__).with_name("reader_builtin.safetensors")
TABLE_MAX_BYTES = 8 * 2**20
LAYOUT = "flametalk-landmark-reader-1"
SHAPES = {  # as in `Reader`
    "mean": "float 478 2",
    "middle": "float 956",
    "directions": "float k 956",
    "scales": "float k",
    "examples": "float m k",
    "weights": "float m 6",
    "rest": "float 6",
    "covariance": "float 6 6",
}
N_TOLD = 6  # turn of the head (3), jaw's opening, glance of both eyes down and to the subject's left
# Among renders variance grows as strangeness does; real faces are strange in more ways than those measure.
STRANGE = 2.0
# Fitting looks at the same landmarks again; what they have told of these angles is not to be told twice.
SURE = 4.0


@dataclass(frozen=True, eq=False)
class View:
    """Landmarks as one shape, and what was taken off: where, and how tilted, it lies in the picture."""

    shape: Float[np.ndarray, "b 956"]  # x right, then y up; of size 1
    tilt: Float[np.ndarray, "b"]  # radians, counter-clockwise
    middle: Float[np.ndarray, "b 2"]  # pixels


@dataclass(frozen=True, eq=False)
class Reader:
    """f = 956 coordinates, k directions in which their shape is looked at, m learned examples."""

    head: str
    mean: Float[np.ndarray, "478 2"]  # upright, of size 1
    middle: Float[np.ndarray, "f"]
    directions: Float[np.ndarray, "k f"]  # along which shapes vary by 1
    scales: Float[np.ndarray, "k"]  # of the kernel
    examples: Float[np.ndarray, "m k"]  # in the kernel's scales
    weights: Float[np.ndarray, "m 6"]
    rest: Float[np.ndarray, "6"]
    covariance: Float[np.ndarray, "6 6"]  # of what is told, on faces that were not learned from

    def read(self, view: View) -> tuple[Float[np.ndarray, "b 6"], Float[np.ndarray, "b"]]:
        """What is told of each face before its tilt and place, and how strange it is: 1 as a render is."""
        along = (view.shape - self.middle) @ self.directions.T
        near = kernel(along * self.scales, self.examples)
        return near @ self.weights + self.rest, (along**2).mean(1)


@lru_cache(maxsize=4)
def reader_of(head: Head) -> Reader | None:
    """The one that was learned for this head; None for any but the built-in one."""
    if not TABLE.is_file():
        return None
    reader = read_reader(TABLE)
    return reader if reader.head == head.name else None


def tell(reader: Reader, lens: Lens, landmarks: Float[np.ndarray, "b 478 c"]) -> Told:
    """The angles of frames as the reader sees them. NaN: no face, nothing is told."""
    seen = np.isfinite(landmarks[..., :2]).all((1, 2))
    angles = torch.zeros(len(landmarks), N_ANGLES, dtype=torch.float64)
    precision = torch.zeros(len(landmarks), N_ANGLES, N_ANGLES, dtype=torch.float64)
    if not seen.any():
        return Told(angles, precision)
    view = view_of(np.asarray(landmarks[seen], np.float64), reader.mean)
    said, strange = reader.read(view)
    focal = lens.focal.numpy()[seen] if isinstance(lens.focal, torch.Tensor) else lens.focal
    turn = towards(view.middle, focal, lens.centre) if lens.perspective else Rotation.identity(len(said))
    turn = turn * tilted(view.tilt) * Rotation.from_rotvec(said[:, :3])
    head, jaw, glance = torch.from_numpy(turn.as_rotvec()), torch.from_numpy(said[:, 3:4]), said[:, 4:]
    mine = torch.zeros(len(said), N_ANGLES, dtype=torch.float64)
    mine[:, HEAD], mine[:, JAW.start : JAW.start + 1] = head, jaw
    mine[:, GAZE] = torch.from_numpy(np.tile(glance, 2))
    # from a frame's angles to what the covariance is about: turns about the head's own axes, the mean glance
    lines = torch.zeros(len(said), N_TOLD, N_ANGLES, dtype=torch.float64)
    lines[:, :3, HEAD] = left_jacobian(head).mT
    lines[:, 3, JAW.start] = 1.0
    lines[:, 4, [GAZE.start, GAZE.start + 2]] = lines[:, 5, [GAZE.start + 1, GAZE.start + 3]] = 0.5
    trust = torch.from_numpy(SURE * np.maximum(strange, 1.0) ** -STRANGE)[:, None, None]
    known = torch.linalg.inv(torch.from_numpy(reader.covariance))
    where = torch.from_numpy(seen)
    angles[where], precision[where] = mine, trust * (lines.mT @ known @ lines)
    return Told(angles, precision)


def view_of(landmarks: Float[np.ndarray, "b 478 c"], mean: Float[np.ndarray, "478 2"]) -> View:
    """Landmarks moved, scaled and turned in the picture until they lie nearest to the mean."""
    middle = landmarks[..., :2].mean(1)
    away = (landmarks[..., :2] - middle[:, None]) * (1.0, -1.0)
    flat = away[..., 0] + 1j * away[..., 1]
    size = np.sqrt((np.abs(flat) ** 2).mean(1, keepdims=True)).clip(1e-9)
    tilt = np.angle((flat * (mean[:, 0] - 1j * mean[:, 1])).sum(1))
    upright = flat / size * np.exp(-1j * tilt)[:, None]
    return View(np.concatenate([upright.real, upright.imag], 1), tilt, middle)


def kernel(points: Float[np.ndarray, "b k"], examples: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "b m"]:
    """exp(−½ distance²)"""
    squared = (points**2).sum(1)[:, None] + (examples**2).sum(1) - 2 * points @ examples.T
    return np.exp(-0.5 * squared.clip(0))


def tilted(angle: Float[np.ndarray, "b"]) -> Rotation:
    """Turns in the picture."""
    return Rotation.from_rotvec(angle[:, None] * np.array([0.0, 0.0, 1.0]))


def towards(
    middle: Float[np.ndarray, "b 2"], focal: float | np.ndarray, centre: tuple[float, float]
) -> Rotation:
    """Turns a head that faces along +z towards the camera, which it sees at these pixels."""
    aside = (middle - centre) / np.reshape(focal, (-1, 1))
    to_camera = np.stack([-aside[:, 0], aside[:, 1], np.ones(len(aside))], 1)
    to_camera /= np.linalg.norm(to_camera, axis=1, keepdims=True)
    axis = np.cross((0.0, 0.0, 1.0), to_camera)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    return Rotation.from_rotvec(axis / sine.clip(1e-12) * np.arcsin(sine.clip(0, 1)))


def write_reader(reader: Reader, path: PathLike, story: dict[str, str]) -> None:
    half = ("directions", "examples")
    tensors = {
        name: torch.from_numpy(getattr(reader, name)).to(torch.float16 if name in half else torch.float32)
        for name in SHAPES
    }
    tensors = {name: value.contiguous() for name, value in tensors.items()}
    write_safetensors(path, tensors, {"layout": LAYOUT, "head": reader.head, **story})


def read_reader(path: PathLike) -> Reader:
    parts, told = read_safetensors(path, "a table of what landmarks tell", TABLE_MAX_BYTES, LAYOUT, SHAPES)
    parts = {name: part.astype(np.float64) for name, part in parts.items()}
    if np.linalg.eigvalsh(parts["covariance"]).min() <= 0:
        problem = "not a table of what landmarks tell: not positive definite"
        raise FormatError(path, problem, "covariance")
    return Reader(told.get("head", ""), **parts)
