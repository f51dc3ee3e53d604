"""Video files, read back: frames, length, sound in step, nothing left behind by a stopped writer."""

import multiprocessing
import os
import signal
import time
from fractions import Fraction

import av
import numpy as np
import pytest

from flametalk.audio.signal import Audio
from flametalk.errors import FileError, FormatError, InputError
from flametalk.render import open_video, read_video_info, write_video
from flametalk.render.images import write_gif, write_image, write_images


def moving(n: int, height: int = 48, width: int = 64):
    for i in range(n):
        frame = np.full((height, width, 3), (40, 90, 200), np.uint8)
        frame[:, (i * 3) % width] = 255
        yield frame


def tone(seconds: float, rate: int) -> Audio:
    t = np.arange(round(seconds * rate)) / rate
    return Audio((0.4 * np.sin(2 * np.pi * 300 * t)).astype(np.float32), rate)


@pytest.mark.parametrize(("n", "fps"), [(1, 25.0), (37, 25.0), (50, 29.97), (24, 60.0)])
def test_every_frame_arrives(tmp_path, n, fps):
    assert write_video(moving(n), tmp_path / "a.mp4", fps) == n
    info = read_video_info(tmp_path / "a.mp4")
    assert (info.frames, info.width, info.height, info.codec) == (n, 64, 48, "h264")
    assert info.duration == pytest.approx(n / fps, rel=1e-3)
    if n > 1:
        assert info.fps == pytest.approx(fps, rel=1e-3)


@pytest.mark.parametrize("rate", [16_000, 48_000, 17_000, 96_000])
@pytest.mark.parametrize("seconds", [0.5, 2.0, 3.0])
def test_sound_is_as_long_as_the_picture(tmp_path, rate, seconds):
    write_video(moving(50), tmp_path / "a.mp4", audio=tone(seconds, rate))
    info = read_video_info(tmp_path / "a.mp4")
    assert info.frames == 50
    assert info.audio_codec == "aac"
    assert info.audio_duration == pytest.approx(2.0, abs=0.07)  # whole AAC blocks
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.audio[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0, abs=0.001)


def test_a_click_and_a_flash_meet(tmp_path):
    rate, at = 48_000, 1.0
    samples = np.zeros(2 * rate, np.float32)
    samples[round(at * rate) : round(at * rate) + 480] = 0.8
    frames = [np.full((32, 32, 3), 255 if i >= 25 else 0, np.uint8) for i in range(50)]
    write_video(frames, tmp_path / "a.mp4", 25.0, Audio(samples, rate))
    bright, sound = [], []
    with av.open(str(tmp_path / "a.mp4")) as file:
        for packet in file.demux(file.streams.video[0], file.streams.audio[0]):
            for part in packet.decode():
                if isinstance(part, av.VideoFrame):
                    bright.append((part.time, part.to_ndarray(format="gray").mean()))
                else:
                    values = part.to_ndarray()[0]
                    sound += [(part.time + k / rate, v) for k, v in enumerate(values)]
    flash = min(t for t, value in bright if value > 128)
    click = min(t for t, value in sound if abs(value) > 0.3)
    assert flash == pytest.approx(at, abs=1e-6)
    assert click == pytest.approx(at, abs=0.003)


def test_timestamps_are_exact(tmp_path):
    write_video(moving(30), tmp_path / "a.mp4", 29.97)
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.video[0]
        times = [frame.pts * stream.time_base for frame in file.decode(stream)]
    step = 1 / Fraction(30000, 1001)
    assert all(abs(time - i * step) < Fraction(1, 20000) for i, time in enumerate(times))


def test_odd_sizes_are_doubled_at_the_edge(tmp_path):
    write_video(moving(5, 47, 63), tmp_path / "a.mp4")
    info = read_video_info(tmp_path / "a.mp4")
    assert (info.height, info.width) == (48, 64)


