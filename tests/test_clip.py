"""The value that travels: made, cut, joined, resampled, smoothed, packed, drawn."""

from inspect import unwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy.spatial.transform import Rotation

from flametalk.audio.signal import Audio
from flametalk.clip import OPTIONAL, TIMED, WIDTHS, Clip
from flametalk.errors import HeadMismatchError, InputError

RATES = st.sampled_from([8000, 16_000, 22_050, 44_100])
FRAME_RATES = st.sampled_from([12.0, 23.976, 24.0, 25.0, 29.97, 30.0, 60.0])


def tone(seconds: float, rate: int = 16_000) -> Audio:
    time = np.arange(round(seconds * rate)) / rate
    return Audio((0.5 * np.sin(2 * np.pi * 200 * time)).astype(np.float32), rate)


def moving(frames: int, seed: int = 0, **parts: Any) -> Clip:
    """Every part moves."""
    rng = np.random.default_rng(seed)

    def walk(width: int) -> np.ndarray:
        return np.cumsum(rng.normal(0, 0.05, (frames, width)), axis=0)

    known = {name: walk(WIDTHS.get(name, 10)) for name in TIMED}
    return Clip(**{"shape": rng.normal(size=20), **known, **parts})


# --- making -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"head": np.zeros((4, 3))}, r"head has shape \(4, 3\), expected \(5, 3\)"),
        ({"jaw": np.zeros((5, 4))}, r"jaw has shape \(5, 4\), expected \(5, 3\)"),
        ({"eyes": np.zeros((5, 3))}, r"eyes has shape \(5, 3\), expected \(5, 6\)"),
        ({"neck": np.zeros(3)}, r"neck has shape \(3,\), expected \(5, 3\)"),
        ({"translation": np.zeros((5, 3, 1))}, "translation has shape"),
        ({"detail": np.zeros((6, 8))}, r"detail has shape \(6, 8\), expected \(5, 8\)"),
        ({"shape": np.zeros((6, 8))}, r"shape has shape \(6, 8\), expected \(5, 8\)"),
        ({"shape": np.zeros((5, 8, 1))}, "shape has shape"),
        ({"shape": np.zeros(())}, "shape has shape"),
        ({"expression": np.zeros(5)}, "expression has shape"),
        ({"expression": np.zeros((0, 5))}, "at least one frame"),
        ({"jaw": np.full((5, 3), np.nan)}, "jaw has a NaN or infinite value, first in frame 0"),
        ({"shape": np.array([0.0, np.inf])}, "shape has a NaN or infinite value"),
        ({"fps": 0.0}, "fps is 0.0"),
        ({"fps": -25.0}, "fps is -25.0"),
        ({"fps": np.nan}, "fps is nan"),
        ({"fps": 1001.0}, "at most 1000"),
    ],
)
def test_what_is_not_a_clip(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Clip.neutral(5, **parts)


def test_the_bad_frame_is_named() -> None:
    jaw = np.zeros((5, 3))
    jaw[3, 1] = np.inf
    with pytest.raises(InputError, match="first in frame 3"):
        Clip.neutral(5, jaw=jaw)


def test_arrays_are_copies_that_cannot_be_written() -> None:
    jaw = np.zeros((5, 3), np.float32)
    clip = Clip.neutral(5, jaw=jaw, eyes=np.zeros((5, 6), np.float64))
    jaw[:] = 1
    assert not clip.jaw.any()
    for name in ("shape", "expression", "head", "jaw", "eyes"):
        array = getattr(clip, name)
        assert array.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    with pytest.raises(AttributeError):
        clip.fps = 30.0  # type: ignore[misc]


def test_asking() -> None:
    clip = Clip.neutral(50, fps=20.0, made_for="flame2020", eyes=np.ones((50, 6)), audio=tone(2.5))
    assert clip.n_frames == 50
    assert clip.duration == 2.5
    np.testing.assert_allclose(clip.times, np.arange(50) * 0.05)
    assert repr(clip) == (
        "Clip(50 frames, 2.50 s at 20 fps, shape (100,), expression 50, eyes, sound 16000 Hz, "
        "made for flame2020)"
    )
    assert clip.shapes().shape == (50, 100)


def test_pose_order() -> None:
    clip = moving(4)
    pose = clip.pose()
    assert pose.shape == (4, 5, 3)
    for joint, name in enumerate(("head", "neck", "jaw")):
        np.testing.assert_array_equal(pose[:, joint], getattr(clip, name))
    np.testing.assert_array_equal(pose[:, 3:].reshape(4, 6), clip.eyes)
    assert not Clip.neutral(2).pose().any()


@pytest.mark.parametrize(
    ("made_for", "head", "fits"),
    [
        (None, "builtin", True),
        ("builtin", "builtin", True),
        ("flame", "flame2023", True),
        ("flame", "builtin", False),
        ("flame2020", "flame2023", False),
        ("builtin", "flame2020", False),
    ],
)
def test_made_for(made_for: str | None, head: str, fits: bool) -> None:
    clip = Clip.neutral(1, made_for=made_for)
    if fits:
        clip.check_made_for(head)
    else:
        with pytest.raises(HeadMismatchError, match=rf"'{made_for}', not for '{head}'"):
            clip.check_made_for(head)


# --- equality -----------------------------------------------------------------------------------------


def test_equality() -> None:
    clip = moving(4, audio=tone(0.1), provenance={"seed": 1})
    assert clip == moving(4, audio=tone(0.1), provenance={"seed": 1})
    assert clip != "clip"
    for name in ("shape", *TIMED):
        assert clip != clip.replace(**{name: getattr(clip, name) + 1})
    for name in (*OPTIONAL, "audio"):
        assert clip != clip.replace(**{name: None})
        assert clip.replace(**{name: None}) != clip
    assert clip != clip.replace(audio=tone(0.2))
    assert clip != clip.replace(audio=Audio(clip.audio.samples, 8000))
    assert clip != clip.replace(fps=30.0)
    assert clip != clip.replace(made_for="flame")
    assert clip != clip.replace(provenance={})
    with pytest.raises(TypeError, match="unhashable"):
        hash(clip)


# --- the packed vector ----------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 3), st.just(284)), elements=st.floats(-3, 3, width=32))
)
def test_vector_round_trip(vector: np.ndarray) -> None:
    np.testing.assert_array_equal(Clip.from_vector(vector, fps=30.0).vector(), vector)


