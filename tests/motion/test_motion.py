"""Motion spaces, the reference-relative form, statistics and limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flametalk.clip import Clip
from flametalk.conventions import DETAIL, EXPRESSION, HEAD, JAW, N_PARAMETERS, SHAPE
from flametalk.errors import InputError, UnknownNameError
from flametalk.motion.differential import from_differential, to_differential
from flametalk.motion.finish import clamp_jaw, finish
from flametalk.motion.space import BUILTIN_162, FLAME_284, Group, MotionSpace, motion_space
from flametalk.motion.statistics import Moments, ZScore

pytestmark = pytest.mark.core


def _clip(frames: int = 7, seed: int = 0) -> Clip:
    rng = np.random.default_rng(seed)
    return Clip.from_vector(
        rng.normal(size=(frames, N_PARAMETERS)).astype(np.float32), eyes=rng.normal(size=(frames, 6))
    )


def test_flame_space_is_the_packed_vector() -> None:
    clip = _clip()
    np.testing.assert_array_equal(FLAME_284.pack(clip), clip.vector())
    expected = {"shape": SHAPE, "expression": EXPRESSION, "head": HEAD, "jaw": JAW, "detail": DETAIL}
    assert FLAME_284.slices == expected and FLAME_284.width == N_PARAMETERS


def test_builtin_space_holds_gaze() -> None:
    clip = _clip().replace(detail=None)
    back = BUILTIN_162.unpack(BUILTIN_162.pack(clip))
    for name in BUILTIN_162.names:
        np.testing.assert_array_equal(getattr(back, name), getattr(clip, name))
    assert BUILTIN_162.width == 162


def test_parts_outside_the_space_stay_as_in_the_first_frame() -> None:
    like = _clip().replace(neck=np.arange(21).reshape(7, 3), fps=30.0, made_for="flame2020")
    clip = FLAME_284.unpack(FLAME_284.pack(_clip(3, seed=1)), like)
    assert (clip.neck == [0, 1, 2]).all() and clip.n_frames == 3
    assert (clip.fps, clip.made_for) == (30.0, "flame2020")
    np.testing.assert_array_equal(clip.eyes, np.repeat(like.eyes[:1], 3, 0))  # type: ignore[index]


def test_what_a_space_cannot_hold_is_refused() -> None:
    wide = Clip.neutral(2, expression=np.ones((2, 60)))
    with pytest.raises(InputError, match="60 numbers that are not zero"):
        FLAME_284.pack(wide)
    padded = Clip.neutral(2, expression=np.eye(2, 60))
    assert FLAME_284.pack(padded)[:, EXPRESSION].sum() == 2
    with pytest.raises(InputError, match="rows have shape"):
        FLAME_284.unpack(np.zeros((2, 5)))
    with pytest.raises(InputError, match="expected 3"):
        Group("jaw", 6)
    with pytest.raises(UnknownNameError):
        Group("nose", 3)
    with pytest.raises(UnknownNameError, match="flame-284"):
        motion_space("flame")
    with pytest.raises(UnknownNameError):
        FLAME_284["eyes"]
    with pytest.raises(InputError, match="each once"):
        MotionSpace("twice", (Group("jaw", 3), Group("jaw", 3)))


def test_spaces_survive_json() -> None:
    for space in (FLAME_284, BUILTIN_162):
        assert MotionSpace.from_json(space.to_json()) == space == motion_space(space.name)


SIZE = st.floats(2.0**-19, 1000, width=32)
NUMBERS = st.one_of(st.just(0.0), SIZE, SIZE.map(lambda x: -x))


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float32, (4, 12), elements=NUMBERS), st.integers(-4, 3))
def test_differential_is_exact(numbers: np.ndarray, reference: int) -> None:
    space = MotionSpace("small", (Group("head", 3), Group("jaw", 3), Group("eyes", 6)))
    clip = Clip.neutral(4, head=numbers[:, :3], jaw=numbers[:, 3:6], eyes=numbers[:, 6:], fps=30.0)
    differential = to_differential(clip, reference, space)
    assert not differential.values[reference].any()
    assert from_differential(differential, clip) == clip


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float32, (4, 3), elements=st.floats(-1e3, 1e3, width=32)))
def test_differential_of_any_number_is_close(numbers: np.ndarray) -> None:
    clip = Clip.neutral(4, head=numbers)
    back = from_differential(to_differential(clip), clip)
    np.testing.assert_allclose(back.head, clip.head, rtol=0, atol=1.2e-13)


def test_differential_ignores_who_it_is() -> None:
    clip = _clip()
    other = Clip.from_vector(clip.vector() + np.float32(0.5))
    np.testing.assert_allclose(to_differential(clip).values, to_differential(other).values, atol=1e-6)


def test_differential_checks() -> None:
    with pytest.raises(InputError, match="reference frame 7"):
        to_differential(_clip(), 7)
    with pytest.raises(InputError, match="cannot replace"):
        from_differential(to_differential(_clip()), _clip(3))
    assert from_differential(to_differential(_clip())).n_frames == 7


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.float64, (20, 3), elements=st.floats(-1e3, 1e3)),
    st.lists(st.integers(0, 20), max_size=4),
)
def test_merged_moments_are_those_of_all(rows: np.ndarray, cuts: list[int]) -> None:
    total = Moments.empty(3)
    for piece in np.split(rows, sorted(cuts)):
        total = total + Moments.of(piece)
    assert total.count == 20
    np.testing.assert_allclose(total.mean, rows.mean(0), atol=1e-9)
    np.testing.assert_allclose(total.squares, ((rows - rows.mean(0)) ** 2).sum(0), rtol=1e-9, atol=1e-6)


def test_moments_far_from_zero_keep_their_spread() -> None:
    rows = 1e8 + np.tile([[0.0], [1.0]], (500, 1))
    total = Moments.empty(1)
    for row in rows:
        total = total + Moments.of(row[None])
    assert total.zscore().std == pytest.approx(0.5, abs=1e-4)


def test_zscore_round_trip_and_constant_dimensions() -> None:
    rows = np.random.default_rng(0).normal(3, 2, size=(50, 4))
    rows[:, 2] = 7.0
    score = Moments.of(rows).zscore()
    scored = score.normalise(rows)
    np.testing.assert_allclose(scored[:, [0, 1, 3]].std(0), 1)
    assert not scored[:, 2].any()
    np.testing.assert_allclose(score.denormalise(scored), rows)
    np.testing.assert_allclose(score.denormalise(scored + 5)[:, 2], 7)  # whatever a network says of it
    with pytest.raises(InputError, match="at least 2"):
        Moments.of(rows[:1]).zscore()
    with pytest.raises(InputError, match="finite"):
        ZScore(np.zeros(2), np.array([1.0, -1.0]))


def test_the_jaw_stays_anatomical() -> None:
    jaw = np.array([[-1, -1, -1], [1, 1, 1], [0.1, 0.05, -0.05]], np.float32)
    expected = np.array([[0, -0.1, -0.1], [0.3, 0.1, 0.1], [0.1, 0.05, -0.05]], np.float32)
    np.testing.assert_array_equal(clamp_jaw(jaw), expected)


def test_finish_smooths_then_clamps_and_leaves_gaze() -> None:
    clip = _clip(40)
    done = finish(clip)
    assert np.abs(np.diff(done.expression, axis=0)).mean() < np.abs(np.diff(clip.expression, axis=0)).mean()
    assert done.jaw[:, 0].min() >= 0 and done.jaw[:, 0].max() <= np.float32(0.3)  # as numpy 1 compares
    np.testing.assert_array_equal(done.eyes, clip.eyes)  # type: ignore[arg-type]
    np.testing.assert_array_equal(done.expression, clip.smooth(0.2).expression)
    np.testing.assert_array_equal(finish(clip, smoothing=0).expression, clip.expression)