def test_colours_survive(tmp_path):
    wanted = np.array([(200, 150, 120), (30, 60, 90), (240, 240, 240), (128, 20, 20)], np.uint8)
    frame = np.repeat(np.repeat(wanted.reshape(2, 2, 3), 32, 0), 32, 1)
    write_video([frame] * 5, tmp_path / "a.mp4", quality=5)
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
        got = next(file.decode(stream)).to_ndarray(format="rgb24")
    centre = got[16::32, 16::32].reshape(-1, 3).astype(int)
    assert np.abs(centre - wanted).max() <= 4


def test_frames_are_asked_for_one_by_one(tmp_path):
    """Nothing collects frames: at most a few exist at once."""
    import weakref

    alive: list[weakref.ref] = []
    most = 0

    def frames():
        nonlocal most
        for _ in range(60):
            frame = np.zeros((32, 32, 3), np.uint8)
            alive.append(weakref.ref(frame))
            most = max(most, sum(ref() is not None for ref in alive))
            yield frame
            del frame

    write_video(frames(), tmp_path / "a.mp4")
    assert most <= 3


class Stop(BaseException):
    """As Ctrl-C: not an Exception."""


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Stop])
def test_a_stopped_writer_leaves_nothing(tmp_path, error):
    (tmp_path / "b.mp4").write_bytes(b"older")

    def frames():
        yield from moving(10)
        raise error

    for name in ("a.mp4", "b.mp4"):
        with pytest.raises(error):
            write_video(frames(), tmp_path / name, audio=tone(1.0, 16_000))
    assert [p.name for p in tmp_path.iterdir()] == ["b.mp4"]
    assert (tmp_path / "b.mp4").read_bytes() == b"older"


def _write_slowly(folder):
    def frames():
        for frame in moving(10_000):
            time.sleep(0.01)
            yield frame

    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started us may ignore Ctrl-C
    try:
        write_video(frames(), folder / "a.mp4")
    except KeyboardInterrupt:
        os._exit(7)


def test_ctrl_c_from_outside_leaves_nothing(tmp_path):
    process = multiprocessing.get_context("fork").Process(target=_write_slowly, args=(tmp_path,))
    process.start()
    try:
        limit = time.monotonic() + 20
        while not any(tmp_path.iterdir()) and time.monotonic() < limit:
            time.sleep(0.02)
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGINT)
        process.join(20)
    finally:
        process.kill()  # nothing may be left that the end of the tests would wait for
        process.join()
    assert process.exitcode == 7
    assert not any(tmp_path.iterdir())


def test_mistakes_are_explained(tmp_path):
    with pytest.raises(InputError, match="at least one"):
        write_video([], tmp_path / "a.mp4")
    with pytest.raises(InputError, match="float64"):
        write_video([np.zeros((8, 8, 3))], tmp_path / "a.mp4")
    with pytest.raises(InputError, match="frame 1 is"):
        write_video([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 10, 3), np.uint8)], tmp_path / "a.mp4")
    with pytest.raises(FileError, match=r"\.mp4"):
        write_video(moving(1), tmp_path / "a.avif")
    with pytest.raises(InputError, match="fps"), open_video(tmp_path / "a.mp4", fps=0.0):
        pass
    (tmp_path / "text.mp4").write_text("no video at all")
    with pytest.raises(FormatError, match="cannot be read"):
        read_video_info(tmp_path / "text.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["text.mp4"]


def test_pictures_and_gifs(tmp_path):
    from PIL import Image

    paths = write_images(moving(3), tmp_path / "frames")
    assert [p.name for p in paths] == ["frame_00000.png", "frame_00001.png", "frame_00002.png"]
    assert (np.asarray(Image.open(paths[2])) == [*moving(3)][2]).all()
    deep = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    write_image(deep, tmp_path / "deep.png")
    assert (np.asarray(Image.open(tmp_path / "deep.png")) == deep).all()
    assert write_gif(moving(6), tmp_path / "a.gif", 25.0) == 6
    with Image.open(tmp_path / "a.gif") as gif:
        assert (gif.n_frames, gif.info["duration"], gif.size) == (6, 40, (64, 48))
    with pytest.raises(InputError, match="float32"):
        write_image(np.zeros((4, 4), np.float32), tmp_path / "x.png")