def test_vector_slices() -> None:
    clip = moving(3)
    vector = clip.vector()
    np.testing.assert_array_equal(vector[:, :20], clip.shapes())
    np.testing.assert_array_equal(vector[:, 100:110], clip.expression)
    np.testing.assert_array_equal(vector[:, 150:153], clip.head)
    np.testing.assert_array_equal(vector[:, 153:156], clip.jaw)
    np.testing.assert_array_equal(vector[:, 156:166], clip.detail)
    assert not vector[:, 20:100].any()
    assert not vector[:, 166:].any()


def test_vector_that_cannot_hold_it() -> None:
    assert Clip.neutral(2, expression=np.zeros((2, 100))).vector().shape == (2, 284)
    with pytest.raises(InputError, match="expression has 100 coefficients, the packed vector holds 50"):
        Clip.neutral(2, expression=np.ones((2, 100))).vector()


@pytest.mark.parametrize("shape", [(284,), (3, 283), (1, 3, 284)])
def test_vector_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"expected \(t, 284\)"):
        unwrap(Clip.from_vector)(np.zeros(shape, np.float32))


# --- cutting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (slice(1, 2), 25, 50),
        (slice(None, 0.5), 0, 12),
        (slice(3.5, None), 88, 100),
        (slice(-1, None), 75, 100),
        (slice(None, -1), 0, 75),
        (slice(-2, -1), 50, 75),
        (slice(3, 99), 75, 100),
        (slice(0, 0.04), 0, 1),
        (slice(None, None), 0, 100),
    ],
)
def test_seconds(span: slice, first: int, last: int) -> None:
    clip = moving(100, audio=tone(4.0))
    part = clip[span]
    for name in TIMED:
        np.testing.assert_array_equal(getattr(part, name), getattr(clip, name)[first:last])
    np.testing.assert_array_equal(part.shape, clip.shape)
    assert part.audio is not None
    np.testing.assert_array_equal(part.audio.samples, clip.audio.samples[first * 640 : last * 640])


