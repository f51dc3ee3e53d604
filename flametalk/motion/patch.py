"""The part of a head that shows what a face does: its points, how parameters move them, and the gaps.

Parameters are rows of expression, jaw (3) and eyes (6). The head stays upright: turning it moves no face.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int
from torch import Tensor

from ..clip import Clip
from ..conventions import JAW_JOINT, LEFT_EYE, N_JOINTS, N_ROTATION, RIGHT_EYE
from ..errors import InputError
from ..head import Head
from ..head.skinning import skin, skinning_transforms
from ..rotations import matrix_from_axis_angle

LIP_PAIRS = ((61, 67), (62, 66), (63, 65))  # upper and lower inner lip among the 68 landmarks
LID_PAIRS = ((37, 41), (38, 40), (43, 47), (44, 46))  # upper and lower lid, right eye then left
N_JAW, N_EYES = N_ROTATION, 2 * N_ROTATION
JAW_STEP, SIDE_STEP, EYE_STEP = 0.15, 0.05, 0.2  # radians over which motion is taken as a straight line


@dataclass(frozen=True, eq=False)
class Patch:
    """Chosen vertices of a head with one identity."""

    head: Head
    shape: Float[Tensor, "1 s"]
    ids: Int[Tensor, "n"]

    @staticmethod
    def of(head: Head, shape: Float[np.ndarray, "s"], ids: Int[np.ndarray, "n"]) -> "Patch":
        """Of these vertices; shape coefficients that the head does not have must be zero."""
        used = np.array(shape[: head.n_shape], np.float32)
        return Patch(head, torch.from_numpy(used)[None].to(head.template), torch.from_numpy(ids))

    @property
    def n_parameters(self) -> int:
        return self.head.n_expression + N_JAW + N_EYES

    def points(self, parameters: Float[np.ndarray, "t p"]) -> Float32[np.ndarray, "t n 3"]:
        """Posed vertices, metres."""
        head, n = self.head, self.head.n_expression
        given = torch.from_numpy(np.ascontiguousarray(parameters, np.float32)).to(head.template)
        expression, turns = given[:, :n], given[:, n:]
        pose = given.new_zeros(len(given), N_JOINTS, N_ROTATION)
        pose[:, JAW_JOINT], pose[:, LEFT_EYE], pose[:, RIGHT_EYE] = turns.split(N_ROTATION, dim=1)
        rotations = matrix_from_axis_angle(pose)
        features = (rotations[:, 1:] - torch.eye(3).to(rotations)).flatten(1)
        rest, motion = self._bases
        moved = torch.addmm(rest, torch.cat([expression, features], 1), motion)
        transforms = skinning_transforms(rotations, head.joints(self.shape, expression))
        posed = skin(moved.unflatten(1, (-1, 3)), self._skinning, transforms)
        return posed.float().cpu().numpy()

    @cached_property
    def _skinning(self) -> Tensor:
        return self.head.skinning[self.ids]

    @cached_property
    def _bases(self) -> tuple[Tensor, Tensor]:
        head, ids = self.head, self.ids
        s = self.shape.shape[-1]
        rest = (head.template[ids] + head.shape_basis[ids][..., :s] @ self.shape[0]).reshape(1, -1)
        motion = torch.cat([head.expression_basis[ids], head.pose_basis[ids]], -1)
        return rest, motion.flatten(0, 1).T.contiguous()

    def jacobian(self) -> Float64[np.ndarray, "n 3 p"]:
        """What one unit of each parameter moves, near rest; the jaw's opening along its natural way."""
        columns = self.head.n_expression
        out = np.zeros((len(self.ids), 3, self.n_parameters))
        out[..., :columns] = self.head.expression_basis[self.ids].double().cpu().numpy()
        ahead = np.array([JAW_STEP, SIDE_STEP, SIDE_STEP, *[EYE_STEP] * N_EYES])
        behind = ahead * np.array([0, *[1] * (2 + N_EYES)])  # the jaw closes no further than at rest
        steps = np.zeros((2 * len(ahead), self.n_parameters))
        steps[: len(ahead), columns:], steps[len(ahead) :, columns:] = np.diag(ahead), -np.diag(behind)
        after, before = np.split(self.points(steps).astype(np.float64), 2)
        out[..., columns:] = np.moveaxis((after - before) / (ahead + behind)[:, None, None], 0, -1)
        return out


