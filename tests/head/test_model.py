"""The head's mathematics against its twin of plain loops, closed forms, and derivatives."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import tiny_head

from flametalk.conventions import JAW_JOINT, LEFT_EYE, NECK, ROOT
from flametalk.errors import InputError, UnknownNameError
from flametalk.head import Action, Landmarks, model
from flametalk.head.fused import blend_and_skin, sparse_motion
from flametalk.head.reference import reference_vertices, rodrigues
from flametalk.head.skinning import skin
from flametalk.rotations import matrix_from_axis_angle

pytestmark = pytest.mark.core
F64 = torch.float64


def _normal(*shape: int, seed: int = 0, dtype: torch.dtype = F64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64).to(dtype)


def _reference(head, shape, expression, pose, translation):
    frames = [
        x.expand(len(pose), *x.shape[1:]).double().numpy() for x in (shape, expression, pose, translation)
    ]
    return np.stack([reference_vertices(head, *frame) for frame in zip(*frames, strict=True)])


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 3),
    n_shape=st.integers(0, 4),
    n_expression=st.integers(0, 3),
    scale=st.sampled_from([0.0, 1e-9, 1e-4, 0.3, 2.0]),
    kernel=st.booleans(),
)
def test_forward_equals_the_plain_loops(seed, frames, n_shape, n_expression, scale, kernel) -> None:
    head = tiny_head(seed=seed)
    inputs = [_normal(frames, n, seed=seed + n) for n in (n_shape, n_expression)]
    pose, translation = _normal(frames, 5, 3, seed=seed) * scale, _normal(frames, 3, seed=seed + 9)
    before, model.KERNEL_FROM = model.KERNEL_FROM, 0 if kernel else 10**9
    try:
        vertices = head.vertices(*inputs, pose, translation)
    finally:
        model.KERNEL_FROM = before
    expected = _reference(head, *inputs, pose, translation)
    np.testing.assert_allclose(vertices.numpy(), expected, rtol=0, atol=1e-10)


def test_single_precision_stays_within_a_micrometre() -> None:
    head = tiny_head(v=50, dtype=torch.float32)
    inputs = _normal(4, 4), _normal(4, 3), _normal(4, 5, 3) * 0.5, _normal(4, 3)
    vertices = head.vertices(*(x.float() for x in inputs))
    assert vertices.dtype == torch.float32
    np.testing.assert_allclose(vertices.numpy(), _reference(head, *inputs), rtol=0, atol=2e-6)


@pytest.mark.parametrize("frames", [1, 16, 37, 64])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_the_compiled_kernel_equals_the_differentiable_path(
    dtype: torch.dtype, threads: int, frames: int
) -> None:
    """With one base for all frames and with one for each; frames fill whole blocks and parts of one."""
    head = tiny_head(v=40, dtype=dtype)
    basis = torch.cat([head.expression_basis, head.pose_basis], -1)
    basis[::3], basis[1::3, :, 1:] = 0, 0  # some vertices move with nothing, some with one coefficient
    motion, transforms = _normal(frames, basis.shape[-1], dtype=dtype), _normal(frames, 5, 3, 4, dtype=dtype)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for n in {1, frames}:
            shaped = _normal(n, 40, 3, dtype=dtype)
            found = blend_and_skin(shaped, sparse_motion(basis, head.skinning), motion, transforms)
            moved = shaped + torch.einsum("vck,bk->bvc", basis, motion)
            expected = skin(moved, head.skinning, transforms)
            tolerance = 1e-4 if dtype == torch.float32 else 1e-12
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=tolerance)
    finally:
        torch.set_num_threads(before)


def test_large_batches_take_the_kernel_and_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    head = tiny_head(v=1000, dtype=torch.float32)
    inputs = _normal(1, 4).float(), _normal(120, 3).float(), _normal(120, 5, 3).float() * 0.3
    assert model.KERNEL_FROM <= 120 * 1000 * 3
    fast = head.vertices(*inputs)
    monkeypatch.setattr(model, "KERNEL_FROM", 10**9)
    torch.testing.assert_close(fast, head.vertices(*inputs), rtol=0, atol=2e-6)


def test_gradients_of_every_input() -> None:
    head = tiny_head(v=6)
    inputs = [_normal(2, 4), _normal(2, 3), _normal(2, 5, 3) * 0.5, _normal(2, 3)]
    for x in inputs:
        x.requires_grad_()
    assert torch.autograd.gradcheck(head.vertices, inputs)


def test_gradients_at_rest_are_finite_and_right() -> None:
    """Zero rotation is where a careless Rodrigues divides by zero."""
    head = tiny_head(v=6)
    pose = torch.zeros(1, 5, 3, dtype=F64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: head.vertices(_normal(1, 4), _normal(1, 3), p), [pose])


def test_gradients_reach_the_bases() -> None:
    from dataclasses import replace

    offset = torch.zeros(6, 3, dtype=F64, requires_grad=True)
    plain = tiny_head(v=6)
    head = replace(plain, template=plain.template + offset)
    zero = torch.zeros(1, 5, 3, dtype=F64)
    head.vertices(zero[:, 0, :0], zero[:, 0, :0], zero).sum().backward()
    torch.testing.assert_close(offset.grad, torch.ones(6, 3, dtype=F64))


def test_batches_of_one_broadcast() -> None:
    head = tiny_head()
    shape, expression = _normal(1, 4), _normal(5, 3)
    pose, translation = _normal(1, 5, 3), _normal(1, 3)
    got = head.vertices(shape, expression, pose, translation)
    full = head.vertices(shape.expand(5, -1), expression, pose.expand(5, -1, -1), translation.expand(5, -1))
    torch.testing.assert_close(got, full, rtol=0, atol=1e-14)
    assert head.vertices(shape, expression[:0], pose).shape == (0, 12, 3)
    with pytest.raises(InputError, match=r"batch sizes \[2, 5, 1\]"):
        model._batch([shape.expand(2, -1), expression, pose])


def test_a_varying_shape_differs_from_a_constant_one() -> None:
    head = tiny_head()
    shape, zero = _normal(3, 4), torch.zeros(3, 5, 3, dtype=F64)
    got = head.vertices(shape, zero[:, 0], zero)
    for k in range(3):
        torch.testing.assert_close(got[k : k + 1], head.vertices(shape[k : k + 1], zero[:1, 0], zero[:1]))


def test_fewer_coefficients_count_as_zeros_and_more_are_an_error() -> None:
    head = tiny_head()
    rest = torch.zeros(1, 5, 3, dtype=F64)
    shape = _normal(1, 4)
    padded = torch.cat([shape[:, :2], torch.zeros(1, 2, dtype=F64)], 1)
    few = head.vertices(shape[:, :2], rest[:, 0, :0], rest)
    torch.testing.assert_close(few, head.vertices(padded, rest[:, 0], rest), rtol=0, atol=1e-15)
    long = torch.cat([shape, torch.zeros(1, 3, dtype=F64)], 1)
    torch.testing.assert_close(head.vertices(long, rest[:, 0], rest), head.vertices(shape, rest[:, 0], rest))
    long[0, 6] = 0.5
    with pytest.raises(InputError, match="7 shape coefficients, tiny has 4"):
        head.vertices(long, rest[:, 0], rest)


def _one_joint_head(joint: int, v: int = 8):
    """Every vertex hangs on one joint, no correctives: closed forms hold exactly."""
    from dataclasses import replace

    head = tiny_head(v=v)
    skinning = torch.zeros_like(head.skinning)
    skinning[:, joint] = 1
    return replace(head, skinning=skinning, pose_basis=torch.zeros_like(head.pose_basis))


def _turn(joint: int, vector: list[float]) -> torch.Tensor:
    pose = torch.zeros(1, 5, 3, dtype=F64)
    pose[0, joint] = torch.tensor(vector, dtype=F64)
    return pose


@pytest.mark.parametrize("joint", [ROOT, NECK, JAW_JOINT, LEFT_EYE])
def test_a_joint_turns_its_vertices_about_its_place(joint: int) -> None:
    head, none = _one_joint_head(joint), torch.zeros(1, 0, dtype=F64)
    vector = [0.3, -0.5, 0.2]
    place = head.joint_regressor[joint] @ head.template
    rotation = torch.from_numpy(rodrigues(np.array(vector)))
    expected = (head.template - place) @ rotation.T + place
    torch.testing.assert_close(
        head.vertices(none, none, _turn(joint, vector))[0], expected, rtol=0, atol=1e-14
    )


def test_the_root_turns_about_the_base_of_the_neck_not_the_origin() -> None:
    head, none = _one_joint_head(ROOT), torch.zeros(1, 0, dtype=F64)
    pivot = head.joints(none, none)[0, ROOT]
    moved = head.vertices(none, none, _turn(ROOT, [0, math.pi, 0]))[0]
    torch.testing.assert_close(moved[:, 1], head.template[:, 1])  # heights stay
    torch.testing.assert_close(moved[:, [0, 2]], 2 * pivot[[0, 2]] - head.template[:, [0, 2]])


def test_the_jaw_opens_downwards_about_x() -> None:
    """Positive rotation about x takes what lies in front of the joint (+z) down (−y)."""
    from dataclasses import replace

    head, none = _one_joint_head(JAW_JOINT), torch.zeros(1, 0, dtype=F64)
    place = head.joints(none, none)[0, JAW_JOINT]
    chin = head.template.clone()
    chin[0] = place + torch.tensor([0.0, 0.0, 0.08], dtype=F64)
    regressor = head.joint_regressor.clone()
    regressor[:, 0] = 0  # the chin does not move the joints
    head = replace(head, template=chin, joint_regressor=regressor)
    place = head.joints(none, none)[0, JAW_JOINT]
    angle, arm = 0.2, chin[0] - place
    moved = head.vertices(none, none, _turn(JAW_JOINT, [angle, 0, 0]))[0, 0] - place
    torch.testing.assert_close(moved[1], arm[1] * math.cos(angle) - arm[2] * math.sin(angle))
    torch.testing.assert_close(moved[2], arm[1] * math.sin(angle) + arm[2] * math.cos(angle))
    assert moved[1] < arm[1]


def test_the_eyes_follow_the_neck_and_the_neck_the_root() -> None:
    head, none = _one_joint_head(LEFT_EYE), torch.zeros(1, 0, dtype=F64)
    together = head.vertices(none, none, _turn(ROOT, [0, 0.4, 0]))
    pivot = head.joints(none, none)[0, ROOT]
    rotation = matrix_from_axis_angle(torch.tensor([0, 0.4, 0], dtype=F64))
    torch.testing.assert_close(together[0], (head.template - pivot) @ rotation.T + pivot)


def test_translation_is_added_last() -> None:
    head = tiny_head()
    args = _normal(2, 4), _normal(2, 3), _normal(2, 5, 3)
    shift = _normal(2, 3)
    moved = head.vertices(*args, shift)
    torch.testing.assert_close(moved, head.vertices(*args) + shift[:, None], rtol=0, atol=1e-14)


def test_joints_come_from_the_shaped_head() -> None:
    head = tiny_head()
    shape, expression = _normal(2, 4), _normal(2, 3)
    shaped = head.template + torch.einsum("bs,vcs->bvc", shape, head.shape_basis)
    shaped = shaped + torch.einsum("be,vce->bvc", expression, head.expression_basis)
    expected = torch.einsum("jv,bvc->bjc", head.joint_regressor, shaped)
    torch.testing.assert_close(head.joints(shape, expression), expected, rtol=0, atol=1e-14)


def test_pose_features_are_row_major_and_leave_out_the_root() -> None:
    from dataclasses import replace

    head = _one_joint_head(ROOT)
    basis = torch.zeros_like(head.pose_basis)
    basis[0, 0, 9 + 2 * 3 + 1] = 1.0  # jaw, third row, second column
    head = replace(head, pose_basis=basis)
    none, angle = torch.zeros(1, 0, dtype=F64), 0.3
    moved = head.vertices(none, none, _turn(JAW_JOINT, [angle, 0, 0]))[0] - head.template
    torch.testing.assert_close(moved[0, 0], torch.tensor(math.sin(angle), dtype=F64))
    assert float(moved[1:].abs().max()) == 0
    turned = head.vertices(none, none, _turn(ROOT, [angle, 0, 0]))
    torch.testing.assert_close(turned[0, 0, 0], head.template[0, 0])


def test_landmarks_are_weighted_corners() -> None:
    head = tiny_head()
    vertices = _normal(2, 12, 3)
    points = head.landmark_points(vertices)
    marks = head.landmarks["ibug68"]
    for k in range(6):
        corners = vertices[:, head.faces[marks.faces[k]].long()]
        torch.testing.assert_close(points[:, k], (corners * marks.weights[k][:, None]).sum(1))
    with pytest.raises(UnknownNameError, match="ibug68"):
        head.landmark_points(vertices, "ibug67")


def test_a_table_of_landmark_rows_is_not_a_set_of_points() -> None:
    marks = Landmarks(torch.zeros(79, 17, dtype=torch.int32), torch.ones(79, 17, 3, dtype=F64) / 3)
    head = tiny_head()
    head.landmarks["contour"] = marks
    with pytest.raises(InputError, match="contour_points"):
        head.landmark_points(_normal(1, 12, 3), "contour")


def test_to_moves_everything_and_keeps_whole_numbers() -> None:
    action = Action(_normal(3), _normal(3), _normal(6))
    head = tiny_head(regions={"lips": torch.tensor([1, 2])}, actions={"smile": action})
    single = head.to(dtype=torch.float32)
    assert single.template.dtype == single.landmarks["ibug68"].weights.dtype == torch.float32
    assert single.actions["smile"].jaw.dtype == torch.float32
    assert single.faces.dtype == torch.int32 and single.regions["lips"].dtype == torch.int64
    assert head.template.dtype == F64  # the original stays
    shape, rest = _normal(2, 4), torch.zeros(2, 5, 3, dtype=F64)
    vertices = single.vertices(shape, rest[:, 0], rest)  # inputs follow the head's precision
    torch.testing.assert_close(vertices.double(), head.vertices(shape, rest[:, 0], rest), rtol=0, atol=1e-6)
    assert single.to("cpu").template.data_ptr() == single.template.data_ptr()


def test_a_first_use_without_gradients_leaves_them_for_later() -> None:
    """What a head keeps between calls serves both modes, and learned bases are never kept."""
    shape, expression, pose = _normal(2, 4), _normal(2, 3), _normal(2, 5, 3) * 0.2
    fresh, used = tiny_head(seed=3), tiny_head(seed=3)
    with torch.inference_mode():
        used.vertices(shape, expression, pose)
    gradients = []
    for head in (fresh, used):
        inputs = [x.clone().requires_grad_() for x in (shape, expression, pose)]
        head.vertices(*inputs).square().sum().backward()
        gradients.append([x.grad for x in inputs])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
        assert a.abs().sum() > 0


def test_learned_bases_get_their_gradient_in_every_pass() -> None:
    still = tiny_head(seed=4)
    basis = still.expression_basis.clone().requires_grad_()
    head = replace(still, expression_basis=basis)
    inputs = _normal(2, 4), _normal(2, 3), _normal(2, 5, 3) * 0.2
    with torch.no_grad():
        before = head.vertices(*inputs)
    for _ in range(2):
        basis.grad = None
        head.vertices(*inputs).square().sum().backward()
        assert basis.grad is not None and basis.grad.abs().sum() > 0
    with torch.no_grad():
        basis += 0.1
        assert (head.vertices(*inputs) - before).abs().max() > 0.01
