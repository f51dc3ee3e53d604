"""The head: blend shapes, pose correctives and skinning as pure, differentiable functions.

    v_shaped = template + shape·S + expression·E
    joints   = regressor · v_shaped                      (shaped, not posed)
    v_posed  = v_shaped + (R_j − I for joints 1…4)·P     (row-major, 36 numbers)
    v        = Σ_j w_j · A_j · v_posed + translation     (A_j from the kinematic chain)

`reference.py` holds the same mathematics as plain loops; the tests compare the two.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..conventions import JOINT_PARENTS, N_JOINTS, ROOT
from ..errors import InputError, UnknownNameError
from ..rotations import matrix_from_axis_angle


@dataclass(frozen=True)
class Landmarks:
    """Points on the surface: a triangle and barycentric weights each."""

    faces: Int[Tensor, "*set n"]  # triangle indices
    weights: Float[Tensor, "*set n 3"]
    ids: tuple[int, ...] | None = None  # e.g. MediaPipe's numbers of the points


@dataclass(frozen=True)
class Action:
    """A named thing the face does (an action unit, a speech shape): what it adds at strength 1."""

    expression: Float[Tensor, "e"]
    jaw: Float[Tensor, "3"]  # axis-angle
    eyes: Float[Tensor, "6"]  # axis-angle, left then right


@dataclass(frozen=True, eq=False)
class Head:
    """A parametric head with FLAME's interface. Made by `Head.load`; all tensors share dtype and device."""

    name: str  # e.g. "builtin-1", "flame2020": clips and checkpoints name it
    template: Float[Tensor, "v 3"]
    faces: Int[Tensor, "f 3"]
    shape_basis: Float[Tensor, "v 3 s"]  # columns scaled to one standard deviation
    expression_basis: Float[Tensor, "v 3 e"]
    pose_basis: Float[Tensor, "v 3 36"]
    joint_regressor: Float[Tensor, "5 v"]
    skinning: Float[Tensor, "v 5"]
    uv: Float[Tensor, "t 2"] | None = None  # v up
    uv_faces: Int[Tensor, "f 3"] | None = None
    quads: Int[Tensor, "q 4"] | None = None  # export topology; −1 in the last column marks a triangle
    uv_quads: Int[Tensor, "q 4"] | None = None
    materials: Int[Tensor, "f"] | None = None  # index into material_names, per triangle
    occlusion: Float[Tensor, "v"] | None = None  # baked ambient light, 1 = open sky
    mirror: Int[Tensor, "v"] | None = None  # vertex at the mirrored place
    material_names: tuple[str, ...] = ()
    expression_names: tuple[str, ...] = ()
    shape_names: tuple[str, ...] = ()
    regions: dict[str, Int[Tensor, "n"]] = field(default_factory=dict)
    landmarks: dict[str, Landmarks] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)  # provenance and licence, for `flametalk info`

    @staticmethod
    def load(name: str | None = None) -> "Head":
        """The built-in head, or one added with `flametalk assets add`, by name or by path."""
        from .store import load_head

        return load_head(name)

    @property
    def n_vertices(self) -> int:
        return self.template.shape[0]

    @property
    def n_shape(self) -> int:
        return self.shape_basis.shape[-1]

    @property
    def n_expression(self) -> int:
        return self.expression_basis.shape[-1]

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> "Head":
        """The same head elsewhere or in another precision."""

        def move(value: Any) -> Any:
            if isinstance(value, Tensor):
                return value.to(device=device, dtype=dtype if value.is_floating_point() else None)
            if isinstance(value, Landmarks | Action):
                return replace(value, **{k: move(v) for k, v in vars(value).items()})
            if isinstance(value, dict):
                return {key: move(item) for key, item in value.items()}
            return value

        return replace(self, **{name: move(getattr(self, name)) for name in self.__dataclass_fields__})

    @cached_property
    def _blend_matrix(self) -> Float[Tensor, "k v3"]:
        """Shape, expression and pose bases as one matrix, so that a batch is one product."""
        bases = torch.cat([self.shape_basis, self.expression_basis, self.pose_basis], dim=-1)
        return bases.reshape(-1, bases.shape[-1]).T.contiguous()

    @cached_property
    def _joint_template(self) -> Float[Tensor, "5 3"]:
        return self.joint_regressor @ self.template

    @cached_property
    def _joint_basis(self) -> Float[Tensor, "k j3"]:
        """What each shape or expression coefficient adds to the joints."""
        bases = torch.cat([self.shape_basis, self.expression_basis], dim=-1)
        return torch.einsum("jv,vck->kjc", self.joint_regressor, bases).reshape(bases.shape[-1], -1)

    def joints(self, shape: Float[Tensor, "b s"], expression: Float[Tensor, "b e"]) -> Float[Tensor, "b 5 3"]:
        """Joint positions of the shaped, unposed head."""
        coefficients = torch.cat(
            [_fit(shape, self.n_shape, "shape"), _fit(expression, self.n_expression, "expression")], dim=-1
        )
        return self._joint_template + (coefficients @ self._joint_basis).reshape(-1, N_JOINTS, 3)

    def vertices(
        self,
        shape: Float[Tensor, "b s"],
        expression: Float[Tensor, "b e"],
        pose: Float[Tensor, "b 5 3"],
        translation: Float[Tensor, "b 3"] | None = None,
    ) -> Float[Tensor, "b v 3"]:
        """Posed vertices in metres. Fewer coefficients than the head has count as zeros."""
        return forward(self, shape, expression, pose, translation)

    def landmark_points(
        self, vertices: Float[Tensor, "b v 3"], name: str = "ibug68"
    ) -> Float[Tensor, "b n 3"]:
        """Named landmarks on posed vertices."""
        if name not in self.landmarks:
            raise UnknownNameError(f"landmark set of head {self.name}", name, self.landmarks)
        marks = self.landmarks[name]
        corners = vertices[:, self.faces[marks.faces].long()]
        return torch.einsum("bnkc,nk->bnc", corners, marks.weights)