@dataclass(frozen=True, eq=False)
class Gaps:
    """Pairs of surface points whose distance the eye checks: lips first, then lids."""

    rows: Float32[np.ndarray, "g n"]  # upper minus lower, as combinations of a patch's points
    n_lips: int

    def of(self, points: Float[np.ndarray, "t n 3"]) -> Float64[np.ndarray, "t g 3"]:
        used = np.flatnonzero(self.rows.any(0))
        return np.einsum("gn,tnc->tgc", self.rows[:, used].astype(np.float64), points[:, used])


def gap_vertices(head: Head) -> Int[np.ndarray, "k"]:
    """The vertices that `gaps` needs in a patch."""
    if "ibug68" not in head.landmarks:
        return np.zeros(0, np.int64)
    marks = np.array(LIP_PAIRS + LID_PAIRS).ravel()
    corners = head.faces[head.landmarks["ibug68"].faces[marks].long()]
    return np.unique(corners.cpu().numpy()).astype(np.int64)


def gaps(head: Head, ids: Int[np.ndarray, "n"]) -> Gaps:
    """Lip and lid gaps on a patch of these vertices; none where the head has no landmarks."""
    if "ibug68" not in head.landmarks:
        return Gaps(np.zeros((0, len(ids)), np.float32), 0)
    marks = head.landmarks["ibug68"]
    place = {int(vertex): k for k, vertex in enumerate(ids)}
    rows = np.zeros((len(LIP_PAIRS) + len(LID_PAIRS), len(ids)), np.float32)
    for row, pair in zip(rows, LIP_PAIRS + LID_PAIRS, strict=True):
        for sign, mark in zip((1.0, -1.0), pair, strict=True):
            corners = head.faces[int(marks.faces[mark])].tolist()
            for corner, weight in zip(corners, marks.weights[mark].tolist(), strict=True):
                row[place[corner]] += sign * weight
    return Gaps(rows, len(LIP_PAIRS))


def face_vertices(head: Head) -> Int[np.ndarray, "n"]:
    """The skin of the face with the lips: the head's regions, or else what lies near its landmarks."""
    named = [head.regions[name] for name in ("face", "lips") if name in head.regions]
    if "face" in head.regions:
        return np.unique(torch.cat(named).cpu().numpy()).astype(np.int64)
    if "ibug68" not in head.landmarks:
        raise InputError(
            f"the head '{head.name}' names no face region and no landmarks, so its face cannot be found: "
            "`flametalk assets add masks FILE` or `flametalk assets add landmarks FILE`"
        )
    template = head.template.double().cpu().numpy()
    marks = head.landmark_points(head.template[None])[0].double().cpu().numpy()
    span = np.linalg.norm(marks.max(0) - marks.min(0))
    nearest = np.linalg.norm(template[:, None] - marks[None], axis=-1).min(1)
    in_front = template[:, 2] > marks[:, 2].min() - 0.05 * span
    return np.flatnonzero((nearest < 0.25 * span) & in_front & (head.skinning[:, 3:].sum(1) < 0.5).numpy())


def vertex_areas(points: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]) -> Float64[np.ndarray, "v"]:
    """A third of the triangles around each vertex, square metres."""
    a, b, c = (points[faces[:, k]].astype(np.float64) for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(faces.ravel(), np.repeat(area, 3), len(points))


def parameters_of(clip: Clip, n_expression: int) -> Float32[np.ndarray, "t p"]:
    """A clip's expression, jaw and eyes as a patch takes them."""
    if np.any(clip.expression[:, n_expression:]):
        raise InputError(f"the clip has more than the {n_expression} expression coefficients of its head")
    used = clip.expression[:, :n_expression]
    spare = np.zeros((clip.n_frames, n_expression - used.shape[1]), np.float32)
    eyes = np.zeros((clip.n_frames, N_EYES), np.float32) if clip.eyes is None else clip.eyes
    return np.concatenate([used, spare, clip.jaw, eyes], 1)
