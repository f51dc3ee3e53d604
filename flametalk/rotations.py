"""Rotations: axis-angle, matrices, quaternions (w, x, y, z). Differentiable and safe at zero."""

import torch
from jaxtyping import Float
from torch import Tensor


def matrix_from_axis_angle(vector: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 3 3"]:
    """Rodrigues' formula; exact at zero, where the plain form divides by the angle."""
    squared = (vector * vector).sum(-1)[..., None, None]
    small = squared < 1e-8
    safe = torch.where(small, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    sinc = torch.where(small, 1 - squared / 6, angle.sin() / angle)
    cosc = torch.where(small, 0.5 - squared / 24, (1 - angle.cos()) / safe)
    k = cross_matrix(vector)
    identity = torch.eye(3, dtype=vector.dtype, device=vector.device)
    return identity + sinc * k + cosc * (k @ k)


def cross_matrix(vector: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 3 3"]:
    """[v]× such that [v]× w = v × w."""
    x, y, z = vector.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))


def quaternion_from_axis_angle(vector: Float[Tensor, "*b 3"]) -> Float[Tensor, "*b 4"]:
    squared = (vector * vector).sum(-1, keepdim=True)
    small = squared < 1e-8
    angle = torch.where(small, torch.ones_like(squared), squared).sqrt()
    half_sinc = torch.where(small, 0.5 - squared / 48, (angle / 2).sin() / angle)
    w = torch.where(small, 1 - squared / 8, (angle / 2).cos())
    return torch.cat([w, half_sinc * vector], -1)


def axis_angle_from_quaternion(quaternion: Float[Tensor, "*b 4"]) -> Float[Tensor, "*b 3"]:
    """The shorter way round: the angle is at most π."""
    quaternion = quaternion / quaternion.norm(dim=-1, keepdim=True)
    quaternion = torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    w, xyz = quaternion[..., :1], quaternion[..., 1:]
    squared = (xyz * xyz).sum(-1, keepdim=True)
    small = squared < 1e-12
    sine = torch.where(small, torch.ones_like(squared), squared).sqrt()
    scale = torch.where(small, 2 / w.clamp_min(0.5), 2 * torch.atan2(sine, w) / sine)
    return scale * xyz


def slerp(
    start: Float[Tensor, "*b 3"], end: Float[Tensor, "*b 3"], t: Float[Tensor, "*b 1"]
) -> Float[Tensor, "*b 3"]:
    """Axis-angle interpolation at constant angular speed; t = 0 gives `start`, t = 1 `end`."""
    a, b = quaternion_from_axis_angle(start), quaternion_from_axis_angle(end)
    dot = (a * b).sum(-1, keepdim=True)
    b, dot = torch.where(dot < 0, -b, b), dot.abs().clamp(max=1.0)
    close = dot > 1 - 1e-7
    angle = torch.where(close, torch.full_like(dot, 1.0), torch.acos(torch.where(close, dot * 0, dot)))
    u = torch.where(close, 1 - t, ((1 - t) * angle).sin() / angle.sin())
    v = torch.where(close, t, (t * angle).sin() / angle.sin())
    return axis_angle_from_quaternion(u * a + v * b)
