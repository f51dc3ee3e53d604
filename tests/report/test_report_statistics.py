"""Intervals and tests against what is known of them."""

import numpy as np
import pytest

from flametalk.report.statistics import holm, paired_p, summarise

pytestmark = pytest.mark.core


def test_the_interval_of_a_normal_sample() -> None:
    values = np.random.default_rng(0).normal(5.0, 2.0, 400)
    found = summarise(values)
    assert found.mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - half, abs=0.02)
    assert found.high == pytest.approx(values.mean() + half, abs=0.02)
    assert found == summarise(values)  # the same every time


def test_clips_without_a_number_do_not_count() -> None:
    found = summarise(np.array([1.0, np.nan, 3.0]))
    assert (found.mean, found.count) == (2.0, 2)
    alone = summarise(np.array([4.0]))
    assert alone.mean == 4.0 and np.isnan(alone.low)
    assert summarise(np.array([np.nan])).count == 0


def test_exact_sign_flips() -> None:
    """All of n differences positive and equal: only two of 2ⁿ sign patterns are as extreme."""
    for n in (4, 10):
        assert paired_p(np.ones(n)) == pytest.approx(2 / 2**n)
    assert paired_p(np.array([1.0, -1.0])) == 1.0
    assert np.isnan(paired_p(np.array([1.0])))


def test_random_flips_agree_with_the_t_test() -> None:
    from scipy.stats import ttest_1samp

    chance = np.random.default_rng(1)
    for shift in (0.0, 0.3, 1.0):
        values = chance.normal(shift, 1.0, 40)
        assert paired_p(values) == pytest.approx(ttest_1samp(values, 0).pvalue, abs=0.02)


def test_false_alarms_are_as_rare_as_promised() -> None:
    chance = np.random.default_rng(2)
    alarms = np.mean([paired_p(chance.normal(size=10)) < 0.05 for _ in range(300)])
    assert 0.02 <= alarms <= 0.08


def test_holm() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    corrected = holm({"a": 0.01, "b": float("nan")})
    assert corrected["a"] == 0.01 and np.isnan(corrected["b"])
