"""Video files: frames in, H.264 with AAC sound out, through PyAV. Frames are encoded as they come.

The file takes its name only when it is complete: an error or Ctrl-C leaves nothing, or the older file.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..conventions import FPS
from ..errors import FileError, FormatError, InputError
from ..files import PathLike, atomic_path, existing_file

if TYPE_CHECKING:
    from ..audio.signal import Audio

QUALITY: Final = 18  # x264's crf: 0 lossless … 51 worst; 18 looks like the original
AAC_RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
AUDIO_BLOCK: Final = 1024  # samples, AAC's frame


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds."""

    width: int
    height: int
    fps: float
    frames: int
    duration: float  # seconds of picture
    codec: str
    audio_rate: int | None = None
    audio_duration: float | None = None  # seconds of sound
    audio_codec: str | None = None


class VideoWriter:
    """Encodes one frame after another; made by `open_video`."""

    def __init__(self, container: Any, fps: Fraction, audio: "Audio | None", quality: int, preset: str):
        from av.video.reformatter import VideoReformatter

        self._container, self._fps, self._audio = container, fps, audio
        self._quality, self._preset = quality, preset
        self._reformatter = VideoReformatter()  # kept: it plans once
        self._picture: Any = None
        self._sound: Any = None
        self._size = (0, 0)
        self.frames = 0
        self._samples = 0  # sound written so far

    def write(self, frame: np.ndarray) -> None:
        """Add a frame: (h, w, 3) uint8, sRGB. All frames of a video have one size; where a side is odd, its
        last row is doubled."""
        import av
        from av.video.reformatter import ColorRange, Colorspace

        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise InputError(f"video frame is {frame.shape} {frame.dtype}, expected (h, w, 3) uint8")
        if self._picture is None:
            self._start(frame.shape[0], frame.shape[1])
        if frame.shape[:2] != self._size:
            raise InputError(f"video frame {self.frames} is {frame.shape[:2]}, the first was {self._size}")
        height, width = self._size
        if height % 2 or width % 2:
            frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        picture = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        picture.pts, picture.time_base = self.frames, 1 / self._fps
        for packet in self._picture.encode(picture):
            self._container.mux(packet)
        self.frames += 1
        self._write_sound(self.frames / self._fps)

    def close(self) -> None:
        """Flush both streams; the sound ends with the last frame (silence fills what is missing)."""
        if self._picture is None:
            raise InputError("no frames to write: a video needs at least one")
        for packet in self._picture.encode(None):
            self._container.mux(packet)
        if self._sound is not None:
            self._write_sound(self.frames / self._fps, last=True)
            for packet in self._sound.encode(None):
                self._container.mux(packet)

    def _start(self, height: int, width: int) -> None:
        self._size = (height, width)
        stream = self._container.add_stream("libx264", rate=self._fps)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = 1 / self._fps
        stream.options = {"crf": str(self._quality), "preset": self._preset}
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = 1  # BT.709
        context.color_range = 1  # 16…235
        self._picture = stream
        if self._audio is not None:
            self._sound = self._container.add_stream("aac", rate=self._audio.rate, layout="mono")
            self._sound.bit_rate = 128_000 if self._audio.rate >= 24_000 else 64_000

    def _write_sound(self, until: Fraction, last: bool = False) -> None:
        """Encode whole blocks up to the time of the pictures, and the rest with the last one."""
        if self._sound is None or self._audio is None:
            return
        import av

        rate, samples = self._audio.rate, self._audio.samples
        end = round(until * rate)
        while self._samples + AUDIO_BLOCK <= end or (last and self._samples < end):
            stop = min(self._samples + AUDIO_BLOCK, end)
            part = samples[self._samples : stop]
            part = np.pad(part, (0, stop - self._samples - len(part)))
            block = av.AudioFrame.from_ndarray(part[None], format="fltp", layout="mono")
            block.sample_rate, block.pts, block.time_base = rate, self._samples, Fraction(1, rate)
            for packet in self._sound.encode(block):
                self._container.mux(packet)
            self._samples = stop


