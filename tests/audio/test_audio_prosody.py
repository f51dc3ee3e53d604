"""Pitch in closed form, syllables and effort of synthetic speech, and emotion by rules."""

import numpy as np
import pytest
from audio_samples import RATE, SENTENCE, noisy, say

from flametalk.audio.mood import CUES, EMOTIONS, FEATURES, PROTOTYPES, emotion_of, mood_of
from flametalk.audio.phones import SILENCE
from flametalk.audio.phonetic import hear, phone_posteriors
from flametalk.audio.pitch import track_pitch
from flametalk.audio.prosody import measure_prosody

pytestmark = pytest.mark.core


def _buzz(phase: np.ndarray) -> np.ndarray:
    return (0.1 * sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 9))).astype(np.float32)


def _prosody(samples: np.ndarray):
    return measure_prosody(samples, phone_posteriors(hear([samples])))


@pytest.mark.parametrize("hertz", [70.0, 110.0, 220.0, 333.0, 450.0])
@pytest.mark.parametrize("noise", [None, 15.0])
def test_pitch_of_a_buzz(hertz: float, noise: float | None) -> None:
    sound = _buzz(hertz * np.arange(2 * RATE) / RATE)
    pitch, periodicity = track_pitch(sound if noise is None else noisy(sound, noise), 200)
    assert (pitch[5:-5] > 0).mean() > 0.95
    assert np.median(pitch[pitch > 0]) == pytest.approx(hertz, rel=0.005)
    assert np.median(periodicity) > 0.9


def test_pitch_follows_a_glide() -> None:
    time = np.arange(2 * RATE) / RATE
    pitch, _ = track_pitch(_buzz(100 * time + 40 * time**2), 200)
    expected = 100 + 80 * (np.arange(200) + 0.5) / 100
    assert np.abs(pitch - expected)[5:-5].max() < 2.0


@pytest.mark.parametrize(
    "sound", [np.zeros(RATE), np.random.default_rng(0).normal(0, 0.1, RATE)], ids=["silence", "noise"]
)
def test_no_pitch_in(sound: np.ndarray) -> None:
    assert (_prosody(sound.astype(np.float32)).pitch > 0).mean() < 0.1


@pytest.mark.parametrize(("rate", "syllables"), [(110, 17), (160, 17), (210, 17)])
def test_syllables_are_counted(rate: int, syllables: int) -> None:
    assert _prosody(say(SENTENCE, rate=rate)).syllables.sum() == pytest.approx(syllables, abs=5)


def test_synthetic_voices_have_their_pitch() -> None:
    low, high = (_prosody(say(SENTENCE, pitch=pitch)).pitch for pitch in (20, 80))
    assert np.median(high[high > 0]) > 1.5 * np.median(low[low > 0])


def _mood(samples: np.ndarray, fps: float = 25.0):
    return mood_of(_prosody(samples), fps, round(len(samples) / RATE * fps))


def test_lively_speech_is_more_aroused_than_flat_speech() -> None:
    flat = _mood(say(SENTENCE, rate=100, pitch=20, spread=5))
    lively = _mood(say(SENTENCE, rate=210, pitch=85, spread=99))
    assert lively.arousal > flat.arousal + 0.2
    assert lively.valence > flat.valence


def test_features_have_their_names_and_bounds() -> None:
    mood = _mood(say(SENTENCE))
    assert mood.features.shape[1] == len(FEATURES) == 10 + 2 + len(EMOTIONS)
    assert np.isfinite(mood.features).all() and np.abs(mood.features).max() < 20
    scores = mood.features[:, -len(EMOTIONS) :]
    np.testing.assert_allclose(scores.sum(1), 1.0, atol=1e-5)
    assert sum(mood.scores.values()) == pytest.approx(1.0)
    assert set(mood.scores) == set(EMOTIONS)


def test_silence_is_neutral() -> None:
    mood = _mood(np.zeros(RATE, np.float32))
    assert max(mood.scores, key=mood.scores.__getitem__) == "neutral" and mood.scores["neutral"] > 0.7
    assert mood.arousal == mood.valence == 0.0


def test_strong_emotions_are_recognised_and_weak_ones_are_neutral() -> None:
    scores, valence, arousal = emotion_of(2.0 * PROTOTYPES)
    found = {name: EMOTIONS[row.argmax()] for name, row in zip(EMOTIONS, scores, strict=True)}
    assert all(found[name] == name for name in ("neutral", "angry", "fear", "happy", "sad", "surprise"))
    assert (emotion_of(0.3 * PROTOTYPES)[0].argmax(1) == 0).all()
    named = dict(zip(EMOTIONS, zip(valence, arousal, strict=True), strict=True))
    assert named["angry"][1] > 0.5 > -0.5 > named["sad"][1]
    assert named["happy"][0] > 0 > named["sad"][0]
    assert PROTOTYPES.shape == (len(EMOTIONS), len(CUES))


def test_speech_is_heard_as_speech() -> None:
    found = phone_posteriors(hear([say(SENTENCE)]))
    assert 0.4 < 1 - found[:, SILENCE].mean() < 1.0
