"""Which points of a head are compared with a tracker's landmarks, and how far each is trusted.

A landmark is a MediaPipe number. The outline of the jaw is no set of fixed points of the skin: it is where
the cheek turns away from the camera, and moves over the skin with the head. It is compared as a line.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..conventions import LEFT_EYE, MILLIMETRES, RIGHT_EYE
from ..errors import FormatError, InputError
from ..head import Head
from ..head.embeddings import CONTOUR_POINTS
from ..head.model import Landmarks
from .habits import TABLE, Habits, habits_of
from .observed import Observed, face_size
from .points import FacePoints, face_points
from .unknowns import Layout

N_TRACKED = 478  # landmarks with irises
RIGHT_IRIS, LEFT_IRIS = 468, 473  # their centres
# The jaw's edge from the subject's right ear over the chin to the left one.
OUTLINE = (
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
)  # fmt: skip
FOREHEAD_EDGE = (10, 338, 297, 332, 284, 251, 389, 356, 127, 162, 21, 54, 103, 67, 109)
IRIS_REACH = 1.5  # mm behind the foremost vertex of an eyeball that still is iris, where no region tells
NEEDED = ("mediapipe", "contour")
# Real faces are further from the head than its own renders are: by so much less landmarks are trusted.
CAUTION = 3.0
CAUTION_OUTLINE = 2.0
CAUTION_IRIS = 1.0  # an iris is a disc; nothing else says where an eye looks
FACE_SIZE = 50.0  # mm: the size (`face_size`) of the mean face
TRUST = 0.02  # a landmark is off by about this part of the face's size
TRUST_IRIS = 0.012
TRUST_OUTLINE = 0.04


@dataclass(frozen=True, eq=False)
class Marks:
    """Points of one head and the landmarks they are compared with."""

    ids: tuple[int, ...]
    points: FacePoints
    sigma: Float[Tensor, "n"]  # parts of the face's size
    outline: FacePoints  # the rows of the moving contour, one after the other
    outline_ids: tuple[int, ...]
    outline_sigma: Float[Tensor, "m"]
    # by which the tracker's outline lies outside the head's: a constant, and by rotation − identity
    outline_shift: Float[Tensor, "m 10"]
    habits: Float[Tensor, "n 2 k"]  # errors that landmarks make together, one standard deviation each
    outline_habits: Float[Tensor, "m k"]  # outwards, by the same errors

    @property
    def layout(self) -> Layout:
        """What is solved for."""
        return Layout(self.points.n_shape, self.points.n_expression, self.habits.shape[-1])

    def observe(self, landmarks: Float[np.ndarray, "b 478 c"], found: np.ndarray | None = None) -> Observed:
        """A tracker's landmarks in pixels, sorted as the points are. Frames not `found` weigh nothing."""
        if landmarks.ndim != 3 or landmarks.shape[1] != N_TRACKED:
            raise InputError(f"landmarks have shape {landmarks.shape}, expected (frames, {N_TRACKED}, 2)")
        pixels = torch.from_numpy(np.asarray(landmarks[..., :2], np.float64))
        points, outline = pixels[:, list(self.ids)], pixels[:, list(self.outline_ids)]
        seen = torch.isfinite(points).all(-1)
        seen_outline = torch.isfinite(outline).all(-1)
        if found is not None:
            seen &= torch.from_numpy(np.asarray(found, bool))[:, None]
            seen_outline &= torch.from_numpy(np.asarray(found, bool))[:, None]
        weights = seen.double()
        return Observed(
            torch.where(seen[..., None], points, 0.0),
            weights,
            torch.where(seen_outline[..., None], outline, 0.0),
            seen_outline.double(),
            face_size(torch.where(seen[..., None], points, 0.0), weights),
        )


@lru_cache(maxsize=4)
def marks_of(head: Head) -> Marks:
    """The points of any head that has the landmark sets `mediapipe` and `contour`.

    Where the tracker's habits with this head are known (`habits.py`), the points are what it takes them for.
    """
    marks, habits = plain_marks(head), habits_of(head)
    return marks if habits is None else with_habits(marks, habits)


