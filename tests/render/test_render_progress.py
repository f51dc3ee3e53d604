"""The progress bar: silent when quick, a word when the first item takes long."""

import time
from collections.abc import Iterator

import pytest

from flametalk.render import progress
from flametalk.render.progress import FIRST_RUN, with_progress


def slow_start(seconds: float) -> Iterator[int]:
    time.sleep(seconds)
    yield from range(3)


def test_items_pass_through_and_quick_work_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(with_progress(range(5), 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""


def test_a_slow_first_item_is_explained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "AFTER", 0.05)
    assert list(with_progress(slow_start(0.3), 3)) == [0, 1, 2]
    assert FIRST_RUN in capsys.readouterr().err


def test_an_early_stop_leaves_no_timer_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "AFTER", 0.2)
    items = with_progress(range(3), 3)
    next(items)
    items.close()
    time.sleep(0.3)
    assert FIRST_RUN not in capsys.readouterr().err
