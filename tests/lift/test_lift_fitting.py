"""Fitting, with landmarks of our own head: the truth is known, and no tracker is needed."""

import numpy as np
import pytest
import torch
from lift_landmarks import FOCAL, SIZE, aligned, speaking_truth
from scipy.spatial.transform import Rotation

from flametalk.conventions import JAW_JOINT, LEFT_EYE, ROOT
from flametalk.errors import InputError
from flametalk.head import Head
from flametalk.lift.fitting import Fit, fill, fit_landmarks, pose_of
from flametalk.lift.marks import marks_of, plain_marks
from flametalk.lift.observed import Observed
from flametalk.lift.outline import beyond, beyond_slopes, nearest_on_line
from flametalk.lift.points import at_rest, by_angle, by_coefficient, place, posed
from flametalk.lift.prior import prior_of
from flametalk.lift.projection import Lens, project
from flametalk.lift.residuals import Problem, cost_of, equations_of
from flametalk.lift.smooth import _sweep
from flametalk.lift.start import first_guess
from flametalk.lift.unknowns import joint_rotations

pytestmark = pytest.mark.core
DOUBLE = torch.float64


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


def _face_error(head: Head, fit: Fit, shape: np.ndarray, expression: np.ndarray, pose: np.ndarray) -> float:
    """Millimetres of the face region after alignment, mean over the frames."""
    face = head.regions["face"].long().numpy()

    def vertices(*parts: np.ndarray | torch.Tensor) -> np.ndarray:
        return head.vertices(*[torch.as_tensor(np.asarray(p), dtype=torch.float32) for p in parts]).numpy()

    ours = vertices(fit.shape[None], fit.part("expression"), pose_of(fit))[:, face]
    truth = vertices(shape[None], expression, pose)[:, face]
    away = [np.linalg.norm(aligned(a, b) - b, axis=1).mean() for a, b in zip(ours, truth, strict=True)]
    return float(np.mean(away)) * 1000


def test_points_are_the_heads_own_landmarks(head: Head) -> None:
    marks, chance = plain_marks(head), torch.Generator().manual_seed(0)
    coefficients = 0.5 * torch.randn(2, 150, generator=chance, dtype=DOUBLE)
    angles = 0.2 * torch.randn(2, 10, generator=chance, dtype=DOUBLE)
    pose = torch.zeros(2, 5, 3, dtype=DOUBLE)
    pose[:, ROOT], pose[:, JAW_JOINT] = angles[:, :3], angles[:, 3:6]
    pose[:, LEFT_EYE, :2], pose[:, LEFT_EYE + 1, :2] = angles[:, 6:8], angles[:, 8:]
    double = head.to(dtype=DOUBLE)
    vertices = double.vertices(coefficients[:, :100], coefficients[:, 100:], pose)
    expected = double.landmark_points(vertices, "mediapipe")
    ids = head.landmarks["mediapipe"].ids
    assert ids is not None
    where = [ids.index(number) for number in marks.ids if number < 468]
    ours = place(marks.points, coefficients, joint_rotations(angles))
    torch.testing.assert_close(ours[:, : len(where)], expected[:, where], atol=1e-12, rtol=0)
    rim = vertices[:, head.regions["left_iris_rim"].long()].mean(1)
    torch.testing.assert_close(ours[:, marks.ids.index(473)], rim, atol=1e-12, rtol=0)


@pytest.mark.parametrize("picked", [False, True])
def test_slopes_are_autograds(head: Head, picked: bool) -> None:
    marks, chance = marks_of(head), torch.Generator().manual_seed(1)
    points = marks.outline if picked else marks.points
    rows = torch.randint(0, points.count, (2, 7), generator=chance) if picked else None
    coefficients = 0.5 * torch.randn(2, 150, generator=chance, dtype=DOUBLE)
    rotations = joint_rotations(0.2 * torch.randn(2, 10, generator=chance, dtype=DOUBLE))
    slopes = by_coefficient(points, rotations, at_rest(points, coefficients, rows).joints, rows)
    summed = torch.autograd.functional.jacobian(
        lambda c: place(points, c, rotations, rows).sum(0), coefficients
    )
    torch.testing.assert_close(slopes, summed.permute(2, 0, 1, 3), atol=1e-12, rtol=0)
    angles, rest = (
        0.2 * torch.randn(2, 10, generator=chance, dtype=DOUBLE),
        at_rest(points, coefficients, rows),
    )
    turning = by_angle(rest, angles, joint_rotations(angles))
    summed = torch.autograd.functional.jacobian(lambda a: posed(rest, joint_rotations(a)).sum(0), angles)
    torch.testing.assert_close(turning, summed.permute(2, 0, 1, 3), atol=1e-12, rtol=0)