@contextmanager
def open_video(
    path: PathLike,
    fps: float = FPS,
    audio: "Audio | None" = None,
    quality: int = QUALITY,
    preset: str = "veryfast",
) -> Iterator[VideoWriter]:
    """`with open_video("talk.mp4") as video: video.write(frame)`. See `write_video`."""
    import av

    if not 0 < fps <= 1000:
        raise InputError(f"fps is {fps}, expected more than 0 and at most 1000 frames a second")
    if not 0 <= quality <= 51:
        raise InputError(f"quality is {quality}, expected 0 (lossless) to 51 (worst)")
    rate = Fraction(fps).limit_denominator(1001)
    with atomic_path(path) as temporary:
        if temporary.suffix.lower() not in (".mp4", ".m4v", ".mov", ".mkv"):
            raise FileError(path, "unknown ending for a video; use .mp4, .mov or .mkv")
        options = {} if temporary.suffix.lower() == ".mkv" else {"movflags": "+faststart"}
        try:
            with av.open(str(temporary), "w", options=options) as container:
                writer = VideoWriter(container, rate, audio and playable(audio), quality, preset)
                yield writer
                writer.close()
        except av.error.FFmpegError as error:
            if isinstance(error, OSError):  # the disk, not the encoder
                raise
            raise FileError(path, f"the video cannot be encoded ({error})") from error


def write_video(
    frames: Iterable[np.ndarray],
    path: PathLike,
    fps: float = FPS,
    audio: "Audio | None" = None,
    quality: int = QUALITY,
    preset: str = "veryfast",
) -> int:
    """Write all `frames` ((h, w, 3) uint8) and, from the first frame on, `audio`; gives their number.

    The sound is as long as the pictures: cut, or filled with silence. `quality` is x264's crf, `preset` its
    speed ("veryfast" … "slow").
    """
    with open_video(path, fps, audio, quality, preset) as video:
        for frame in frames:
            video.write(frame)
    return video.frames


def playable(audio: "Audio") -> "Audio":
    """The sound at a rate that AAC has; the next higher one where it must be resampled."""
    if audio.rate in AAC_RATES:
        return audio
    from scipy.signal import resample_poly

    from ..audio.signal import Audio

    rate = next((r for r in AAC_RATES if r > audio.rate), AAC_RATES[-1])
    ratio = Fraction(rate, audio.rate)
    samples = resample_poly(audio.samples, ratio.numerator, ratio.denominator)
    return Audio(np.clip(samples, -1, 1).astype(np.float32), rate)


def read_video_info(path: PathLike) -> VideoInfo:
    """Sizes, rates and exact lengths: frames and sound are decoded and counted."""
    import av

    file = existing_file(path)
    try:
        with av.open(str(file)) as container:
            if not container.streams.video:
                raise FormatError(file, "has no video stream")
            video = container.streams.video[0]
            sound = container.streams.audio[0] if container.streams.audio else None
            frames = samples = 0
            for packet in container.demux([s for s in (video, sound) if s is not None]):
                for part in packet.decode():
                    if isinstance(part, av.VideoFrame):
                        frames += 1
                    elif isinstance(part, av.AudioFrame):
                        samples += part.samples
            fps = float(video.average_rate or video.guessed_rate or 0)
            return VideoInfo(
                width=video.codec_context.width,
                height=video.codec_context.height,
                fps=fps,
                frames=frames,
                duration=frames / fps if fps else 0.0,
                codec=video.codec_context.name,
                audio_rate=sound.codec_context.sample_rate if sound else None,
                audio_duration=samples / sound.codec_context.sample_rate if sound else None,
                audio_codec=sound.codec_context.name if sound else None,
            )
    except av.error.FFmpegError as error:
        raise FormatError(file, f"cannot be read as a video ({error})") from error
