"""A few points of a head, and how they answer to its coefficients: all that fitting needs of a mesh.

A point is a weighted sum of vertices. Blend shapes, pose correctives and skinning are linear in what they act
on, so the sum can be taken once, per joint, and no vertex is needed again: the result is exact.

Correctives may follow the root's turn, too. No head does so, but what a tracker takes for a landmark moves
over the skin with the side that it sees the face from (`habits.py`).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..conventions import N_EXPRESSION, N_JOINTS, N_SHAPE
from ..head import Head
from ..head.skinning import skinning_transforms
from .turning import joint_slopes

N_FEATURES = 9 * N_JOINTS  # rotation matrices minus identity, the root's before the others'


@dataclass(frozen=True, eq=False)
class FacePoints:
    """n points of one head in double precision. k = shape + expression + `N_FEATURES`."""

    base: Float[Tensor, "5 n 3"]  # at rest, times the weight of each joint
    basis: Float[Tensor, "5 n 3 k"]
    share: Float[Tensor, "5 n"]  # weight of each joint
    joints: Float[Tensor, "5 3"]  # at rest
    joint_basis: Float[Tensor, "c 15"]  # by shape and expression coefficient
    n_shape: int
    n_expression: int

    @property
    def count(self) -> int:
        return self.base.shape[1]


def face_points(head: Head, weights: Float[Tensor, "n u"], vertices: Int[Tensor, "u"]) -> FacePoints:
    """The points Σ weights · vertices. Of longer bases what `Clip` has room for: the first 100 and 50."""
    double = torch.float64
    weights = weights.to(double)
    skinning = head.skinning[vertices].to(double).T  # 5 u
    still = head.pose_basis.new_zeros(len(head.pose_basis), 3, 9)
    people, faces = head.shape_basis[..., :N_SHAPE], head.expression_basis[..., :N_EXPRESSION]
    bases = [people, faces, still, head.pose_basis]
    blend = torch.cat([basis[vertices].to(double) for basis in bases], -1)
    by_joint = weights[None] * skinning[:, None]  # 5 n u
    both = torch.cat([people, faces], -1).to(double)
    regressor = head.joint_regressor.to(double)
    return FacePoints(
        base=by_joint @ head.template[vertices].to(double),
        basis=torch.einsum("jnu,uck->jnck", by_joint, blend),
        share=by_joint.sum(-1),
        joints=regressor @ head.template.to(double),
        joint_basis=torch.einsum("jv,vck->kjc", regressor, both).flatten(1),
        n_shape=people.shape[-1],
        n_expression=faces.shape[-1],
    )


@dataclass(frozen=True, eq=False)
class Rest:
    """Points before they are posed: what does not change while angles do."""

    local: Float[Tensor, "b 5 m 3"]  # shaped, times the weight of each joint
    correctives: Float[Tensor, "5 *b m 3 45"]
    share: Float[Tensor, "#b 5 m"]
    joints: Float[Tensor, "b 5 3"]


def at_rest(
    points: FacePoints, coefficients: Float[Tensor, "b c"], rows: Int[Tensor, "b m"] | None = None
) -> Rest:
    """Shaped points. `coefficients` are shape and expression; `rows` picks points by frame."""
    joints = points.joints + (coefficients @ points.joint_basis).unflatten(-1, (N_JOINTS, 3))
    blends, correctives = points.basis[..., :-N_FEATURES], points.basis[..., -N_FEATURES:]
    if rows is None:
        flat = blends.reshape(-1, blends.shape[-1])
        local = points.base + (coefficients @ flat.T).unflatten(-1, points.base.shape)
        return Rest(local, correctives, points.share[None], joints)
    mixed = blends[:, rows] @ coefficients[:, None, :, None]  # 5 b m 3 1
    local = (mixed[..., 0] + points.base[:, rows]).transpose(0, 1)
    return Rest(local, correctives[:, rows], points.share[:, rows].transpose(0, 1), joints)


def posed(rest: Rest, rotations: Float[Tensor, "b 5 3 3"]) -> Float[Tensor, "b m 3"]:
    """The points where the joints put them."""
    transforms = skinning_transforms(rotations, rest.joints)
    return _weighted(rest, _features(rotations)) @ transforms.mT.flatten(1, 2)


def by_angle(
    rest: Rest, angles: Float[Tensor, "b 10"], rotations: Float[Tensor, "b 5 3 3"]
) -> Float[Tensor, "b m 3 10"]:
    """Derivatives of `posed` by the ten angles of a frame, of which `rotations` are made."""
    transforms, features = skinning_transforms(rotations, rest.joints), _features(rotations)
    slopes, by_rotation = joint_slopes(angles, rotations, transforms, rest.joints)
    columns = slopes.permute(0, 2, 4, 3, 1).flatten(1, 2).flatten(2)  # b (j 4) (3 a)
    moved = (_weighted(rest, features) @ columns).unflatten(-1, (3, -1))
    turns = transforms[..., :3].transpose(1, 2).flatten(2)  # b 3 (j 3)
    if rest.correctives.ndim == 4:
        flat = rest.correctives.transpose(1, 2).flatten(0, 1).flatten(1)  # (j 3) (m k)
    else:
        flat = rest.correctives.permute(1, 0, 3, 2, 4).flatten(1, 2).flatten(2)  # b (j 3) (m k)
    turned = (turns @ flat).unflatten(-1, (-1, N_FEATURES)).transpose(1, 2)  # b m 3 k
    return moved + turned @ by_rotation.flatten(2).mT[:, None]


def _features(rotations: Float[Tensor, "b 5 3 3"]) -> Float[Tensor, "b k"]:
    return (rotations - torch.eye(3, dtype=rotations.dtype)).flatten(1)


def _weighted(rest: Rest, features: Float[Tensor, "b k"]) -> Float[Tensor, "b m 20"]:
    """Before they are turned, for each joint its part of the point, and its weight."""
    if rest.correctives.ndim == 4:
        flat = rest.correctives.reshape(-1, N_FEATURES)
        added = (features @ flat.T).unflatten(-1, rest.correctives.shape[:-1])
    else:
        added = (rest.correctives @ features[:, None, :, None])[..., 0].transpose(0, 1)
    local = rest.local + added  # b 5 m 3
    share = rest.share.expand(len(local), -1, -1)
    return torch.cat([local, share[..., None]], -1).transpose(1, 2).flatten(2)


def place(
    points: FacePoints,
    coefficients: Float[Tensor, "b c"],
    rotations: Float[Tensor, "b 5 3 3"],
    rows: Int[Tensor, "b m"] | None = None,
) -> Float[Tensor, "b m 3"]:
    """Where the points are."""
    return posed(at_rest(points, coefficients, rows), rotations)


def by_coefficient(
    points: FacePoints,
    rotations: Float[Tensor, "b 5 3 3"],
    joints: Float[Tensor, "b 5 3"],
    rows: Int[Tensor, "b m"] | None = None,
    start: int = 0,
) -> Float[Tensor, "b m 3 d"]:
    """Derivatives of the points by the coefficients from number `start` on; exact, as they are linear."""
    used, batch = slice(start, points.n_shape + points.n_expression), len(rotations)
    turns = skinning_transforms(rotations, joints)[..., :3]
    flat = turns.transpose(1, 2).reshape(batch, 3, -1)  # b x (j y)
    if rows is None:
        basis = points.basis[..., used].transpose(1, 2).flatten(0, 1)  # (j y) m d
        slopes = (flat.flatten(0, 1) @ basis.flatten(1)).reshape(batch, 3, points.count, -1)
        share = points.share.T.expand(batch, -1, -1)
    else:
        basis = points.basis[..., used][:, rows].permute(1, 0, 3, 2, 4).flatten(1, 2)  # b (j y) m d
        slopes = (flat @ basis.flatten(2)).unflatten(-1, basis.shape[2:])
        share = points.share[:, rows].permute(1, 2, 0)
    # shifts of the transforms are linear in the places of the joints: one column for each of the 15 numbers
    units = torch.eye(3 * N_JOINTS, dtype=rotations.dtype).reshape(-1, N_JOINTS, 3)
    wide = rotations.repeat_interleave(len(units), 0)
    shifts = skinning_transforms(wide, units.repeat(batch, 1, 1))[..., 3].unflatten(0, (batch, -1))
    shifts = (shifts.permute(0, 2, 3, 1) @ points.joint_basis[used].T).flatten(2)  # b 5 (3 d)
    return slopes.transpose(1, 2) + (share @ shifts).unflatten(-1, (3, -1))