def with_habits(marks: Marks, habits: Habits) -> Marks:
    """Points, trust and common errors as they were measured."""
    if habits.ids != marks.ids or habits.answers.shape[-1] != 1 + marks.points.basis.shape[-1]:
        raise FormatError(
            TABLE, "is about other landmarks or coefficients: run `python -m scripts.calibrate_landmarks`"
        )
    answers = habits.answers / MILLIMETRES
    share = marks.points.share[..., None]
    base = marks.points.base + share * answers[..., 0]
    basis = marks.points.basis + share[..., None] * answers[..., 1:]
    turned = torch.tensor([1.0, -1.0], dtype=torch.float64)  # the picture's y points down
    caution = [CAUTION_IRIS if number in (RIGHT_IRIS, LEFT_IRIS) else CAUTION for number in marks.ids]
    return replace(
        marks,
        points=replace(marks.points, base=base, basis=basis),
        sigma=torch.tensor(caution, dtype=torch.float64) * habits.spread / FACE_SIZE,
        outline_sigma=CAUTION_OUTLINE * habits.outline_spread / FACE_SIZE,
        outline_shift=habits.outline / FACE_SIZE,
        habits=(habits.ways * turned).permute(1, 2, 0) / FACE_SIZE,
        outline_habits=habits.outline_ways.T / FACE_SIZE,
    )


def plain_marks(head: Head) -> Marks:
    """The head's own landmarks, all trusted alike."""
    missing = [name for name in NEEDED if name not in head.landmarks]
    if missing:
        raise InputError(
            f"head {head.name} has no landmarks '{missing[0]}': add them with "
            "`flametalk assets add landmarks FILE` (mediapipe_landmark_embedding.npz, landmark_embedding.npy)"
        )
    given = head.landmarks["mediapipe"]
    assert given.ids is not None
    keep = [i for i, number in enumerate(given.ids) if number not in OUTLINE]
    corners = head.faces[given.faces[keep].long()].long()
    parts = [_of_landmarks(corners, given.weights[keep])]
    ids = [given.ids[i] for i in keep]
    sigma = [TRUST * (3.0 if number in FOREHEAD_EDGE else 1.0) for number in ids]
    for number, side, joint in ((RIGHT_IRIS, "right", RIGHT_EYE), (LEFT_IRIS, "left", LEFT_EYE)):
        rim = _iris(head, side, joint)
        if rim is not None:
            parts.append((torch.full((1, len(rim)), 1.0 / len(rim), dtype=torch.float64), rim))
            ids.append(number)
            sigma.append(TRUST_IRIS)
    contour = head.landmarks["contour"]
    flat = Landmarks(contour.faces.reshape(-1), contour.weights.reshape(-1, 3))
    outline = _of_landmarks(head.faces[flat.faces.long()].long(), flat.weights)
    return Marks(
        ids=tuple(ids),
        points=_joined(head, parts),
        sigma=torch.tensor(sigma, dtype=torch.float64),
        outline=_joined(head, [outline]),
        outline_ids=OUTLINE,
        outline_sigma=torch.full((len(OUTLINE),), TRUST_OUTLINE, dtype=torch.float64),
        outline_shift=torch.zeros(len(OUTLINE), 10, dtype=torch.float64),
        habits=torch.zeros(len(ids), 2, 0, dtype=torch.float64),
        outline_habits=torch.zeros(len(OUTLINE), 0, dtype=torch.float64),
    )


def outline_rows(rows: Int[Tensor, "b"]) -> Int[Tensor, "b 17"]:
    """Numbers of the outline's points that belong to a row of the contour."""
    return rows[:, None] * CONTOUR_POINTS + torch.arange(CONTOUR_POINTS)


def _of_landmarks(corners: Int[Tensor, "n 3"], weights: Float[Tensor, "n 3"]) -> tuple[Tensor, Tensor]:
    vertices, where = corners.unique(return_inverse=True)
    matrix = torch.zeros(len(corners), len(vertices), dtype=torch.float64)
    matrix.scatter_add_(1, where, weights.double())
    return matrix, vertices


def _iris(head: Head, side: str, joint: int) -> Int[Tensor, "r"] | None:
    """Vertices around the middle of the iris."""
    if f"{side}_iris_rim" in head.regions:
        return head.regions[f"{side}_iris_rim"].long()
    if f"{side}_eyeball" in head.regions:
        ball = head.regions[f"{side}_eyeball"].long()
    else:
        ball = torch.nonzero(head.skinning[:, joint] > 0.99)[:, 0]
    if not len(ball):
        return None
    front = head.template[ball, 2]
    return ball[front > front.max() - IRIS_REACH / MILLIMETRES]


def _joined(head: Head, parts: list[tuple[Tensor, Tensor]]) -> FacePoints:
    rows, columns = sum(len(m) for m, _ in parts), sum(len(v) for _, v in parts)
    matrix = torch.zeros(rows, columns, dtype=torch.float64)
    row = column = 0
    for weights, _ in parts:
        matrix[row : row + len(weights), column : column + weights.shape[1]] = weights
        row, column = row + len(weights), column + weights.shape[1]
    return face_points(head, matrix, torch.cat([v for _, v in parts]))
