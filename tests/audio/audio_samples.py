"""Sounds and files that the audio tests make for themselves."""

from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.signal import lfilter

from flametalk.audio.signal import Audio
from flametalk.data.voice import Voice, open_speaker

RATE = 16_000
SENTENCE = "the weather has changed again and we are leaving tomorrow morning"


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE, level: float = 0.5) -> Audio:
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return Audio(wave.astype(np.float32), rate)


def pink(n: int, seed: int = 0) -> np.ndarray:
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0)), n)
    return (noise / noise.std()).astype(np.float32)


def noisy(samples: np.ndarray, snr_db: float, seed: int = 0) -> np.ndarray:
    return samples + pink(len(samples), seed) * samples.std() * np.float32(10 ** (-snr_db / 20))


def vowel(
    formants: tuple[float, ...], seconds: float, pitch: float = 110.0, level: float = 0.2
) -> np.ndarray:
    """A pulse train through resonators: enough for the front end to hear a vowel."""
    time = np.arange(round(seconds * RATE))
    pulses = np.diff(np.floor(time * pitch / RATE), prepend=0.0)
    sound = lfilter([1.0], [1.0, -0.95], pulses)
    for hertz in formants:
        radius, angle = np.exp(-np.pi * 80 / RATE), 2 * np.pi * hertz / RATE
        sound = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], sound)
    sound = np.diff(sound, prepend=0.0)
    return (level * sound / np.abs(sound).max()).astype(np.float32)


@lru_cache(maxsize=32)
def say(text: str, voice: str = "en-us", rate: int = 160, pitch: int = 50, spread: int = 50) -> np.ndarray:
    """Synthetic speech at 16 kHz with 0.2 s of silence around; each in a process of its own."""
    pytest.importorskip("espeakng_loader")
    with open_speaker() as speaker:
        sound = speaker.say(text, Voice(voice, rate, pitch, spread)).audio
    return np.pad(sound.samples * 0.7, RATE // 5)


def encode(
    path: Path, channels: np.ndarray, rate: int, codec: str, layout: str, video_from: float | None = None
) -> None:
    """Write `channels` (c, n) with any codec; with `video_from`, after a picture stream that begins there."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=25) if video_from is not None else None
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if pictures is not None:
            pictures.width = pictures.height = 32
            for k in range(25):
                picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                picture.pts = k + round(video_from * 25)
                for packet in pictures.encode(picture):
                    container.mux(packet)
            for packet in pictures.encode(None):
                container.mux(packet)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        for first in range(0, channels.shape[1], 960):
            block = np.ascontiguousarray(channels[:, first : first + 960], np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.rate, frame.pts = rate, first
            for converted in resampler.resample(frame):
                for packet in stream.encode(converted):
                    container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1])
