"""The envelope against closed forms; the streaming filter against the transform of the whole."""

import numpy as np
import pytest
from audio_samples import RATE, pink, tone
from scipy.signal import hilbert

from flametalk.audio import envelope as room
from flametalk.audio.envelope import EnvelopeStream, envelope, envelope_frames

pytestmark = pytest.mark.core


def _modulated() -> np.ndarray:
    time = np.arange(3 * RATE) / RATE
    shape = 0.3 + 0.2 * np.sin(2 * np.pi * 3 * time)
    return (shape * np.sin(2 * np.pi * 700 * time)).astype(np.float32)


def test_recovers_a_modulation() -> None:
    time = np.arange(3 * RATE) / RATE
    expected = 0.3 + 0.2 * np.sin(2 * np.pi * 3 * time)
    assert np.abs(envelope(_modulated()) - expected)[200:-200].max() < 1e-3


def test_is_the_hilbert_envelope_exactly() -> None:
    sound = pink(12_345) * 0.1
    np.testing.assert_allclose(envelope(sound), np.abs(hilbert(sound)), atol=1e-6)


def test_long_sound_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.tile(_modulated(), 4)
    whole = envelope(sound)
    monkeypatch.setattr(room, "BLOCK", 1 << 16)
    monkeypatch.setattr(room, "OVERLAP", 1 << 13)
    assert np.abs(envelope(sound) - whole)[512:-512].max() < 1e-3


@pytest.mark.parametrize("piece", [100, 640, 5000])
def test_stream_agrees(piece: int) -> None:
    sound = _modulated()
    stream = EnvelopeStream()
    parts = [stream.hear(sound[k : k + piece]) for k in range(0, len(sound), piece)]
    parts.append(stream.hear(np.zeros(0, np.float32), last=True))
    streamed, whole = np.concatenate(parts), envelope(sound)
    assert len(streamed) == len(whole)
    assert np.abs(streamed - whole)[512:-512].max() < 0.01 * whole.max()
    frames = len(sound) // 640
    means = [envelope_frames(x, 25.0, frames).mean(1)[1:-1] for x in (streamed, whole)]
    assert np.abs(means[0] - means[1]).max() < 2e-3 * whole.max()


@pytest.mark.parametrize("hertz", [60.0, 120.0, 1000.0, 7900.0])
def test_stream_is_flat_over_speech(hertz: float) -> None:
    curve = EnvelopeStream().hear(tone(hertz, 1.0).samples)
    assert np.abs(curve[2000:-2000] - 0.5).max() < 0.003


def test_frames_are_the_samples_at_25_fps_and_evenly_spaced_else() -> None:
    ramp = np.arange(RATE, dtype=np.float32)
    frames = envelope_frames(ramp, 25.0, 25)
    assert np.array_equal(frames[3], ramp[3 * 640 : 4 * 640])
    other = envelope_frames(ramp, 30.0, 30)
    assert other.shape == (30, 640)
    np.testing.assert_allclose(
        other.mean(1)[:-1], (np.arange(29) + 0.5) * RATE / 30 - 0.5, rtol=1e-4, atol=0.1
    )
    assert not envelope_frames(ramp, 25.0, 30)[26:].any()  # silence behind the end
