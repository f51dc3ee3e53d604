"""Curves over frames against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from flametalk import timeline

VALUES = hnp.arrays(
    np.float32, st.tuples(st.integers(2, 12), st.just(3)), elements=st.floats(-9, 9, width=32)
)
TURNS = hnp.arrays(np.float64, st.tuples(st.integers(2, 12), st.just(3)), elements=st.floats(-7, 7))
AXIS = np.array([2.0, -1.0, 2.0]) / 3


def spin(count: int, speed: float, start: float = 0.0) -> np.ndarray:
    """Constant angular velocity about a fixed axis."""
    return (start + speed * np.arange(count))[:, None] * AXIS


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Radians between two sequences of rotations."""
    return (Rotation.from_rotvec(a).inv() * Rotation.from_rotvec(b)).magnitude()


# --- sampling ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_values_at_frames_are_kept(values: np.ndarray) -> None:
    np.testing.assert_array_equal(timeline.sample(values, np.arange(len(values)) * 1.0), values)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.floats(0, 1))
def test_between_neighbours_never_beyond_them(values: np.ndarray, part: float) -> None:
    positions = np.arange(len(values) - 1) + part
    between = timeline.sample(values, positions)
    low, high = np.minimum(values[1:], values[:-1]), np.maximum(values[1:], values[:-1])
    assert (between >= low - 1e-5).all()
    assert (between <= high + 1e-5).all()


def test_straight_lines_stay_straight() -> None:
    line = np.arange(9.0)[:, None] * [[1.0, -2.0]] + 3
    positions = np.linspace(0, 8, 31)
    np.testing.assert_allclose(
        timeline.sample(line, positions), positions[:, None] * [[1, -2]] + 3, atol=1e-6
    )


@pytest.mark.parametrize("speed", [0.1, 0.9, 3.0])
def test_constant_angular_velocity(speed: float) -> None:
    """Through several whole turns, which are kept."""
    positions = np.linspace(0, 11, 45)
    got = timeline.sample(spin(12, speed), positions, rotation=True)
    np.testing.assert_allclose(got, speed * positions[:, None] * AXIS, atol=3e-6)


def test_six_columns_are_two_rotations() -> None:
    both = np.concatenate([spin(8, 0.2), spin(8, -0.3, 1.0)], axis=1)
    positions = np.array([0.5, 3.25])
    got = timeline.sample(both, positions, rotation=True)
    each = [timeline.sample(both[:, part], positions, rotation=True) for part in (slice(3), slice(3, 6))]
    np.testing.assert_array_equal(got, np.concatenate(each, axis=1))


@pytest.mark.parametrize("rotation", [False, True])
def test_one_frame_lasts(rotation: bool) -> None:
    one = np.array([[1.0, 2.0, 4.0]])
    np.testing.assert_array_equal(timeline.sample(one, np.zeros(4), rotation), np.repeat(one, 4, axis=0))


# --- smoothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [5, 7, 11])
def test_cubics_are_reproduced_to_the_ends(frames: int) -> None:
    x = np.linspace(-1, 1, 30)[:, None]
    cubic = 0.3 - 2 * x + x**2 + [[1.0, -4.0]] * x**3
    np.testing.assert_allclose(timeline.savitzky_golay(cubic, frames), cubic, atol=1e-6)


def test_noise_is_reduced() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (4000, 1))
    # the central weights of the cubic over 5 frames are (−3, 12, 17, 12, −3) / 35
    expected = np.sqrt(np.sum(np.square([-3, 12, 17, 12, -3]))) / 35
    assert timeline.savitzky_golay(noise, 5).std() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
@pytest.mark.parametrize("rotation", [False, True])
def test_too_short_to_smooth(length: int, rotation: bool) -> None:
    values = np.random.default_rng(0).normal(0, 0.5, (length, 3))
    np.testing.assert_array_equal(timeline.savitzky_golay(values, 9, rotation), values.astype(np.float32))


def test_window_shrinks_to_the_clip() -> None:
    values = np.random.default_rng(0).normal(size=(6, 2))
    np.testing.assert_array_equal(timeline.savitzky_golay(values, 99), timeline.savitzky_golay(values, 5))


