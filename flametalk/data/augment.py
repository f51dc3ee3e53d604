"""What happens to a voice on its way to a listener: room, microphone, noise, codecs. Timing is kept."""

import io
from dataclasses import dataclass
from typing import cast

import av
import numpy as np
from av import AudioStream
from jaxtyping import Float32, Float64
from scipy.signal import oaconvolve, sosfilt

from ..conventions import SAMPLE_RATE
from .sounds import NOISES, coloured, music, noise, normalised

LOUD = 0.1  # root mean square of speech at its usual level
CODECS = {  # container, codec, bits a second, sample rate
    "mp3": ("mp3", "mp3", (24_000, 96_000), 16_000),
    "aac": ("adts", "aac", (24_000, 96_000), 16_000),
    "opus": ("ogg", "libopus", (8_000, 48_000), 16_000),
    "mu-law": ("wav", "pcm_mulaw", None, 8_000),
}
LARGEST_DELAY = 0.15  # seconds that a codec may shift the sound


@dataclass(frozen=True)
class Chain:
    """What is done, in this order. None, 0 or "" leaves a step out; JSON values only, for the records."""

    tilt: float = 0.0  # dB from the lowest to the highest octave
    bands: tuple[tuple[float, float, float], ...] = ()  # equaliser: hertz, dB, width in octaves
    telephone: bool = False
    room: float = 0.0  # seconds of reverberation (60 dB)
    distance: float = 0.0  # dB by which the room is softer than the direct sound
    noise: str = ""  # one of NOISES, "music" or "babble"
    snr: float = 99.0  # dB
    drive: float = 0.0  # of a soft clipper
    codec: str = ""
    bits: int = 0
    level: float = 0.0  # dB over the usual


def random_chain(chance: np.random.Generator, clean: float = 0.15) -> Chain:
    """As sounds come from cameras, telephones and studios; a part of them untouched."""
    level = float(chance.uniform(-22.0, 8.0))
    if chance.random() < clean:
        return Chain(level=level)
    equalised, roomy, noisy, driven, coded, phoned = chance.random(6)
    bands = tuple(
        (float(np.exp(chance.uniform(np.log(120.0), np.log(6500.0)))), float(chance.uniform(-8.0, 8.0)), 1.0)
        for _ in range(int(chance.integers(1, 4)) if equalised < 0.6 else 0)
    )
    kinds = (*NOISES, "music", "babble")
    codec = str(chance.choice(list(CODECS))) if coded < 0.25 else ""
    low, high = CODECS[codec][2] or (1, 2) if codec else (1, 2)
    return Chain(
        tilt=float(chance.uniform(-9.0, 9.0)) if equalised < 0.7 else 0.0,
        bands=bands,
        telephone=bool(phoned < 0.07),
        room=float(chance.uniform(0.12, 0.7)) if roomy < 0.5 else 0.0,
        distance=float(chance.uniform(0.0, 14.0)),
        noise=str(chance.choice(kinds)) if noisy < 0.7 else "",
        snr=float(chance.triangular(4.0, 18.0, 40.0)),
        drive=float(chance.uniform(0.5, 3.0)) if driven < 0.15 else 0.0,
        codec=codec,
        bits=int(chance.integers(low, high)),
        level=level,
    )


def apply_chain(
    speech: Float32[np.ndarray, "n"], chain: Chain, chance: np.random.Generator
) -> Float32[np.ndarray, "n"]:
    """The sound as it arrives; as long as before, nothing moved in time."""
    clean = np.asarray(speech, np.float64)
    loud = _speech_level(clean)
    sound = equalise(clean, chain)
    if chain.room:
        sound = oaconvolve(sound, room_response(chain.room, chain.distance, chance))[: len(sound)]
    sound *= LOUD / max(_speech_level(sound), 1e-6) if loud > 0 else 1.0
    if chain.noise:
        sound = sound + LOUD * 10 ** (-chain.snr / 20) * _background(chain.noise, clean, chance)
    if chain.drive:
        sound = LOUD / chain.drive * 4.0 * np.tanh(sound * chain.drive / (LOUD * 4.0))
    sound = sound * 10 ** (chain.level / 20)
    peak = float(np.abs(sound).max(initial=0.0))
    arrived = (sound * (0.99 / peak if peak > 0.99 else 1.0)).astype(np.float32)
    return through_codec(arrived, chain.codec, chain.bits) if chain.codec else arrived


