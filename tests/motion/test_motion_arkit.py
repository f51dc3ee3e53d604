"""ARKit weights against what is known: the table itself, another solver, the surface of the face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perform.performances import babble_score, spans
from scipy.optimize import lsq_linear

from flametalk.clip import Clip
from flametalk.conventions import MILLIMETRES
from flametalk.errors import HeadMismatchError, InputError, UnknownNameError
from flametalk.head import Head
from flametalk.metrics import closure_rate
from flametalk.motion.arkit import ArkitMotion, arkit_table, from_arkit, opposites, to_arkit
from flametalk.motion.arkit_names import ARKIT_NAMES, N_ARKIT
from flametalk.motion.boxed import solve_boxed
from flametalk.perform.performer import perform_score

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


@pytest.fixture(scope="module")
def speech(head: Head) -> tuple[Clip, list]:
    score, intervals = babble_score(6)
    return perform_score(score, head, seed=1, emotion="happy"), intervals


# --- the solver -----------------------------------------------------------------------------------------


@given(st.integers(0, 10**6))
def test_frames_alone_agree_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, tall = int(rng.integers(1, 9)), 12
    factor = rng.normal(size=(tall, n)) * rng.uniform(0.01, 3, n)
    wanted = rng.normal(size=(3, tall)) * 2
    low, high = -rng.uniform(0, 1, n), rng.uniform(0, 1, n) + 1e-3
    found = solve_boxed(factor.T @ factor, wanted @ factor, low, high)
    for x, target in zip(found, wanted, strict=True):
        expected = lsq_linear(factor, target, (low, high), method="bvls", tol=1e-14).x
        np.testing.assert_allclose(x, expected, atol=1e-7)


def test_steady_frames_are_the_minimum_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    t, n, steady = 7, 4, 0.3
    factor, wanted = rng.normal(size=(9, n)), rng.normal(size=(t, 9))
    found = solve_boxed(factor.T @ factor, wanted @ factor, np.zeros(n), np.ones(n), steady)
    steps = np.kron(np.diff(np.eye(t), axis=0), np.eye(n)) * np.sqrt(steady)
    whole = np.concatenate([np.kron(np.eye(t), factor), steps])
    right = np.concatenate([wanted.ravel(), np.zeros(len(steps))])
    expected = lsq_linear(whole, right, (0, 1), method="bvls", tol=1e-14).x
    np.testing.assert_allclose(found.ravel(), expected, atol=2e-3)  # a few sweeps, not the limit

    def cost(x: np.ndarray) -> float:
        return float(((whole @ x.ravel() - right) ** 2).sum())

    assert cost(found) <= cost(expected) * (1 + 1e-4)


def test_bounds_that_coincide_hold_their_value() -> None:
    fixed = solve_boxed(np.eye(3), np.ones((2, 3)), np.array([0, 0.2, -np.inf]), np.array([0, 0.2, np.inf]))
    np.testing.assert_array_equal(fixed, [[0, 0.2, 1]] * 2)


# --- the table and the round trip -------------------------------------------------------------------------


def test_every_shape_alone_is_found_again(head: Head) -> None:
    weights = np.eye(N_ARKIT, dtype=np.float32)
    motion = to_arkit(from_arkit(weights, head), head, steady=0.0)
    np.testing.assert_allclose(motion.weights, weights, atol=0.01)
    assert motion.error_mm["worst"] < 0.02


def test_any_mixture_gives_the_same_face(head: Head) -> None:
    weights = np.clip(np.random.default_rng(0).normal(0, 0.4, (60, N_ARKIT)), 0, 1)
    clip = from_arkit(weights, head)
    motion = to_arkit(clip, head, steady=0.0)
    assert motion.error_mm["mean"] < 0.005
    assert motion.error_mm["worst"] < 0.2
    again = from_arkit(motion, head)
    assert np.abs(again.expression - clip.expression).max() < 0.02
    for first, second in opposites(arkit_table(head).values):
        assert not (motion.weights[:, first] * motion.weights[:, second]).any()
    assert len(opposites(arkit_table(head).values)) == 6  # gaze four times, jaw, mouth


def test_speech_survives(head: Head, speech: tuple[Clip, list]) -> None:
    clip, intervals = speech
    motion = to_arkit(clip)
    assert motion.weights.min() >= 0
    assert motion.weights.max() <= 1
    assert motion.error_mm["mean"] < 0.08  # bite, and a tongue behind the teeth, ARKit cannot say
    assert motion.frames_per_second is not None
    back = from_arkit(motion, head)
    assert closure_rate(back, spans(intervals), head) >= closure_rate(clip, spans(intervals), head)
    blink = head.expression_names.index("blink_left")
    kept = np.minimum(clip.expression[:, blink], 1.0)
    assert np.abs(back.expression[:, blink] - kept).max() < 0.06
    np.testing.assert_array_equal(back.head, clip.head)
    assert (back.fps, back.made_for, back.audio) == (clip.fps, clip.made_for, clip.audio)


def test_the_error_is_that_of_the_vertices(head: Head, speech: tuple[Clip, list]) -> None:
    clip = speech[0].cut(0, 1.0).replace(head=np.zeros((25, 3)), neck=None)
    motion = to_arkit(clip, head)
    apart = (from_arkit(motion, head).vertices(head) - clip.vertices(head)).norm(dim=-1).numpy()
    skin = np.union1d(head.regions["face"].numpy(), head.regions["lips"].numpy())
    assert motion.error_mm["mean"] == pytest.approx(apart[:, skin].mean() * MILLIMETRES, rel=0.02)
    assert motion.error_mm["worst"] == pytest.approx(apart[:, skin].max() * MILLIMETRES, rel=0.02)


def test_gaze_is_what_the_eyes_do(head: Head) -> None:
    turn = np.radians(15)
    left = to_arkit(Clip.neutral(1, eyes=[[0, turn, 0, 0, turn, 0]], made_for=head.name))
    assert left["eyeLookOutLeft"][0] == pytest.approx(0.5, abs=0.02)
    assert left["eyeLookInRight"][0] == pytest.approx(0.5, abs=0.02)
    down = to_arkit(Clip.neutral(1, eyes=[[turn, 0, 0, turn, 0, 0]], made_for=head.name))
    assert down["eyeLookDownLeft"][0] == pytest.approx(0.5, abs=0.02)
    others = [name for name in ARKIT_NAMES if not name.startswith("eyeLook")]
    assert max(float(one[name][0]) for one in (left, down) for name in others) < 0.05


def test_noise_flickers_less_than_frame_by_frame(head: Head, speech: tuple[Clip, list]) -> None:
    rng = np.random.default_rng(0)
    clip = speech[0]
    noisy = clip.replace(
        expression=clip.expression + rng.normal(0, 0.03, clip.expression.shape),
        jaw=clip.jaw + rng.normal(0, 0.01, clip.jaw.shape),
    )

    def flicker(steady: float) -> float:
        return float(np.abs(np.diff(to_arkit(noisy, head, steady).weights, axis=0)).mean())

    smooth, alone = to_arkit(clip, head), to_arkit(clip, head, steady=0.0)
    assert flicker(0.005) < 0.97 * flicker(0.0)
    assert (
        np.abs(np.diff(smooth.weights, 2, axis=0)).mean() < np.abs(np.diff(alone.weights, 2, axis=0)).mean()
    )
    assert smooth["eyeBlinkLeft"].max() > 0.985 * alone["eyeBlinkLeft"].max()  # and nothing is slowed


def test_an_hour_would_not_take_long(head: Head, speech: tuple[Clip, list]) -> None:
    to_arkit(speech[0])  # compiled
    assert (to_arkit(speech[0]).frames_per_second or 0) > 100  # thousands, on an idle machine


# --- what is given ----------------------------------------------------------------------------------------


def test_neck_and_head_become_one_turn(head: Head) -> None:
    clip = Clip.neutral(2, head=[[0, 0.2, 0]] * 2, neck=[[0, 0.1, 0]] * 2, made_for=head.name)
    np.testing.assert_allclose(to_arkit(clip, head).head, [[0, 0.3, 0]] * 2, atol=1e-6)


def test_eye_rotations_serve_where_no_weight_looks(head: Head) -> None:
    eyes = np.full((2, 6), 0.1, np.float32)
    still = ArkitMotion(np.zeros((2, N_ARKIT)), np.zeros((2, 3)), eyes)
    np.testing.assert_array_equal(from_arkit(still, head).eyes, eyes)


def test_what_cannot_be_used_is_refused(head: Head) -> None:
    with pytest.raises(InputError, match=r"weights has shape \(3, 51\), expected \(3, 52\)"):
        Clip.from_arkit(np.zeros((3, 51)))
    with pytest.raises(InputError, match="NaN"):
        Clip.from_arkit(np.full((3, 52), np.nan))
    with pytest.raises(HeadMismatchError, match="retarget"):
        Clip.neutral(1, made_for="flame2020").to_arkit(head)
    with pytest.raises(UnknownNameError, match="Did you mean 'jawOpen'"):
        Clip.neutral(1, made_for=head.name).to_arkit()["jawOpn"]