def test_slopes_of_the_outlines_shift(head: Head) -> None:
    marks, chance = marks_of(head), torch.Generator().manual_seed(2)
    frames = 0.3 * torch.randn(3, marks.layout.frame, generator=chance, dtype=DOUBLE)
    size = torch.tensor([40.0, 50.0, 60.0], dtype=DOUBLE)
    slopes = beyond_slopes(marks, marks.layout, size, frames)
    summed = torch.autograd.functional.jacobian(lambda x: beyond(marks, marks.layout, size, x).sum(0), frames)
    torch.testing.assert_close(slopes, summed.permute(2, 0, 1, 3), atol=1e-10, rtol=0)


@pytest.mark.parametrize("perspective", [True, False])
def test_projection_slopes(perspective: bool) -> None:
    lens = Lens(900.0, (100.0, 80.0), perspective)
    points = torch.tensor([[[0.02, 0.05, 0.09], [-0.04, 0.01, 0.02]]], dtype=DOUBLE)
    where, zoom = torch.tensor([[0.01, -0.02, -0.8]], dtype=DOUBLE), torch.tensor([0.1], dtype=DOUBLE)
    _, by_point, by_zoom, by_place = project(lens, points, where, zoom)
    numeric = torch.autograd.functional.jacobian(lambda *x: project(lens, *x)[0], (points, where, zoom))
    for i in range(2):
        torch.testing.assert_close(by_point[0, i], numeric[0][0, i, :, 0, i])
        if perspective:
            torch.testing.assert_close(by_place[0, i], numeric[1][0, i, :, 0])
    torch.testing.assert_close(by_zoom, numeric[2][..., 0])


def _problem(head: Head) -> tuple[Problem, Observed, torch.Tensor]:
    layout = marks_of(head).layout
    problem = Problem(marks_of(head), layout, Lens(FOCAL, (256.0, 256.0)), prior_of(head, layout))
    truth = speaking_truth(2, seed=3, noise=1.0)
    seen = problem.marks.observe(truth.landmarks)
    return problem, seen, first_guess(problem, seen)


def test_gradient_is_that_of_the_cost(head: Head) -> None:
    """By central differences. The outline's nearest points are held, which is what its gradient is."""
    problem, seen, frames = _problem(head)
    seen = Observed(seen.points, seen.weights, seen.outline, 0 * seen.outline_weights, seen.size)
    frames = frames + 0.01
    shared = torch.full((1, problem.layout.shared), 0.05, dtype=DOUBLE)
    equations = equations_of(problem, seen, frames, shared, with_shared=True)
    assert equations.g_shared is not None
    step = 1e-6
    angles, place_ = problem.layout.angles.start, problem.layout.place.stop
    for k in (0, 30, angles + 1, angles + 3, angles + 7, place_ - 1, place_ + 2):
        move = torch.zeros_like(frames)
        move[:, k] = step
        slope = (
            cost_of(problem, seen, frames + move, shared) - cost_of(problem, seen, frames - move, shared)
        ) / (2 * step)
        torch.testing.assert_close(equations.g[:, k], slope, rtol=1e-4, atol=1e-3)
    for k in (17, problem.layout.focal):
        move = torch.zeros_like(shared)
        move[:, k] = step
        slope = (
            cost_of(problem, seen, frames, shared + move) - cost_of(problem, seen, frames, shared - move)
        ) / (2 * step)
        torch.testing.assert_close(equations.g_shared[:, k], slope, rtol=1e-4, atol=1e-3)


def test_first_guess_finds_the_turn(head: Head) -> None:
    truth = speaking_truth(6, seed=4, spread=0.3)
    layout = marks_of(head).layout
    problem = Problem(marks_of(head), layout, Lens(FOCAL, (256.0, 256.0)), prior_of(head, layout))
    guess = first_guess(problem, problem.marks.observe(truth.landmarks))
    turns = Rotation.from_rotvec(guess[:, layout.head].numpy())
    off = (turns.inv() * Rotation.from_rotvec(truth.pose[:, ROOT])).magnitude()
    assert np.degrees(off).max() < 9
    assert abs(float(guess[:, layout.place.stop - 1].mean()) + 0.95) < 0.1


def test_recovers_a_speaking_person(head: Head) -> None:
    truth = speaking_truth(10, seed=5, noise=0.3)
    fit = fit_landmarks(truth.landmarks, SIZE, head, focal=FOCAL)
    turns = Rotation.from_rotvec(fit.part("head").astype(float))
    off = np.degrees((turns.inv() * Rotation.from_rotvec(truth.pose[:, ROOT])).magnitude())
    assert off.mean() < 2.0
    assert np.corrcoef(fit.part("jaw")[:, 0], truth.pose[:, JAW_JOINT, 0])[0, 1] > 0.95
    assert np.corrcoef(fit.part("gaze")[:, 1], truth.pose[:, LEFT_EYE, 1])[0, 1] > 0.95
    error = _face_error(head, fit, truth.shape, truth.expression, truth.pose)
    rest = fit_landmarks(truth.landmarks[:1], SIZE, head, focal=FOCAL)
    assert error < 2.0
    assert float(fit.error.mean()) < 2.0 and rest.error.shape == (1,)


