"""How `flametalk/lift/reader.py` learns: from rendered faces and the landmarks that a tracker found."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from flametalk.conventions import JAW_JOINT, LEFT_EYE, ROOT
from flametalk.head import Head
from flametalk.lift.fitting import FOCAL
from flametalk.lift.mirror import unmirrored
from flametalk.lift.reader import Reader, kernel, tilted, towards, view_of

from .lift_faces import SIZE, Face

DIRECTIONS = 300  # in which shapes vary most
EXAMPLES = 2000  # that are kept; all faces decide on their weights
REACH = 10.0  # of the kernel
FADE = 0.35  # directions in which shapes vary less count less: by (their share of the first) ** FADE
RIDGE = 0.002
FOLDS = 5  # in which faces are judged by what was learned from others
ROUNDS = 5  # of finding the mean


@dataclass(frozen=True, eq=False)
class Lesson:
    """Landmarks in pixels, and the truth."""

    landmarks: np.ndarray  # (b, 478, 2)
    turn: Rotation
    angles: np.ndarray  # (b, 3): jaw, glance down and to the subject's left
    focal: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Lesson":
        return Lesson(self.landmarks[rows], self.turn[rows], self.angles[rows], self.focal[rows])


def lesson_of(faces: list[Face], landmarks: np.ndarray) -> Lesson:
    """Every face, and all of them once more in a mirror."""
    pose = np.stack([face.pose for face in faces])
    turn, angles = pose[:, ROOT], np.stack([pose[:, JAW_JOINT, 0], *pose[:, LEFT_EYE, :2].T], 1)
    other = np.stack([unmirrored(np.pad(marks, ((0, 0), (0, 1))), SIZE)[:, :2] for marks in landmarks])
    focal = np.array([face.camera.focal for face in faces])
    return Lesson(
        np.concatenate([landmarks, other]).astype(np.float64),
        Rotation.from_rotvec(np.concatenate([turn, turn * (1.0, -1.0, -1.0)])),
        np.concatenate([angles, angles * (1.0, 1.0, -1.0)]),
        np.tile(focal, 2),
    )


def learn(head: Head, faces: list[Face], looks: list[np.ndarray]) -> tuple[Reader, np.ndarray]:
    """The reader, and what it errs by on faces that it did not learn from (b, 6).

    `looks`: landmarks of all faces (f, 478, 2), as the tracker gives them for a photo and for a video.
    """
    lesson = lesson_of(faces * len(looks), np.concatenate(looks))
    fold = np.tile(np.arange(len(faces)) % FOLDS, 2 * len(looks))
    mean = mean_shape(lesson.landmarks)
    view = view_of(lesson.landmarks, mean)
    upright = (towards(view.middle, lesson.focal, (SIZE / 2, SIZE / 2)) * tilted(view.tilt)).inv()
    wanted = np.concatenate([(upright * lesson.turn).as_rotvec(), lesson.angles], 1)
    middle, rest = view.shape.mean(0), wanted.mean(0)
    away = view.shape - middle
    variance, ways = np.linalg.eigh(away.T @ away / len(away))
    size, ways = variance[::-1][:DIRECTIONS] ** 0.5, ways[:, ::-1][:, :DIRECTIONS].T
    # what is stored is rounded; the weights are found for the rounded numbers
    directions = (ways / size[:, None]).astype(np.float16).astype(np.float64)
    scales = (size / size[0]) ** FADE / REACH
    points = away @ directions.T * scales
    chosen = np.linspace(0, len(points) - 1, min(EXAMPLES, len(points))).round().astype(int)
    examples = points[chosen].astype(np.float16).astype(np.float64)
    near = kernel(points, examples)
    always = RIDGE * kernel(examples, examples) + 1e-8 * np.eye(len(examples))
    squares = [near[fold == k].T @ near[fold == k] for k in range(FOLDS)]
    values = [near[fold == k].T @ (wanted[fold == k] - rest) for k in range(FOLDS)]

    def with_weights(left_out: int | None, covariance: np.ndarray) -> Reader:
        used = [k for k in range(FOLDS) if k != left_out]
        matrix, right = always + sum(squares[k] for k in used), sum(values[k] for k in used)
        weights = np.linalg.solve(matrix, right)
        return Reader(head.name, mean, middle, directions, scales, examples, weights, rest, covariance)

    wrong = np.zeros((len(fold), len(rest)))
    for k in range(FOLDS):
        wrong[fold == k] = errors(with_weights(k, np.eye(len(rest))), lesson[fold == k])
    return with_weights(None, wrong.T @ wrong / len(wrong)), wrong


def errors(reader: Reader, lesson: Lesson) -> np.ndarray:
    """By how much the turn is off, about the head's own axes, and the other angles; the lens is not told."""
    view = view_of(lesson.landmarks, reader.mean)
    said, _ = reader.read(view)
    turn = towards(view.middle, FOCAL * SIZE, (SIZE / 2, SIZE / 2)) * tilted(view.tilt)
    turn = turn * Rotation.from_rotvec(said[:, :3])
    return np.concatenate([(turn.inv() * lesson.turn).as_rotvec(), lesson.angles - said[:, 3:]], 1)


def mean_shape(landmarks: np.ndarray) -> np.ndarray:
    """The middle of all shapes, with the eyes level and size 1."""
    mean = np.zeros((478, 2))
    mean[:, 0] = 1.0
    first = view_of(landmarks[:1], mean).shape[0].reshape(2, -1).T
    mean = first
    for _ in range(ROUNDS):
        mean = view_of(landmarks, mean).shape.mean(0).reshape(2, -1).T
    flat = mean[:, 0] + 1j * mean[:, 1]
    flat = flat * np.exp(-1j * np.angle(flat[263] - flat[33]))  # the outer corners of the eyes
    flat /= np.sqrt((np.abs(flat) ** 2).mean())
    return np.stack([flat.real, flat.imag], 1)
