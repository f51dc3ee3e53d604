"""Which points of a head are compared with a tracker's landmarks, and how far each is trusted.

A landmark is a MediaPipe number. The outline of the jaw is no set of fixed points of the skin: it is where
the cheek turns away from the camera, and moves over the skin with the head. It is compared as a line.
"""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..conventions import LEFT_EYE, MILLIMETRES, RIGHT_EYE
from ..errors import InputError
from ..files import existing_file
from ..head import Head
from ..head.embeddings import CONTOUR_POINTS
from ..head.model import Landmarks
from .observed import Observed, face_size
from .points import FacePoints, face_points

N_TRACKED = 478  # landmarks with irises
RIGHT_IRIS, LEFT_IRIS = 468, 473  # their centres
# The jaw's edge from the subject's right ear over the chin to the left one.
OUTLINE = (
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454,
)  # fmt: skip
FOREHEAD_EDGE = (10, 338, 297, 332, 284, 251, 389, 356, 127, 162, 21, 54, 103, 67, 109)
IRIS_REACH = 1.5  # mm behind the foremost vertex of an eyeball that still is iris, where no region tells
NEEDED = ("mediapipe", "contour")
TABLE = Path(__file__).with_name("landmarks_builtin.json")  # written by scripts/calibrate_landmarks.py
TABLE_MAX_BYTES = 2**20
# Real faces are further from the head than its own renders are: by so much less landmarks are trusted.
CAUTION = 2.5
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
    outline_shift: Float[Tensor, "m"]  # by which the tracker's outline lies outside the head's
    habits: Float[Tensor, "n 2 k"]  # errors that landmarks make together, one standard deviation each

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

    Where the tracker has another idea of a landmark than the built-in head, the point is shifted to it.
    """
    marks = plain_marks(head)
    table = json.loads(existing_file(TABLE, TABLE_MAX_BYTES).read_text()) if TABLE.is_file() else {}
    if table.get("head") != head.name:
        return marks
    zero = [0.0, 0.0, 0.0, TRUST * FACE_SIZE]
    rows = torch.tensor([table["points"].get(str(i), zero) for i in marks.ids], dtype=torch.float64)
    line = torch.tensor([table["outline"][str(i)] for i in marks.outline_ids], dtype=torch.float64)
    moved = marks.points.base + marks.points.share[..., None] * rows[:, :3] / MILLIMETRES
    return replace(
        marks,
        points=replace(marks.points, base=moved),
        sigma=CAUTION * rows[:, 3] / FACE_SIZE,
        outline_sigma=CAUTION * line[:, 1] / FACE_SIZE,
        outline_shift=line[:, 0] / FACE_SIZE,
        habits=_habits(table["habits"], marks.ids),
    )


def _habits(table: dict[str, list[list[float]]], ids: tuple[int, ...]) -> Float[Tensor, "n 2 k"]:
    """From millimetres, y up, to parts of the face's size in the picture, y down."""
    count = len(next(iter(table.values())))
    rows = torch.tensor([table.get(str(i), [[0.0, 0.0]] * count) for i in ids], dtype=torch.float64)
    return rows.mT * torch.tensor([[1.0], [-1.0]], dtype=torch.float64) / FACE_SIZE


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
        outline_shift=torch.zeros(len(OUTLINE), dtype=torch.float64),
        habits=torch.zeros(len(ids), 2, 0, dtype=torch.float64),
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