def test_shape_per_frame_is_cut_too() -> None:
    clip = moving(50, shape=np.arange(50)[:, None] * np.ones((1, 4)))
    np.testing.assert_array_equal(clip[1:2].shape[:, 0], np.arange(25, 50))


def test_sound_shorter_than_the_picture() -> None:
    part = moving(100, audio=tone(1.5))[1:3]
    assert part.audio is not None
    assert len(part.audio.samples) == 2 * 16_000
    assert not part.audio.samples[8000:].any()


@pytest.mark.parametrize("span", [slice(2, 1), slice(1, 1), slice(9, 10), slice(-9, 1), slice(0, 0.01)])
def test_no_frame_in_it(span: slice) -> None:
    with pytest.raises(InputError, match=r"holds no frame of a clip of 4 s at 25 fps"):
        moving(100)[span]


def test_what_is_no_span() -> None:
    clip = moving(10)
    with pytest.raises(InputError, match=r"clip\[0\.5:2\]"):
        unwrap(Clip.__getitem__)(clip, 3)  # without the type checks of the tests
    with pytest.raises(InputError, match="span of seconds"):
        clip[0:1:2]
    with pytest.raises(InputError, match="no span"):
        clip[0 : float("nan")]
    with pytest.raises(InputError, match="no span"):
        clip[0 : float("inf")]


@settings(max_examples=50)
@given(FRAME_RATES, RATES, st.integers(2, 60), st.data())
def test_cut_sound_is_as_long_as_the_picture(fps: float, rate: int, frames: int, data: st.DataObject) -> None:
    clip = Clip.neutral(frames, fps=fps, audio=tone(frames / fps, rate))
    first = data.draw(st.integers(0, frames - 1))
    last = data.draw(st.integers(first + 1, frames))
    part = clip.cut(first / fps, last / fps)
    assert part.n_frames == last - first
    assert part.audio is not None
    assert abs(part.audio.duration - part.duration) <= 1 / rate + 1e-9


# --- joining ---------------------------------------------------------------------------------------------


def test_joined_without_a_fade() -> None:
    a, b = moving(10, audio=tone(0.4)), moving(7, seed=1, audio=tone(0.28))
    b = b.replace(shape=a.shape)
    joined = Clip.concatenate([a, b], fade=0.0)
    for name in TIMED:
        both = np.concatenate([getattr(a, name), getattr(b, name)])
        np.testing.assert_array_equal(getattr(joined, name), both)
    np.testing.assert_array_equal(joined.shape, a.shape)
    assert joined.audio is not None
    np.testing.assert_array_equal(joined.audio.samples, np.concatenate([a.audio.samples, b.audio.samples]))


def test_cross_fade() -> None:
    """Outside the overlap nothing changes; within, a smooth step from one to the other."""
    a, b = (Clip.neutral(20, expression=np.full((20, 2), value), shape=np.zeros(3)) for value in (1.0, 3.0))
    joined = Clip.concatenate([a, b], fade=0.2)
    assert joined.n_frames == 20 + 20 - 5
    curve = joined.expression[:, 0]
    assert (curve[:15] == 1).all()
    assert (curve[20:] == 3).all()
    x = (np.arange(5) + 0.5) / 5
    np.testing.assert_allclose(curve[15:20], 1 + 2 * (3 * x**2 - 2 * x**3), atol=1e-6)
    assert joined.shape.shape == (3,)


def test_fade_of_rotations_is_continuous() -> None:
    """Through half a turn, where a fade of the numbers would pass through the middle."""
    a = Clip.neutral(20, head=np.tile([0, 3.0, 0], (20, 1)))
    b = Clip.neutral(20, head=np.tile([0, -3.0, 0], (20, 1)))
    joined = Clip.concatenate([a, b], fade=0.4)
    turns = Rotation.from_rotvec(joined.head.astype(float))
    assert (turns[:-1].inv() * turns[1:]).magnitude().max() < 0.06
    assert np.abs(np.abs(joined.head[:, 1]) - np.pi).max() < 0.15


