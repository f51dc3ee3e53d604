"""Windows: they cover the clip, fuse without a seam, and continue from one another."""

import itertools

import pytest
import torch
from generate_samples import normal
from hypothesis import given, settings
from hypothesis import strategies as st

from flametalk.errors import InputError
from flametalk.generate.schedules import EvenSchedule
from flametalk.generate.solvers import euler
from flametalk.generate.windows import Window, fade_in, fuse, plan_windows, tie

pytestmark = pytest.mark.core


@settings(deadline=None)
@given(st.integers(1, 2000), st.integers(2, 300), st.data())
def test_windows_cover_the_clip(frames: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(1, size - 1))
    windows = plan_windows(frames, size, overlap)
    assert windows[0].start == 0 and windows[0].shared == 0 and windows[-1].stop == frames
    for before, after in itertools.pairwise(windows):
        assert after.shared == before.stop - after.start >= overlap
        assert after.stop - after.start == size and after.stop > before.stop


@settings(deadline=None)
@given(st.integers(1, 2000), st.integers(2, 300), st.data())
def test_windows_that_begin_in_pauses_cover_the_clip_too(frames: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(1, size - 1))
    loudness = torch.rand(frames, generator=torch.Generator().manual_seed(frames))
    windows = plan_windows(frames, size, overlap, loudness)
    assert windows[0].start == 0 and windows[0].shared == 0 and windows[-1].stop == frames
    for before, after in itertools.pairwise(windows):
        assert after.shared == before.stop - after.start >= overlap
        assert after.start > before.start and after.stop > before.stop
        assert after.stop - after.start <= size
    last = windows[-1]
    assert last.stop - last.start == min(size, frames)


def test_windows_begin_and_end_in_pauses() -> None:
    loudness = torch.ones(700)
    for pause in (190, 240, 370):
        loudness[pause - 3 : pause + 4] = 0.0
    windows = plan_windows(700, 250, 50, loudness)
    assert windows[0] == Window(0, 240, 0) and windows[1].start == 190
    assert plan_windows(700, 250, 50, torch.ones(700)) == plan_windows(700, 250, 50)


def test_known_plan_and_refusals() -> None:
    assert plan_windows(500) == [Window(0, 250, 0), Window(200, 450, 50), Window(250, 500, 200)]
    assert plan_windows(100) == [Window(0, 100, 0)]
    for overlap in (0, 250):
        with pytest.raises(InputError, match="cannot overlap"):
            plan_windows(500, 250, overlap)


def test_a_constant_field_stays_constant() -> None:
    motion = torch.zeros(2, 730, 3)
    for window in plan_windows(730, 100, 30):
        fuse(motion, torch.full((2, window.stop - window.start, 3), 0.7), window)
    torch.testing.assert_close(motion, torch.full_like(motion, 0.7), rtol=0, atol=1e-6)


def test_windows_that_differ_change_slowly_into_one_another() -> None:
    motion = torch.zeros(1, 500, 1)
    plan = plan_windows(500, 100, 25)
    for k, window in enumerate(plan):
        fuse(motion, torch.full((1, window.stop - window.start, 1), float(k % 2)), window)
    jumps = torch.diff(motion, dim=1).abs()
    assert jumps.max() <= 1.5 / 26 + 1e-6
    assert motion.min() >= 0 and motion.max() <= 1


def test_fading_in_mirrors_fading_out() -> None:
    weights = fade_in(49)
    torch.testing.assert_close(weights + weights.flip(0), torch.ones(49, 1))
    assert (torch.diff(weights, dim=0) > 0).all() and 0 < weights[0] < 0.01


def test_a_tied_window_begins_where_the_last_one_was() -> None:
    x0, known, target = normal(2, 30, 3), normal(2, 10, 3, seed=1), normal(2, 30, 3, seed=2)
    field = tie(lambda x, t: target - x0, x0, known)
    part = euler(field, x0, EvenSchedule(4).times())
    weight = fade_in(10)
    torch.testing.assert_close(part[:, 10:], target[:, 10:], rtol=0, atol=1e-5)
    torch.testing.assert_close(
        part[:, :10], (1 - weight) * known + weight * target[:, :10], rtol=0, atol=1e-5
    )
