"""`extract_features`: alignment to frames, provenance, and bad input."""

from pathlib import Path

import numpy as np
import pytest
from audio_samples import RATE, SENTENCE, noisy, say, tone

from flametalk.audio.decode import write_wav
from flametalk.audio.features import AudioFeatures, extract_features
from flametalk.audio.mood import EMOTIONS, FEATURES
from flametalk.audio.phones import PHONE_INDEX, SILENCE
from flametalk.audio.signal import Audio
from flametalk.audio.timing import count_frames, frame_means, span_mean
from flametalk.errors import FileError, InputError, UnknownNameError

pytestmark = pytest.mark.core


@pytest.mark.parametrize("fps", [25.0, 24.0, 29.97, 60.0])
def test_shapes(fps: float) -> None:
    speech = say(SENTENCE)[: 2 * RATE]
    features = extract_features(Audio(speech, RATE), fps=fps)
    frames = count_frames(len(speech), RATE, fps)
    assert features.linguistic.shape == (frames, 42)
    assert features.amplitude.shape == features.aperture.shape == (frames,)
    assert features.envelope.shape == (frames, 640)
    assert features.emotion.shape == (frames, len(FEATURES))
    assert set(features.emotion_scores) == set(EMOTIONS)
    np.testing.assert_allclose(features.linguistic.sum(1), 1.0, atol=1e-3)
    np.testing.assert_allclose(features.amplitude, features.envelope.mean(1), atol=2e-3)
    assert "phone" in features.provenance["linguistic"] and "rules" in features.provenance["emotion"]
    assert str(frames) in str(features)


@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_frame_k_hears_its_own_time(fps: float) -> None:
    first, last = round(1.0 * RATE), round(1.2 * RATE)
    sound = np.zeros(3 * RATE, np.float32)
    sound[first:last] = say("ah")[RATE // 5 :][: last - first]
    features = extract_features(Audio(sound, RATE), fps=fps)
    loud = np.flatnonzero(features.amplitude > 0.2 * features.amplitude.max())
    assert loud.min() >= int(1.0 * fps) - 1 and loud.max() <= int(1.2 * fps)
    spoken = np.flatnonzero(features.linguistic[:, SILENCE] < 0.5)
    if len(spoken):
        assert spoken.min() >= 1.0 * fps - 2 and spoken.max() <= 1.2 * fps + 1


def test_text_is_followed() -> None:
    features = extract_features(Audio(say(SENTENCE), RATE), text=SENTENCE)
    assert features.provenance["text"].startswith("followed")
    assert features.linguistic[:, PHONE_INDEX["M"]].max() > 0.9  # tomorrow morning


def test_a_file_and_its_sound_are_the_same(tmp_path: Path) -> None:
    audio = Audio(say(SENTENCE), RATE)
    write_wav(audio, tmp_path / "a.wav")
    a, b = extract_features(tmp_path / "a.wav"), extract_features(audio)
    assert np.abs(a.linguistic - b.linguistic).mean() < 0.005
    np.testing.assert_allclose(a.envelope, b.envelope, atol=1e-3)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_any_rate(rate: int) -> None:
    features = extract_features(tone(200.0, 1.0, rate))
    assert features.n_frames == 25
    assert features.amplitude[5:20] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("length", [1, 160, 640, 1000])
def test_very_short(length: int) -> None:
    features = extract_features(Audio(np.full(length, 0.1, np.float32), RATE))
    assert features.n_frames == count_frames(length, RATE)


def test_silence_is_still() -> None:
    features = extract_features(Audio(np.zeros(2 * RATE, np.float32), RATE))
    assert features.aperture.max() < 1e-3 and not features.amplitude.any()
    assert features.linguistic[:, SILENCE].min() > 0.99


def test_noise_is_survived() -> None:
    assert np.isfinite(extract_features(Audio(noisy(say(SENTENCE), 0), RATE)).linguistic).all()


def test_bad_input(tmp_path: Path) -> None:
    sound = tone(200.0, 0.2)
    with pytest.raises(FileError, match="no such file"):
        extract_features(tmp_path / "none.wav")
    with pytest.raises(FileError, match="URL"):
        extract_features("https://example.org/a.wav")
    with pytest.raises(InputError, match="has no samples"):
        extract_features(Audio(np.zeros(0, np.float32), RATE))
    with pytest.raises(InputError, match="frame rate is 0"):
        extract_features(sound, fps=0.0)
    with pytest.raises(UnknownNameError, match="linguistic features 'wavelm'"):
        extract_features(sound, linguistic="wavelm")
    with pytest.raises(UnknownNameError, match="emotion2vec:FOLDER"):
        extract_features(sound, emotion="wavlm:/tmp")
    with pytest.raises(InputError, match="write wavlm:FOLDER"):
        extract_features(sound, linguistic="wavlm:")


def test_features_are_checked_and_read_only() -> None:
    features = extract_features(tone(200.0, 0.2))
    with pytest.raises(ValueError, match="read-only"):
        features.linguistic[0, 0] = 1.0
    parts = {name: getattr(features, name) for name in AudioFeatures.__dataclass_fields__}
    with pytest.raises((InputError, TypeError), match="aperture"):  # TypeError: the run-time shape checks
        AudioFeatures(**{**parts, "aperture": np.zeros(3, np.float32)})
    with pytest.raises(InputError, match="emotion has NaN"):
        AudioFeatures(**{**parts, "emotion": np.full((5, 2), np.nan, np.float32)})


def test_frame_means_are_area_averages() -> None:
    values = np.arange(100, dtype=np.float32)
    np.testing.assert_allclose(frame_means(values, 100.0, 25.0, 25), np.arange(25) * 4 + 1.5)
    np.testing.assert_allclose(frame_means(values, 100.0, 25.0, 30)[25:], 99.0)  # the last lasts on
    for fps in (24.0, 29.97, 60.0, 120.0):
        means = frame_means(values, 100.0, fps, int(fps))
        spans = [span_mean(values, k * 100 / fps, (k + 1) * 100 / fps) for k in range(int(fps))]
        np.testing.assert_allclose(means, spans, rtol=1e-4, atol=1e-3)