def test_steady_rotation_is_kept() -> None:
    vectors = spin(60, 0.05)
    smooth = timeline.savitzky_golay(vectors, 7, rotation=True)
    np.testing.assert_allclose(smooth, vectors, atol=1e-4)


def test_half_a_turn_does_not_flip() -> None:
    """Around half a turn, where v and the same rotation the other way round alternate."""
    rng = np.random.default_rng(1)
    truth = spin(80, 0.01, np.pi - 0.4)
    noisy = truth + rng.normal(0, 0.02, truth.shape)
    flipped = Rotation.from_rotvec(noisy).as_rotvec()  # no longer than half a turn: jumps from v to −v
    assert np.abs(np.diff(flipped, axis=0)).max() > 3
    smooth = timeline.savitzky_golay(noisy, 9, rotation=True)
    assert np.abs(np.diff(smooth, axis=0)).max() < 0.1
    assert angles(smooth, truth).max() < angles(noisy, truth).max()
    same = timeline.savitzky_golay(flipped, 9, rotation=True)
    assert angles(smooth, same).max() < 1e-5


def test_small_rotations_are_smoothed_as_vectors() -> None:
    vectors = np.random.default_rng(0).normal(0, 1e-3, (40, 3))
    smooth = timeline.savitzky_golay(vectors, 7, rotation=True)
    np.testing.assert_allclose(smooth, timeline.savitzky_golay(vectors, 7), atol=1e-7)


# --- blending -----------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(TURNS)
def test_blend_begins_and_ends_where_it_should(a: np.ndarray) -> None:
    b = a[::-1].copy()
    for weight, expected in ((0.0, a), (1.0, b)):
        weights = np.full((len(a), 1), weight)
        np.testing.assert_allclose(timeline.blend(a, b, weights), expected, atol=1e-6)
        assert angles(timeline.blend(a, b, weights, rotation=True), expected).max() < 1e-5


def test_blend_of_rotations_about_one_axis() -> None:
    a, b = spin(5, 0.1), spin(5, 0.1, 0.8)
    weight = np.linspace(0, 1, 5)[:, None]
    np.testing.assert_allclose(
        timeline.blend(a, b, weight, rotation=True), (1 - weight) * a + weight * b, atol=1e-6
    )


def test_blend_takes_the_short_way() -> None:
    """170° and −170° meet at 180°, not at 0°."""
    a, b = np.radians([[170.0, 0, 0]]), np.radians([[-170.0, 0, 0]])
    middle = timeline.blend(a, b, np.array([[0.5]]), rotation=True)
    assert angles(middle, np.array([[np.pi, 0, 0]])).max() < 1e-6


# --- parts -----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(TURNS)
def test_neighbouring_quaternions_are_close(vectors: np.ndarray) -> None:
    quaternions = timeline.continuous(Rotation.from_rotvec(vectors).as_quat())
    assert ((quaternions[1:] * quaternions[:-1]).sum(1) >= 0).all()
    assert (Rotation.from_quat(quaternions).inv() * Rotation.from_rotvec(vectors)).magnitude().max() < 1e-6


@settings(max_examples=40, deadline=None)
@given(TURNS, st.integers(-3, 3))
def test_whole_turns(vectors: np.ndarray, turns: int) -> None:
    """The same rotation, and the reference itself where it is that rotation."""
    short = Rotation.from_rotvec(vectors).as_rotvec()
    angle = np.linalg.norm(short, axis=1, keepdims=True)
    reference = short + turns * 2 * np.pi * short / np.maximum(angle, 1e-9)
    moved = timeline.same_turn(short, reference)
    assert angles(moved, short).max() < 1e-6
    clear = angle[:, 0] > 1e-3
    np.testing.assert_allclose(moved[clear], reference[clear], atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 50])
def test_smoothstep(count: int) -> None:
    weights = timeline.smoothstep(count)
    assert len(weights) == count
    np.testing.assert_allclose(weights + weights[::-1], 1)
    assert (np.diff(weights) > 0).all()
    assert ((weights > 0) & (weights < 1)).all()
