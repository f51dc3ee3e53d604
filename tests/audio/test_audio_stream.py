"""The stream against the whole clip, its delay, and its memory."""

import numpy as np
import pytest
from audio_samples import RATE, SENTENCE, correlation, say

from flametalk.audio.features import extract_features
from flametalk.audio.signal import Audio
from flametalk.audio.stream import DELAY, FeatureStream, StreamedFrames

pytestmark = pytest.mark.core


def _stream(sound: np.ndarray, piece: int, fps: float = 25.0) -> StreamedFrames:
    stream = FeatureStream(fps)
    parts = [stream.hear(sound[k : k + piece]) for k in range(0, len(sound), piece)]
    parts.append(stream.hear(np.zeros(0, np.float32), last=True))
    assert [part.first for part in parts] == np.cumsum([0, *(part.n_frames for part in parts[:-1])]).tolist()
    names = ("linguistic", "amplitude", "envelope", "aperture")
    return StreamedFrames(0, *(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@pytest.mark.parametrize("fps", [25.0, 29.97])
def test_agrees_with_the_whole_clip(fps: float) -> None:
    speech = say(SENTENCE)[: 3 * RATE]
    whole = extract_features(Audio(speech, RATE), fps=fps, linguistic="pocketsphinx")
    streamed = _stream(speech, 640, fps)
    assert streamed.n_frames == whole.n_frames
    assert correlation(streamed.aperture, whole.aperture) > 0.85
    assert np.minimum(streamed.linguistic, whole.linguistic).sum(1).mean() > 0.7
    assert np.abs(streamed.amplitude - whole.amplitude)[1:-1].max() < 0.02 * whole.amplitude.max()
    assert np.abs(streamed.envelope - whole.envelope)[1:-1].max() < 0.03 * whole.envelope.max()


def test_pieces_of_any_size_give_the_same() -> None:
    speech = say(SENTENCE)[:RATE]
    expected = _stream(speech, 640)
    for piece in (473, 5000, len(speech)):
        found = _stream(speech, piece)
        for name in ("linguistic", "amplitude", "envelope", "aperture"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-4, err_msg=name)


def test_delay_is_bounded() -> None:
    stream, speech = FeatureStream(), say(SENTENCE)[:RATE]
    done = 0
    for k in range(0, len(speech) - 240, 240):
        done += stream.hear(speech[k : k + 240]).n_frames
        assert (k + 240) / RATE - (done + 1) / 25.0 < DELAY  # frame `done` is not overdue


def test_memory_is_bounded() -> None:
    stream = FeatureStream()
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    for _ in range(4):
        stream.hear(noise)
    held = (
        stream._posteriors.values.nbytes + stream._envelope.values.nbytes + stream._phones.likelihoods.nbytes
    )
    assert held < 100_000


@pytest.mark.parametrize("length", [0, 1, 100, 700])
def test_short_streams(length: int) -> None:
    result = _stream(np.full(length, 0.1, np.float32), 64)
    assert result.n_frames == (1 if length else 0)
    assert np.isfinite(result.linguistic).all()
