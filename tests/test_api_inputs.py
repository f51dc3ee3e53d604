"""Sounds that come as users have them: `animate` speaks, or says what is wrong."""

from pathlib import Path

import numpy as np
import pytest
from audio.audio_samples import encode

import flametalk
from flametalk.audio.decode import write_wav
from flametalk.audio.resample import resample
from flametalk.audio.signal import Audio
from flametalk.errors import FlametalkError
from flametalk.metrics import mouth_aperture
from flametalk.reel.sentence import speak_sentence

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def speech() -> Audio:
    return speak_sentence().cut(0.4, 3.0)


@pytest.fixture(scope="module")
def opening(speech: Audio) -> np.ndarray:
    return mouth_aperture(flametalk.animate(speech))


def _like(clip: flametalk.Clip, opening: np.ndarray) -> float:
    made = mouth_aperture(clip)
    n = min(len(made), len(opening))
    return float(np.corrcoef(made[:n], opening[:n])[0, 1])


def test_six_channels(speech: Audio, opening: np.ndarray, tmp_path: Path) -> None:
    channels = np.zeros((6, len(speech.samples)), np.float32)
    channels[2] = speech.samples
    encode(tmp_path / "six.wav", channels, speech.rate, "pcm_f32le", "5.1")
    assert _like(flametalk.animate(tmp_path / "six.wav"), opening) > 0.9


def test_a_telephone(speech: Audio, tmp_path: Path) -> None:
    write_wav(resample(speech, 8_000), tmp_path / "phone.wav")
    clip = flametalk.animate(tmp_path / "phone.wav")
    assert mouth_aperture(clip).max() > 0.02


def test_a_truncated_mp3(speech: Audio, tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp3"
    encode(whole, speech.samples[None], speech.rate, "mp3", "mono")
    cut = tmp_path / "cut.mp3"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    try:
        clip = flametalk.animate(cut)
    except FlametalkError as error:
        assert "cut.mp3" in str(error)
    else:
        assert 0.3 * speech.duration < clip.duration < 0.8 * speech.duration


def test_nans_are_named(speech: Audio, tmp_path: Path) -> None:
    samples = speech.samples.copy()
    samples[100] = np.nan
    encode(tmp_path / "nan.wav", samples[None], speech.rate, "pcm_f32le", "mono")
    with pytest.raises(FlametalkError, match="NaN"):
        flametalk.animate(tmp_path / "nan.wav")
