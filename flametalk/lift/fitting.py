"""Landmarks of a photo or a video become coefficients: one person, every frame."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..conventions import FPS, JAW_JOINT, LEFT_EYE, N_JOINTS, RIGHT_EYE, ROOT
from ..errors import InputError
from ..head import Head
from .marks import LEFT_IRIS, RIGHT_IRIS, marks_of
from .observed import Observed
from .points import place
from .prior import prior_of
from .projection import Lens, project
from .reader import reader_of, tell
from .residuals import Problem
from .smooth import smooth_frames
from .solver import fit_frames, fit_people
from .start import first_guess
from .unknowns import GAZE, Layout, joint_rotations

FOCAL = 2.0  # of the longer side of the picture, where nobody tells
KEY_FRAMES = 16  # frames that decide on the person
FIRST_STEPS = 6  # with the mean face
CHUNK = 64  # frames solved side by side
FILL = 1.0  # seconds without a face that are interpolated; the middle of a longer pause is held


@dataclass(frozen=True, eq=False)
class Fit:
    """Numbers of the frames and of the person; see `unknowns.py`."""

    problem: Problem
    frames: Float[Tensor, "t x"]
    shared: Float[Tensor, "1 y"]
    found: Bool[np.ndarray, "t"]
    error: Float[np.ndarray, "t"]  # pixels
    eye_distance: Float[np.ndarray, "t"]

    @property
    def focal(self) -> float:
        return float(self.problem.lens.focal * self.shared[0, -1].exp())

    def part(self, name: str) -> np.ndarray:
        """`expression`, `head`, `jaw`, `gaze` or `place` of every frame."""
        return self.frames[:, getattr(self.problem.layout, name)].numpy()

    @property
    def shape(self) -> np.ndarray:
        return self.shared[0, self.problem.layout.shape].numpy()


def fit_landmarks(
    landmarks: Float[np.ndarray, "t 478 c"],
    size: tuple[int, int],
    head: Head,
    fps: float = FPS,
    focal: float | None = None,
    perspective: bool = True,
    smooth: bool = True,
) -> Fit:
    """MediaPipe landmarks of one person in pixels of pictures of `size` (width, height); NaN: no face.

    `focal` in pixels where the camera is known; else a guess that the fit may change.
    """
    found = np.isfinite(landmarks).all((1, 2))
    if not found.any():
        raise InputError("no face was found in any frame: a face that looks towards the camera is needed")
    marks = marks_of(head)
    layout = marks.layout
    lens = Lens(focal or FOCAL * max(size), (size[0] / 2, size[1] / 2), perspective)
    known = focal is not None or not perspective
    problem = Problem(marks, layout, lens, prior_of(head, layout, known))
    look = _look(problem, head, landmarks)
    rows = torch.from_numpy(np.flatnonzero(found))
    keys = rows[torch.linspace(0, len(rows) - 1, min(KEY_FRAMES, len(rows))).round().long()]
    shared = torch.zeros(1, layout.shared, dtype=torch.float64)
    seen = look(keys)
    start = fit_frames(problem, seen, first_guess(problem, seen), shared, FIRST_STEPS)
    _, shared = fit_people(problem, seen, start, shared, torch.zeros(len(keys), dtype=torch.long))
    frames = problem.prior.rest.repeat(len(landmarks), 1)
    for part in rows.split(CHUNK):
        seen = look(part)
        frames[part] = fit_frames(problem, seen, first_guess(problem, seen), shared)
    if smooth and len(rows) > 2:
        links = torch.cat([torch.tensor([False]), rows[1:] == rows[:-1] + 1])
        frames[rows] = smooth_frames(problem, lambda part: look(rows[part]), frames[rows], shared, links, fps)
    error, eyes = _errors(problem, look, frames, shared, landmarks)
    return Fit(problem, fill(frames, found, fps), shared, found, error, eyes)


def fill(frames: Float[Tensor, "t x"], found: Bool[np.ndarray, "t"], fps: float) -> Float[Tensor, "t x"]:
    """Frames without a face from their neighbours: a straight line, or in long pauses the nearer one held."""
    known = np.flatnonzero(found)
    places = np.arange(len(found), dtype=np.float64)
    for low, high in pairwise(known):
        if high - low > FILL * fps:  # half the limit on either side moves, the rest is held
            half = FILL * fps / 2
            inside = np.arange(low + 1, high)
            middle = (low + high) / 2
            places[inside] = np.clip((inside - middle) / (2 * half) + 0.5, 0, 1) * (high - low) + low
    values = np.stack([np.interp(places, known, column[known]) for column in frames.numpy().T], 1)
    return torch.from_numpy(values)


def pose_of(fit: Fit) -> Float[Tensor, "t 5 3"]:
    """Axis-angle of the five joints."""
    return pose_of_rows(fit.problem.layout, fit.frames)


def pose_of_rows(layout: Layout, frames: Float[Tensor, "b x"]) -> Float[Tensor, "b 5 3"]:
    """The same of any rows."""
    pose = torch.zeros(len(frames), N_JOINTS, 3, dtype=frames.dtype)
    pose[:, ROOT], pose[:, JAW_JOINT] = frames[:, layout.head], frames[:, layout.jaw]
    gaze = frames[:, layout.angles][:, GAZE]
    pose[:, LEFT_EYE, :2], pose[:, RIGHT_EYE, :2] = gaze[:, :2], gaze[:, 2:]
    return pose


def fit_people_of(
    landmarks: Float[np.ndarray, "b 478 c"],
    size: tuple[int, int],
    head: Head,
    focal: Float[np.ndarray, "b"],
    known: bool = False,
) -> tuple[Layout, Float[Tensor, "b x"], Float[Tensor, "b y"]]:
    """Many photos of one size at once, each of another person: layout, rows of the photos, rows of people."""
    marks = marks_of(head)
    layout = marks.layout
    lens = Lens(torch.from_numpy(np.asarray(focal, np.float64)), (size[0] / 2, size[1] / 2))
    problem = Problem(marks, layout, lens, prior_of(head, layout, known))
    seen = _look(problem, head, landmarks)(slice(None))
    people = torch.zeros(len(landmarks), layout.shared, dtype=torch.float64)
    frames = fit_frames(problem, seen, first_guess(problem, seen), people, FIRST_STEPS)
    return layout, *fit_people(problem, seen, frames, people, torch.arange(len(landmarks)))


def _look(problem: Problem, head: Head, landmarks: np.ndarray) -> Callable[[Tensor | slice], Observed]:
    """What is seen in some of the frames: asked for when needed, as it takes more room than the landmarks do.

    With what the landmarks tell at a glance, where that was learned for this head.
    """
    reader = reader_of(head)

    def look(rows: Tensor | slice) -> Observed:
        part = landmarks[rows if isinstance(rows, slice) else rows.numpy()]
        seen = problem.marks.observe(part, np.isfinite(part).all((1, 2)))
        return seen if reader is None else replace(seen, told=tell(reader, problem.lens, part))

    return look


def _errors(
    problem: Problem,
    look: Callable[[Tensor], Observed],
    frames: Tensor,
    shared: Tensor,
    landmarks: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean distance of the landmarks and of the pupils, in pixels."""
    layout, error = problem.layout, []
    for part in torch.arange(len(frames)).split(CHUNK):
        rows, seen = frames[part], look(part)
        coefficients = torch.cat(
            [shared[:, layout.shape].expand(len(rows), -1), rows[:, layout.expression]], -1
        )
        points = place(problem.marks.points, coefficients, joint_rotations(rows[:, layout.angles]))
        pixels = project(problem.lens, points, rows[:, layout.place], shared[:, -1])[0]
        away = (pixels - seen.points).norm(dim=-1)  # with all that the tracker errs
        error.append(torch.where(seen.weights > 0, away, torch.nan).nanmean(1))
    eyes = np.linalg.norm(landmarks[:, LEFT_IRIS, :2] - landmarks[:, RIGHT_IRIS, :2], axis=-1)
    return torch.cat(error).numpy().astype(np.float32), eyes.astype(np.float32)
