"""Resampling against closed forms, and whole against chunks."""

import numpy as np
import pytest
from audio_samples import RATE, tone
from hypothesis import given, settings
from hypothesis import strategies as st

from flametalk.audio.resample import resample, resample_chunks

pytestmark = pytest.mark.core
RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 44_099, 48_000, 96_000]


@pytest.mark.parametrize("source", RATES)
@pytest.mark.parametrize("target", [16_000, 44_100])
def test_a_tone_stays_the_tone(source: int, target: int) -> None:
    sound = tone(1000.0, 0.5, source)
    result = resample(sound, target)
    count = -(-len(sound.samples) * target // source)
    assert len(result.samples) == count
    expected = 0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(count) / target)
    inner = slice(target // 50, -target // 50)
    assert np.abs(result.samples - expected)[inner].max() < 1e-5


def test_pass_and_stop_band() -> None:
    edge = slice(800, -800)
    kept = resample(tone(6500.0, 1.0, 48_000, 1.0), RATE).samples[edge]
    assert 20 * np.log10(np.abs(kept).max()) == pytest.approx(0.0, abs=0.05)
    gone = resample(tone(8100.0, 1.0, 48_000, 1.0), RATE).samples[edge]
    assert 20 * np.log10(np.abs(gone).max()) < -85


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=12), st.sampled_from(RATES), st.integers(0, 2**32 - 1))
def test_chunks_give_the_same_numbers(lengths: list[int], source: int, seed: int) -> None:
    sound = np.random.default_rng(seed).standard_normal(sum(lengths)).astype(np.float32)
    chunks = np.split(sound, np.cumsum(lengths)[:-1]) if lengths else []
    whole = list(resample_chunks([sound], source, RATE))
    parts = list(resample_chunks(chunks, source, RATE))
    joined = [np.concatenate(x) if x else np.zeros(0, np.float32) for x in (whole, parts)]
    assert len(joined[0]) == -(-len(sound) * RATE // source)
    np.testing.assert_allclose(joined[1], joined[0], atol=1e-6)
