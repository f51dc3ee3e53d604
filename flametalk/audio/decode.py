"""Sound from any common audio or video file, decoded as a stream; and WAV writing.

Only plain files are read: no URL, and no playlist or concatenation format that could point elsewhere.
"""

import wave
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.container import InputContainer
from jaxtyping import Float32

from ..conventions import SAMPLE_RATE
from ..errors import FileError, FormatError, InputError
from ..files import PathLike, atomic_path, existing_file
from .resample import resample_chunks
from .signal import Audio

CONTAINERS = (
    "wav,w64,flac,mp3,ogg,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,aiff,au,caf,amr,avi,asf,mpegts,mpeg,"
    "flv,ac3"
)
MAX_SECONDS = 4 * 3600.0  # what `load_audio` takes into memory (0.9 GB at 16 kHz)
SMALLEST_GAP, LARGEST_GAP = 0.04, 60.0  # seconds: pauses in the time stamps that are filled with silence
CHANNEL_WEIGHTS = {"FC": 1.0, "FL": 0.7071, "FR": 0.7071, "LFE": 0.0, "LFE2": 0.0}  # all others 0.5


def load_audio(path: PathLike, rate: int = SAMPLE_RATE, max_seconds: float = MAX_SECONDS) -> Audio:
    """The sound of an audio or video file, mixed to mono, at `rate`.

    Time 0 is the first sample, or the first picture where there is a video, so that video frame k is heard at
    k / fps.
    """
    chunks, total = [], 0
    for chunk in read_chunks(path, rate):
        chunks.append(chunk)
        total += len(chunk)
        if total > max_seconds * rate:
            raise FileError(path, f"is longer than {max_seconds:,.0f} s; read it in parts with read_chunks")
    return Audio(np.concatenate(chunks), rate)


def read_chunks(
    path: PathLike, rate: int = SAMPLE_RATE, seconds: float = 10.0
) -> Iterator[Float32[np.ndarray, "_"]]:
    """The sound of a file as arrays of `seconds` each (the last may be shorter), in bounded memory."""
    length = round(seconds * rate)
    if length < 1:
        raise InputError(f"chunks of {seconds} s were asked for, expected more than 0")
    held: list[np.ndarray] = []
    waiting = 0
    for part in _resampled(path, rate):
        held.append(part)
        waiting += len(part)
        if waiting >= length:
            joined = np.concatenate(held)
            whole = waiting // length * length
            yield from joined[:whole].reshape(-1, length)
            held, waiting = [joined[whole:]], waiting - whole
    if waiting:
        yield np.concatenate(held)


def write_wav(audio: Audio, path: PathLike) -> None:
    """Write 16-bit PCM; what lies outside −1…1 is clipped."""
    pcm = np.clip(np.rint(audio.samples * 32768.0), -32768, 32767).astype("<i2")
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(audio.rate)
        file.writeframes(pcm.tobytes())


def _resampled(path: PathLike, rate: int) -> Iterator[np.ndarray]:
    found = existing_file(path).resolve()
    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
    try:
        container = av.open(f"file:{found}", options=options)
    except PermissionError as error:
        raise FileError(path, "may not be read (permission denied)") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise FormatError(
            path, "is not audio or video that can be read; try wav, flac, mp3, ogg, m4a or mp4"
        ) from error
    with container:
        stream = container.streams.best("audio")
        if not isinstance(stream, av.AudioStream):
            raise FormatError(path, "has no sound")
        source = stream.rate
        if not 1_000 <= source <= 768_000:
            raise FormatError(path, f"has a sample rate of {source} Hz, expected 1,000 to 768,000")
        parts = _mono(path, container, stream, source)
        first = next((part for part in parts if len(part)), None)
        if first is None:
            raise FormatError(path, "has no sound that can be decoded; it may be cut off or damaged")
        yield from resample_chunks(chain([first], parts), source, rate)


def _mono(
    path: PathLike, container: InputContainer, stream: av.AudioStream, rate: int
) -> Iterator[np.ndarray]:
    """Mono arrays at the source rate, with silence where the time stamps leave a gap."""
    videos = [v for v in container.streams.video if v.start_time is not None and v.average_rate]
    start = _seconds(videos[0].start_time, videos[0].time_base) if videos else None
    position = 0  # samples given so far
    for frame in _frames(container, stream):
        if frame.sample_rate != rate:
            raise FormatError(
                path, f"changes its sample rate from {rate} to {frame.sample_rate} Hz on the way"
            )
        samples = _downmix(frame)
        if not np.isfinite(samples).all():
            raise FormatError(path, f"has NaN or infinite samples near {position / rate:.2f} s")
        time = _seconds(frame.pts, frame.time_base)
        if time is not None:
            start = time if start is None else start
            gap = time - start - position / rate
            if SMALLEST_GAP < gap < LARGEST_GAP or (position == 0 and 0 < gap < LARGEST_GAP):
                silence = np.zeros(round(gap * rate), np.float32)
                position += len(silence)
                yield silence
            elif position == 0 and -LARGEST_GAP < gap < 0:  # sound from before the first picture
                early = round(-gap * rate)
                if early >= len(samples):
                    continue
                samples = samples[early:]
        position += len(samples)
        yield samples


def _frames(container: InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """Decoded frames; damaged packets are left out (their time is filled with silence by the caller)."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError):
            return  # cut off: what came before is used
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue


def _seconds(stamp: int | None, base: Fraction | None) -> float | None:
    return None if stamp is None or base is None else float(stamp * base)


def _downmix(frame: av.AudioFrame) -> np.ndarray:
    """One frame of any sample format and layout as mono float32."""
    channels = frame.layout.channels
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, len(channels)).T
    if samples.dtype == np.uint8:
        samples = (samples.astype(np.float32) - 128.0) / 128.0
    elif samples.dtype.kind == "i":
        samples = samples.astype(np.float32) / 2.0 ** (8 * samples.itemsize - 1)
    weights = np.array([CHANNEL_WEIGHTS.get(channel.name, 0.5) for channel in channels])
    if not weights.any() or len(set(weights)) == 1:
        weights = np.ones(len(channels))
    return ((weights / weights.sum()) @ samples).astype(np.float32)