def test_sound_fades_linearly() -> None:
    ones = Audio(np.ones(16_000, np.float32), 16_000)
    joined = Clip.concatenate([Clip.neutral(25, audio=ones), Clip.neutral(25, audio=ones)], fade=0.2)
    assert joined.audio is not None
    np.testing.assert_allclose(joined.audio.samples, 1, atol=1e-6)
    half = Clip.concatenate([Clip.neutral(25, audio=ones), Clip.neutral(25)], fade=0.2)
    assert half.audio is not None
    fade = half.audio.samples[20 * 640 : 25 * 640]
    np.testing.assert_allclose(fade, 1 - (np.arange(3200) + 0.5) / 3200, atol=1e-6)
    assert not half.audio.samples[25 * 640 :].any()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.none() | RATES), min_size=1, max_size=5),
    FRAME_RATES,
    st.floats(0, 1),
)
def test_joined_sound_is_as_long_as_the_picture(
    parts: list[tuple[int, int | None]], fps: float, fade: float
) -> None:
    clips = [
        Clip.neutral(n, fps=fps, audio=None if rate is None else tone(n / fps, rate)) for n, rate in parts
    ]
    joined = Clip.concatenate(clips, fade)
    frames = clips[0].n_frames
    for clip in clips[1:]:
        frames += clip.n_frames - min(round(fade * fps), frames, clip.n_frames)
    assert joined.n_frames == frames
    if joined.audio is not None:
        assert abs(joined.audio.duration - joined.duration) <= 1 / joined.audio.rate + 1e-9


def test_different_clips_joined() -> None:
    a = Clip.neutral(10, shape=np.ones(5), provenance={"n": 1})
    b = moving(20, fps=50.0, provenance={"n": 2})
    joined = Clip.concatenate([a, b], fade=0.0)
    assert joined.fps == 25.0
    assert joined.n_frames == 20
    assert joined.shape.shape == (20, 20)
    assert joined.expression.shape == (20, 50)
    assert joined.eyes is not None
    assert not joined.eyes[:10].any()
    np.testing.assert_array_equal(joined.eyes[10:], b.resample(25.0).eyes)
    assert joined.provenance == {"concatenated": [{"n": 1}, {"n": 2}]}
    assert Clip.concatenate([b]) == b


def test_what_cannot_be_joined() -> None:
    with pytest.raises(InputError, match="at least one"):
        Clip.concatenate([])
    with pytest.raises(InputError, match=r"fade is -1\.0"):
        Clip.concatenate([Clip.neutral(1)], fade=-1.0)
    with pytest.raises(HeadMismatchError, match="different heads: a and b"):
        Clip.concatenate([Clip.neutral(1, made_for=name) for name in "ab"])


# --- resampling ------------------------------------------------------------------------------------------


def test_there_and_back_is_exact() -> None:
    clip = moving(40, audio=tone(1.6))
    double = clip.resample(50.0)
    assert double.n_frames == 80
    assert double.duration == clip.duration
    assert double.audio is clip.audio
    back = double.resample(25.0)
    assert back.n_frames == 40
    for name in TIMED:
        original, shared, returned = (
            getattr(c, name)[step]
            for c, step in ((clip, slice(None)), (double, slice(0, None, 2)), (back, slice(None)))
        )
        np.testing.assert_array_equal(shared, original)
        np.testing.assert_array_equal(returned, original)


def test_constant_angular_velocity() -> None:
    axis, speed = np.array([0.6, 0.0, 0.8]), 2.5  # radians a second; past half a turn after 1.3 s
    times = np.arange(50) / 25
    vectors = speed * times[:, None] * axis
    clip = Clip.neutral(50, head=vectors, eyes=np.concatenate([vectors, -vectors], axis=1))
    for fps in (60.0, 29.97, 10.0):
        slow = clip.resample(fps)
        expected = speed * np.minimum(slow.times, times[-1])[:, None] * axis
        np.testing.assert_allclose(slow.head, expected, atol=1e-5)
        np.testing.assert_allclose(slow.eyes, np.concatenate([expected, -expected], axis=1), atol=1e-5)


