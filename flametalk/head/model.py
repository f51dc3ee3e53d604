"""The head: blend shapes, pose correctives and skinning as pure, differentiable functions.

    v_shaped = template + shape·S + expression·E
    joints   = regressor · v_shaped                      (shaped, not posed)
    v_posed  = v_shaped + (R_j − I for joints 1…4)·P     (row-major, 36 numbers)
    v        = Σ_j w_j · A_j · v_posed + translation     (A_j from the kinematic chain)

`reference.py` holds the same mathematics as plain loops; the tests compare the two.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..conventions import N_JOINTS, ROOT
from ..errors import InputError, UnknownNameError
from ..files import PathLike
from ..rotations import matrix_from_axis_angle
from .fused import SparseMotion, blend_and_skin, sparse_motion
from .skinning import skin, skinning_transforms

KERNEL_FROM = 300_000  # numbers from which the compiled kernel is faster than its first call is slow


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
    def load(name: PathLike | None = None) -> "Head":
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
    def _products(self) -> dict[tuple[str, int], Any]:
        """What `_once` made, by what it is and how many expression coefficients are in use."""
        return {}

    def _once(self, name: str, n: int, make: Callable[[], Any]) -> Any:
        """`make()`, kept for the next call.

        Products of a basis that is being learned are made anew: it changes, and they belong to one pass's
        graph. What is kept is made outside of inference mode, whose tensors no later gradient could pass.
        """
        if any(x.requires_grad for x in _tensors(self)):
            return make()
        if (name, n) not in self._products:
            with torch.inference_mode(False):
                self._products[name, n] = make()
        return self._products[name, n]

    def _motion_basis(self, n: int) -> Float[Tensor, "v3 k"]:
        """Expression and pose bases as one matrix, so that the motion of a batch is one matrix product."""

        def make() -> Tensor:
            return torch.cat([self.expression_basis[..., :n], self.pose_basis], dim=-1).flatten(0, 1)

        return self._once("motion", n, make)

    def _sparse_motion(self, n: int) -> SparseMotion:
        """The same without zeros, for the compiled kernel."""

        def make() -> SparseMotion:
            parts = (self.expression_basis[..., :n], self.pose_basis, self.skinning)
            expression, pose, skinning = (part.detach() for part in parts)
            return sparse_motion(torch.cat([expression, pose], dim=-1), skinning)

        return self._once("sparse motion", n, make)

    def _joint_template(self) -> Float[Tensor, "5 3"]:
        return self._once("joint template", 0, lambda: self.joint_regressor @ self.template)

    def _joint_basis(self) -> Float[Tensor, "k j3"]:
        """What each shape or expression coefficient adds to the joints."""

        def make() -> Tensor:
            bases = torch.cat([self.shape_basis, self.expression_basis], dim=-1)
            return torch.einsum("jv,vck->kjc", self.joint_regressor, bases).reshape(bases.shape[-1], -1)

        return self._once("joint basis", 0, make)

    def joints(
        self, shape: Float[Tensor, "#b s"], expression: Float[Tensor, "#b e"]
    ) -> Float[Tensor, "b 5 3"]:
        """Joint positions of the shaped, unposed head. Batch sizes of 1 broadcast."""
        shape, expression = _used(self, shape, expression)
        basis = self._joint_basis()
        by_shape = shape @ basis[: shape.shape[-1]]
        by_expression = expression @ basis[self.n_shape :][: expression.shape[-1]]
        return self._joint_template() + (by_shape + by_expression).unflatten(-1, (N_JOINTS, 3))

    def vertices(
        self,
        shape: Float[Tensor, "#b s"],
        expression: Float[Tensor, "#b e"],
        pose: Float[Tensor, "#b 5 3"],
        translation: Float[Tensor, "#b 3"] | None = None,
    ) -> Float[Tensor, "b v 3"]:
        """Posed vertices in metres. Fewer coefficients than the head has count as zeros.

        Batch sizes of 1 broadcast; a shape that stays the same over a clip is best given once.
        """
        return forward(self, shape, expression, pose, translation)

    def landmark_points(
        self, vertices: Float[Tensor, "b v 3"], name: str = "ibug68"
    ) -> Float[Tensor, "b n 3"]:
        """Named landmarks on posed vertices."""
        if name not in self.landmarks:
            raise UnknownNameError(f"landmark set of head {self.name}", name, self.landmarks)
        marks = self.landmarks[name]
        if marks.faces.ndim != 1:
            raise InputError(f"'{name}' has a row for each head rotation: use embeddings.contour_points")
        corners = vertices[:, self.faces[marks.faces].long()]
        return torch.einsum("bnkc,nk->bnc", corners, marks.weights)


def forward(
    head: Head,
    shape: Float[Tensor, "#b s"],
    expression: Float[Tensor, "#b e"],
    pose: Float[Tensor, "#b 5 3"],
    translation: Float[Tensor, "#b 3"] | None = None,
) -> Float[Tensor, "b v 3"]:
    """The four lines at the top of this file. `pose` is axis-angle per joint; batch sizes of 1 broadcast."""
    shape, expression = _used(head, shape, expression)
    inputs = [x for x in (shape, expression, pose, translation) if x is not None]
    batch = _batch(inputs)
    plain = not (torch.is_grad_enabled() and any(x.requires_grad for x in (*inputs, *_tensors(head))))
    if plain and len(shape) > 1 and bool((shape == shape[:1]).all()):
        shape = shape[:1]

    rotations = matrix_from_axis_angle(pose.to(head.template.dtype))
    identity = torch.eye(3, dtype=rotations.dtype, device=rotations.device)
    features = (rotations[:, ROOT + 1 :] - identity).flatten(1)
    motion = torch.cat([expression.expand(batch, -1), features.expand(batch, -1)], dim=-1)
    shaped = torch.addmm(
        head.template.reshape(1, -1), shape, head.shape_basis.flatten(0, 1)[:, : shape.shape[-1]].T
    )
    transforms = skinning_transforms(rotations, head.joints(shape, expression)).expand(batch, -1, -1, -1)
    if translation is not None:
        transforms = torch.cat([transforms[..., :3], transforms[..., 3:] + translation[:, None, :, None]], -1)
    if plain and shaped.device.type == "cpu" and batch * shaped.shape[1] >= KERNEL_FROM:
        sparse = head._sparse_motion(expression.shape[-1])
        return blend_and_skin(
            shaped.detach().unflatten(1, (-1, 3)), sparse, motion.detach(), transforms.detach()
        )
    posed = torch.addmm(shaped, motion, head._motion_basis(expression.shape[-1]).T)
    return skin(posed.reshape(batch, head.n_vertices, 3), head.skinning, transforms)


def _used(head: Head, shape: Tensor, expression: Tensor) -> tuple[Tensor, Tensor]:
    """The coefficients in the head's precision, cut to those it has; more non-zero ones are an error."""
    used = []
    for kind, given, n in (("shape", shape, head.n_shape), ("expression", expression, head.n_expression)):
        if given.shape[-1] > n and bool((given[..., n:] != 0).any()):
            raise InputError(f"{given.shape[-1]} {kind} coefficients, {head.name} has {n}: give at most {n}")
        used.append(given[..., :n].to(head.template.dtype))
    return used[0], used[1]


def _batch(inputs: list[Tensor]) -> int:
    """The size that all have, or 1. (torch.broadcast_shapes would load a compiler and algebra first.)"""
    sizes = [len(x) for x in inputs]
    batch = next((n for n in sizes if n != 1), 1)
    if any(n not in (1, batch) for n in sizes):
        raise InputError(f"batch sizes {sizes} do not fit together: give equal ones, or 1")
    return batch


def _tensors(head: Head) -> list[Tensor]:
    """What a gradient could be asked of."""
    return [
        head.template,
        head.shape_basis,
        head.expression_basis,
        head.pose_basis,
        head.joint_regressor,
        head.skinning,
    ]
