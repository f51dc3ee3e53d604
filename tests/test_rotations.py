"""Rotations: round trips, limits at zero and at half a turn, and SciPy as an independent witness."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from flametalk.rotations import (
    axis_angle_from_quaternion,
    cross_matrix,
    matrix_from_axis_angle,
    quaternion_from_axis_angle,
    slerp,
)

pytestmark = pytest.mark.core
F64 = torch.float64
COMPONENT = st.floats(-1.8, 1.8)  # lengths below π
VECTORS = st.tuples(COMPONENT, COMPONENT, COMPONENT).map(lambda v: torch.tensor(v, dtype=F64))
SMALL = [0.0, 1e-300, 1e-160, 1e-12, 1e-8, 0.99e-4, 1.01e-4, 1e-3, 0.1, 3.1]


@settings(deadline=None, max_examples=60)
@given(VECTORS)
def test_matrices_equal_scipys(vector: torch.Tensor) -> None:
    expected = Rotation.from_rotvec(vector.numpy()).as_matrix()
    np.testing.assert_allclose(matrix_from_axis_angle(vector).numpy(), expected, rtol=0, atol=1e-14)


@settings(deadline=None, max_examples=60)
@given(VECTORS)
def test_quaternions_equal_scipys(vector: torch.Tensor) -> None:
    got = quaternion_from_axis_angle(vector)
    xyzw = Rotation.from_rotvec(vector.numpy()).as_quat()
    expected = np.array([xyzw[3], *xyzw[:3]])
    np.testing.assert_allclose(
        got.numpy() * np.sign(got[0].item() or 1), expected * np.sign(expected[0] or 1), atol=1e-14
    )


@settings(deadline=None, max_examples=60)
@given(VECTORS.filter(lambda v: float(v.norm()) < 3.1))
def test_axis_angle_survives_quaternions(vector: torch.Tensor) -> None:
    back = axis_angle_from_quaternion(quaternion_from_axis_angle(vector))
    torch.testing.assert_close(back, vector, rtol=0, atol=1e-12)


@pytest.mark.parametrize("angle", SMALL)
def test_small_angles_are_exact(angle: float) -> None:
    axis = torch.tensor([2.0, -1.0, 2.0], dtype=F64) / 3
    vector = axis * angle
    expected = torch.from_numpy(Rotation.from_rotvec(vector.numpy()).as_matrix())
    torch.testing.assert_close(matrix_from_axis_angle(vector), expected, rtol=0, atol=3e-16)
    back = axis_angle_from_quaternion(quaternion_from_axis_angle(vector))
    torch.testing.assert_close(back, vector, rtol=1e-12, atol=0)


@pytest.mark.parametrize("angle", SMALL)
@pytest.mark.parametrize("function", [matrix_from_axis_angle, quaternion_from_axis_angle])
def test_derivatives_at_small_angles(function, angle: float) -> None:
    vector = (torch.tensor([2.0, -1.0, 2.0], dtype=F64) / 3 * angle).requires_grad_()
    assert torch.autograd.gradcheck(function, [vector])


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-7, 1e-5, 0.5, 3.0])
def test_derivatives_of_the_way_back(angle: float) -> None:
    axis = torch.tensor([2.0, -1.0, 2.0], dtype=F64) / 3
    quaternion = quaternion_from_axis_angle(axis * angle).requires_grad_()
    assert torch.autograd.gradcheck(axis_angle_from_quaternion, [quaternion], atol=1e-4)


def test_single_precision() -> None:
    vectors = torch.randn(2000, 3, generator=torch.Generator().manual_seed(0))
    vectors = torch.cat([vectors, vectors * 1e-4, vectors * 1e-7])
    exact = matrix_from_axis_angle(vectors.double())
    assert float((matrix_from_axis_angle(vectors).double() - exact).abs().max()) < 1e-6


def test_longer_turns_come_back_the_short_way() -> None:
    long = torch.tensor([[0.0, 1.5 * math.pi, 0.0], [0.0, 0.0, 2 * math.pi]], dtype=F64)
    back = axis_angle_from_quaternion(quaternion_from_axis_angle(long))
    expected = torch.tensor([[0.0, -0.5 * math.pi, 0.0], [0.0, 0.0, 0.0]], dtype=F64)
    torch.testing.assert_close(back, expected, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(VECTORS, VECTORS)
def test_cross_matrix_is_the_cross_product(a: torch.Tensor, b: torch.Tensor) -> None:
    torch.testing.assert_close(cross_matrix(a) @ b, torch.linalg.cross(a, b), rtol=0, atol=1e-14)


@settings(deadline=None, max_examples=60)
@given(VECTORS, VECTORS, st.floats(0, 1))
def test_slerp_turns_at_constant_speed(start: torch.Tensor, end: torch.Tensor, t: float) -> None:
    at = torch.tensor([t], dtype=F64)
    a, b = (Rotation.from_rotvec(v.numpy()) for v in (start, end))
    whole = (a.inv() * b).magnitude()
    if whole > math.pi - 1e-3:  # two equally short ways
        return
    got = Rotation.from_rotvec(slerp(start, end, at).numpy())
    assert (a.inv() * got).magnitude() == pytest.approx(t * whole, abs=2e-6)
    assert (got.inv() * b).magnitude() == pytest.approx((1 - t) * whole, abs=2e-6)


def test_slerp_of_equal_and_near_rotations() -> None:
    a = torch.tensor([[0.3, 0.2, -0.1]], dtype=F64)
    half = torch.full((1, 1), 0.5, dtype=F64)
    torch.testing.assert_close(slerp(a, a, half), a)
    torch.testing.assert_close(slerp(a, a + 1e-9, half), a + 0.5e-9, rtol=0, atol=1e-12)
    b = a.clone().requires_grad_()
    slerp(a, b, half).sum().backward()
    assert b.grad is not None and bool(torch.isfinite(b.grad).all())