def test_an_outlier_does_not_bend_the_face(head: Head) -> None:
    truth = speaking_truth(1, seed=6)
    bent = truth.landmarks.copy()
    for number in (61, 0, 17):  # a hand before the mouth
        bent[:, number] += 80
    plain = fit_landmarks(truth.landmarks, SIZE, head, focal=FOCAL)
    robust = fit_landmarks(bent, SIZE, head, focal=FOCAL)
    change = np.degrees(
        (
            Rotation.from_rotvec(plain.part("head")).inv() * Rotation.from_rotvec(robust.part("head"))
        ).magnitude()
    )
    assert change.max() < 1.5
    assert _face_error(head, robust, plain.shape, plain.part("expression"), pose_of(plain).numpy()) < 1.0


def test_weak_perspective_and_unknown_lens(head: Head) -> None:
    truth = speaking_truth(1, seed=7)
    for settings in ({"perspective": False}, {}):
        fit = fit_landmarks(truth.landmarks, SIZE, head, **settings)
        assert fit.problem.lens.perspective is settings.get("perspective", True)
        assert float(fit.error.mean()) < 3.0


def test_frames_without_a_face_are_filled_and_marked(head: Head) -> None:
    truth = speaking_truth(7, seed=8)
    landmarks = truth.landmarks.copy()
    landmarks[2:4] = np.nan
    fit = fit_landmarks(landmarks, SIZE, head, focal=FOCAL)
    assert fit.found.tolist() == [True, True, False, False, True, True, True]
    x = fit.frames.numpy()
    np.testing.assert_allclose(x[2], x[1] + (x[4] - x[1]) / 3, atol=1e-12)
    assert np.isnan(fit.error[2]) and np.isfinite(fit.error[4])
    with pytest.raises(InputError, match="no face was found"):
        fit_landmarks(np.full_like(landmarks, np.nan), SIZE, head)


def test_long_pauses_are_held() -> None:
    found = np.zeros(201, bool)
    found[[0, 200]] = True
    rows = torch.zeros(201, 1, dtype=DOUBLE)
    rows[200] = 1.0
    filled = fill(rows, found, 25.0).numpy()[:, 0]
    assert (filled[:85] == 0).all() and (filled[116:] == 1).all()
    assert np.all(np.diff(filled) >= 0) and 0.4 < filled[100] < 0.6


def test_the_sweep_solves_the_whole_system() -> None:
    """Against the dense matrix, with a link missing."""
    chance = torch.Generator().manual_seed(2)
    t, x = 5, 3
    root = torch.randn(t, x, x, generator=chance, dtype=DOUBLE)
    h = root @ root.mT + torch.eye(x, dtype=DOUBLE)
    g, frames = (torch.randn(t, x, generator=chance, dtype=DOUBLE) for _ in range(2))
    precision = torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE)
    links = torch.tensor([False, True, True, False, True])
    dense, right = torch.block_diag(*h), g.flatten().clone()
    for k in range(1, t):
        if links[k]:
            for i in range(x):
                a, b = (k - 1) * x + i, k * x + i
                dense[a, a] += precision[i]
                dense[b, b] += precision[i]
                dense[a, b] -= precision[i]
                dense[b, a] -= precision[i]
                jump = precision[i] * (frames[k, i] - frames[k - 1, i])
                right[b] += jump
                right[a] -= jump
    expected = torch.linalg.solve(dense, right).reshape(t, x)
    torch.testing.assert_close(_sweep(h, g, frames, links, precision), expected, rtol=1e-6, atol=1e-7)


def test_nearest_on_a_line() -> None:
    line = torch.tensor([[[float(i), 0.0] for i in range(17)]], dtype=DOUBLE)
    points = torch.tensor([[[2.25, 3.0], [-4.0, 1.0], [16.0, -2.0]]], dtype=DOUBLE)
    blend, normal = nearest_on_line(line, points)
    torch.testing.assert_close(blend @ line, torch.tensor([[[2.25, 0], [0, 0], [16, 0]]], dtype=DOUBLE))
    torch.testing.assert_close(normal, torch.tensor([[[0.0, 1.0]] * 3], dtype=DOUBLE))


def test_a_head_without_landmarks_says_how_to_add_them(head: Head) -> None:
    from dataclasses import replace

    with pytest.raises(InputError, match="assets add landmarks"):
        marks_of(replace(head, landmarks={}))