def _speech_level(sound: np.ndarray) -> float:
    """Root mean square of what is not silent."""
    heard = np.abs(sound) > 1e-3 * max(float(np.abs(sound).max(initial=0.0)), 1e-9)
    return float(np.sqrt(np.mean(sound[heard] ** 2))) if heard.any() else 0.0


def _background(kind: str, speech: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    if kind == "music":
        return music(len(speech), chance)
    if kind == "babble":  # others far away: the voice backwards, several times, at other pitches
        crowd = np.zeros(len(speech))
        for _ in range(5):
            pace = chance.uniform(0.8, 1.25)
            places = (np.arange(len(speech)) * pace + chance.integers(len(speech))) % len(speech)
            crowd += speech[::-1][places.astype(int)]
        return normalised(crowd)
    return noise(kind, len(speech), chance)


def equalise(sound: Float64[np.ndarray, "n"], chain: Chain) -> Float64[np.ndarray, "n"]:
    """Tilt, bands and the band of a telephone."""
    for hertz, gain, width in chain.bands:
        sound = sosfilt(_peak(hertz, gain, width), sound)
    if chain.tilt:
        sound = sosfilt(
            _peak(250.0, -chain.tilt / 2, 3.0), sosfilt(_peak(5000.0, chain.tilt / 2, 3.0), sound)
        )
    if chain.telephone:
        from scipy.signal import butter

        sound = sosfilt(butter(3, [300.0, 3400.0], "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
    return np.asarray(sound)


def _peak(hertz: float, gain: float, octaves: float) -> Float64[np.ndarray, "1 6"]:
    """A bell of an equaliser (R. Bristow-Johnson's cookbook)."""
    amplitude, turn = 10 ** (gain / 40), 2 * np.pi * hertz / SAMPLE_RATE
    alpha = np.sin(turn) * np.sinh(np.log(2) / 2 * octaves * turn / np.sin(turn))
    over = np.array([1 + alpha * amplitude, -2 * np.cos(turn), 1 - alpha * amplitude])
    under = np.array([1 + alpha / amplitude, -2 * np.cos(turn), 1 - alpha / amplitude])
    return np.concatenate([over, under])[None] / under[0]


def room_response(seconds: float, distance: float, chance: np.random.Generator) -> Float64[np.ndarray, "n"]:
    """The direct sound at once, a few early reflections, and a tail that loses its heights."""
    length = round(seconds * SAMPLE_RATE)
    time = np.arange(length) / SAMPLE_RATE
    tail = coloured(length, 0.7, chance) * 10 ** (-3.0 * time / seconds) * (time > 0.004)
    for _ in range(6):
        delay = int(chance.uniform(0.002, 0.03) * SAMPLE_RATE)
        tail[delay % length] += (
            chance.choice([-1.0, 1.0]) * 3.0 * float(tail.std()) * 10 ** (-2.0 * delay / length)
        )
    tail *= 10 ** (-distance / 20) / max(float(np.sqrt((tail**2).sum())), 1e-9)
    tail[0] += 1.0
    return tail


def through_codec(sound: Float32[np.ndarray, "n"], codec: str, bits: int) -> Float32[np.ndarray, "n"]:
    """Coded and decoded in memory; the delay of the codec is measured and taken back."""
    container_name, name, limits, rate = CODECS[codec]
    file = io.BytesIO()
    with av.open(file, "w", format=container_name) as container:
        stream = cast(AudioStream, container.add_stream(name, rate=rate, layout="mono"))
        if limits:
            stream.bit_rate = bits
        stream.codec_context.thread_count = 1
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            for packet in stream.encode(part):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    file.seek(0)
    decoded = _decode(file)
    return _aligned(decoded, sound)


def _decode(file: io.BytesIO) -> Float32[np.ndarray, "n"]:
    with av.open(file, "r") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        parts = [
            part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)
        ]
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32)


def _aligned(decoded: Float32[np.ndarray, "m"], sound: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "n"]:
    """`decoded` shifted so that it fits `sound` best."""
    reach = round(LARGEST_DELAY * SAMPLE_RATE)
    n = len(sound)
    padded = np.zeros(n + 2 * reach, np.float32)
    usable = min(len(decoded), n + reach)
    padded[reach : reach + usable] = decoded[:usable]
    likeness = oaconvolve(padded.astype(np.float64), sound[::-1].astype(np.float64), mode="valid")
    shift = int(np.argmax(likeness)) if sound.any() else reach
    return padded[shift : shift + n]