@given(st.integers(1, 200), FRAME_RATES, FRAME_RATES)
@settings(max_examples=40, deadline=None)
def test_duration_is_kept(frames: int, before: float, after: float) -> None:
    clip = Clip.neutral(frames, fps=before, jaw=np.linspace(0, 1, frames)[:, None] * np.ones((1, 3)))
    other = clip.resample(after)
    assert other.fps == after
    assert abs(other.duration - clip.duration) <= max(0.5, frames == 1) / after + 1e-9
    assert (np.diff(other.jaw[:, 0]) >= -1e-6).all()


def test_shape_per_frame_is_resampled() -> None:
    ramp = np.arange(25.0)[:, None] * np.ones((1, 2))
    double = Clip.neutral(25, shape=ramp).resample(50.0)
    np.testing.assert_allclose(double.shape[:, 0], np.minimum(np.arange(50) / 2, 24), atol=1e-6)


@pytest.mark.parametrize("fps", [0.0, -1.0, 1e6, float("nan")])
def test_no_frame_rate(fps: float) -> None:
    with pytest.raises(InputError, match="fps is"):
        moving(4).resample(fps)


# --- smoothing ----------------------------------------------------------------------------------------------


def test_cubics_are_kept() -> None:
    x = np.linspace(-1, 1, 50)[:, None]
    expression = x**3 * [[1.0, 2.0]] - x**2 + 0.5
    clip = Clip.neutral(50, expression=expression)
    np.testing.assert_allclose(clip.smooth(0.4).expression, expression, atol=1e-6)


def test_only_what_is_named_is_smoothed() -> None:
    clip = moving(50)
    smooth = clip.smooth(0.3, names=("jaw", "eyes"))
    for name in TIMED:
        same = np.array_equal(getattr(clip, name), getattr(smooth, name))
        assert same == (name not in ("jaw", "eyes"))
    assert Clip.neutral(50).smooth(0.3, names=("eyes",)) == Clip.neutral(50)
    with pytest.raises(InputError, match=r"cannot smooth \['mouth'\]; choose from expression"):
        clip.smooth(0.2, names=("mouth",))


def test_head_near_half_a_turn() -> None:
    """A head seen from behind, as some trackers' cameras have it: the numbers jump, the rotation does not."""
    rng = np.random.default_rng(0)
    turn = np.pi + 0.2 * np.sin(np.arange(60) / 8) + rng.normal(0, 0.01, 60)
    head = Rotation.from_rotvec(turn[:, None] * [[1.0, 0, 0]]).as_rotvec()
    smooth = Clip.neutral(60, head=head).smooth(0.28)
    found = Rotation.from_rotvec(smooth.head.astype(float))
    truth = Rotation.from_rotvec((np.pi + 0.2 * np.sin(np.arange(60) / 8))[:, None] * [[1.0, 0, 0]])
    assert (found.inv() * truth).magnitude().max() < 0.03
    assert (found[:-1].inv() * found[1:]).magnitude().max() < 0.05


# --- drawing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "clip",
    [
        moving(50, audio=tone(0.5)),
        Clip.neutral(1, expression=np.zeros((1, 2))),
        Clip.neutral(5, audio=Audio(np.zeros(0, np.float32), 16_000)),
    ],
    ids=["sound", "one silent frame", "empty sound"],
)
def test_plot_is_a_picture(clip: Clip, tmp_path: Path) -> None:
    figure = clip.plot()
    assert len(figure.axes) == (4 if clip.audio else 3)
    figure.savefig(tmp_path / "clip.png", dpi=50)
    with Image.open(tmp_path / "clip.png") as picture:
        assert picture.size == (550, 350)
        assert len(picture.convert("RGB").getcolors(maxcolors=10**6) or []) > 20


def test_plot_draws_the_curves() -> None:
    clip = moving(50)
    jaw, head, expression = clip.plot().axes
    np.testing.assert_allclose(jaw.lines[0].get_ydata(), np.degrees(clip.jaw[:, 0]))
    assert len(head.lines) == 3
    strongest = np.argsort(-clip.expression.std(0))[0]
    np.testing.assert_allclose(expression.lines[0].get_ydata(), clip.expression[:, strongest])