def _fit(coefficients: Float[Tensor, "b n"], n: int, kind: str) -> Float[Tensor, "b m"]:
    """Pad with zeros up to what the head has; more non-zero coefficients than that is an error."""
    got = coefficients.shape[-1]
    if got == n:
        return coefficients
    if got < n:
        return torch.nn.functional.pad(coefficients, (0, n - got))
    if bool((coefficients[..., n:] != 0).any()):
        raise InputError(f"{got} {kind} coefficients, the head has {n}: give at most {n}")
    return coefficients[..., :n]


def forward(
    head: Head,
    shape: Float[Tensor, "b s"],
    expression: Float[Tensor, "b e"],
    pose: Float[Tensor, "b 5 3"],
    translation: Float[Tensor, "b 3"] | None = None,
) -> Float[Tensor, "b v 3"]:
    """The four lines at the top of this file. `pose` is axis-angle per joint; batch sizes of 1 broadcast."""
    batch = max(shape.shape[0], expression.shape[0], pose.shape[0])
    shape, expression, pose = (x.expand(batch, *x.shape[1:]) for x in (shape, expression, pose))
    shape = _fit(shape, head.n_shape, "shape")
    expression = _fit(expression, head.n_expression, "expression")

    rotations = matrix_from_axis_angle(pose)
    identity = torch.eye(3, dtype=pose.dtype, device=pose.device)
    features = (rotations[:, ROOT + 1 :] - identity).flatten(1)
    blend = torch.cat([shape, expression, features], dim=-1)
    posed = torch.addmm(head.template.reshape(1, -1), blend, head._blend_matrix)
    posed = posed.reshape(batch, head.n_vertices, 3)

    joints = head.joints(shape, expression)
    turn, shift = skinning_transforms(rotations, joints)
    matrices = torch.cat([turn, shift[..., None]], dim=-1)  # b 5 3 4
    mixed = (head.skinning @ matrices.flatten(2)).reshape(batch, head.n_vertices, 3, 4)
    vertices = torch.einsum("bvij,bvj->bvi", mixed[..., :3], posed) + mixed[..., 3]
    return vertices if translation is None else vertices + translation[:, None]


def skinning_transforms(
    rotations: Float[Tensor, "b 5 3 3"], joints: Float[Tensor, "b 5 3"]
) -> tuple[Float[Tensor, "b 5 3 3"], Float[Tensor, "b 5 3"]]:
    """World rotation of each joint, and the translation that keeps its rest position in place."""
    turns: list[Tensor] = []
    places: list[Tensor] = []
    for joint, parent in enumerate(JOINT_PARENTS):
        if parent < 0:
            turns.append(rotations[:, joint])
            places.append(joints[:, joint])
            continue
        offset = joints[:, joint] - joints[:, parent]
        turns.append(turns[parent] @ rotations[:, joint])
        places.append(torch.einsum("bij,bj->bi", turns[parent], offset) + places[parent])
    turn, place = torch.stack(turns, 1), torch.stack(places, 1)
    return turn, place - torch.einsum("bnij,bnj->bni", turn, joints)
