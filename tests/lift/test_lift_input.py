"""Photos and videos as they come: turned, huge, cut off, of any rate, or no picture at all."""

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from flametalk.audio.decode import write_wav
from flametalk.audio.signal import Audio
from flametalk.errors import FileError, FormatError, InputError
from flametalk.lift.frames import read_frames, read_sound, video_facts
from flametalk.lift.pictures import MAX_PIXELS, is_picture, read_photo
from flametalk.render.images import write_gif
from flametalk.render.video import write_video

pytestmark = pytest.mark.core
STEP = 8  # of brightness from frame to frame


def _grey(number: int, height: int = 48, width: int = 64) -> np.ndarray:
    frame = np.full((height, width, 3), 16 + STEP * number, np.uint8)
    frame[: height // 4, : width // 4] = 255  # the corner that says what is up
    return frame


def _number(frame: np.ndarray) -> int:
    return round((float(frame[20:, 20:].mean()) - 16) / STEP)


def _film(path: Path, times: list[float], bars: int = 600) -> None:
    """Frame k, `bars` of time apart as told, with H.264 and these time stamps."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"crf": "1", "bf": "0"}
        stream.codec_context.time_base = Fraction(1, bars)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(_grey(number), format="rgb24")
            frame.pts, frame.time_base = round(time * bars), Fraction(1, bars)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


# --- photos ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_exif_orientation(tmp_path: Path, orientation: int, corner: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(_grey(3)).save(tmp_path / "p.jpg", exif=exif, quality=95)
    photo = read_photo(tmp_path / "p.jpg")
    assert photo.pixels.shape == ((48, 64, 3) if orientation in (1, 3) else (64, 48, 3))
    assert photo.pixels[corner[0], corner[1]].min() > 240
    assert sum(int(photo.pixels[y, x].min() > 240) for y in (0, -1) for x in (0, -1)) == 1


def test_focal_length_of_the_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 72
    Image.fromarray(_grey(3)).save(tmp_path / "p.jpg", exif=exif)
    assert read_photo(tmp_path / "p.jpg").focal == pytest.approx(64 * 72 / 36)
    Image.fromarray(_grey(3)).save(tmp_path / "q.jpg")
    assert read_photo(tmp_path / "q.jpg").focal is None


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "I;16", "1", "LA"])
def test_every_kind_of_pixel(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(_grey(12)[..., 0]).convert("L")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    path = tmp_path / ("p.tif" if mode == "CMYK" else "p.png")
    picture.save(path)
    pixels = read_photo(path).pixels
    assert pixels.shape == (48, 64, 3) and pixels.dtype == np.uint8
    assert pixels[0, 0].min() > 250


def test_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "p.png")
    assert read_photo(tmp_path / "p.png").pixels.min() == 255


def test_large_photos_are_shrunk(tmp_path: Path) -> None:
    Image.new("L", (5000, 2500), 90).save(tmp_path / "p.jpg")
    photo = read_photo(tmp_path / "p.jpg")
    assert photo.pixels.shape == (800, 1600, 3) and photo.shrunk == pytest.approx(5000 / 1600)


@pytest.mark.slow
def test_a_hundred_megapixels(tmp_path: Path) -> None:
    Image.new("L", (10_000, 10_000), 90).save(tmp_path / "p.jpg")
    assert read_photo(tmp_path / "p.jpg").pixels.shape == (1600, 1600, 3)  # a JPEG is decoded at an eighth


def _bomb(side: int) -> bytes:
    """A PNG that claims `side` × `side` pixels and holds next to nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_decompression_bombs_are_not_decoded(tmp_path: Path, side: int) -> None:
    assert side**2 > MAX_PIXELS
    (tmp_path / "p.png").write_bytes(_bomb(side))
    with pytest.raises(FormatError, match="shrink it first") as caught:
        read_photo(tmp_path / "p.png")
    assert "\n" not in str(caught.value)
    assert is_picture(tmp_path / "p.png")


@pytest.mark.parametrize(
    "content", [b"hello, I am a letter\n" * 50, b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_says_so_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"me\.jpg: is not a picture") as caught:
        read_photo(path)
    assert "\n" not in str(caught.value)
    if not is_picture(path):
        with pytest.raises(FormatError, match="neither a picture nor a video"):
            video_facts(path)


def test_a_cut_off_photo(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "p.png")
    (tmp_path / "p.png").write_bytes((tmp_path / "p.png").read_bytes()[:20_000])
    with pytest.raises(FormatError, match="not a picture that can be read"):
        read_photo(tmp_path / "p.png")


def test_missing_empty_and_folders(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    for name, problem in (("none.jpg", "no such file"), ("empty.jpg", "is empty"), (".", "is a folder")):
        with pytest.raises(FileError, match=problem):
            read_photo(tmp_path / name)
    with pytest.raises(FileError, match="URL"):
        read_photo("https://example.com/me.jpg")


# --- videos ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [25, 30, 240])
def test_as_many_frames_as_the_video_lasts(tmp_path: Path, rate: int) -> None:
    """Frame k shows what is nearest in time to k / 25."""
    count = rate if rate < 100 else 28
    times = [k / rate for k in range(count)]
    _film(tmp_path / "v.mp4", times, bars=1200)
    shown = [_number(frame) for frame in read_frames(tmp_path / "v.mp4", 25)]
    assert len(shown) == round(count / rate * 25)
    for k, number in enumerate(shown):
        assert abs(times[number] - k / 25) <= min(abs(t - k / 25) for t in times) + 1e-9


def test_a_varying_rate(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 0.48, 0.52, 1.0, 1.04]
    _film(tmp_path / "v.mkv", times, bars=1000)
    shown = [_number(frame) for frame in read_frames(tmp_path / "v.mkv", 25)]
    assert 26 <= len(shown) <= 28
    assert shown[:3] == [0, 1, 2] and shown[5] == 2 and shown[10] == 3 and shown[13] == 4 and shown[25] == 5


def _turned(path: Path, quarters: int) -> None:
    """Patches the matrix of the track header, as a phone does."""
    data, one = bytearray(path.read_bytes()), 1 << 16
    a, b, c, d = {1: (0, one, -one, 0), 2: (-one, 0, 0, -one), 3: (0, -one, one, 0)}[quarters]
    start = data.index(b"tkhd") + 4 + 40  # version 0: the matrix follows after 40 bytes
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


@pytest.mark.parametrize(("quarters", "corner"), [(1, (0, -1)), (2, (-1, -1)), (3, (-1, 0))])
def test_phone_videos_stand_upright(tmp_path: Path, quarters: int, corner: tuple[int, int]) -> None:
    """Clockwise by a quarter: the corner goes from the upper left to the upper right."""
    _film(tmp_path / "v.mp4", [0.0, 0.04])
    _turned(tmp_path / "v.mp4", quarters)
    frame = next(read_frames(tmp_path / "v.mp4"))
    assert frame.shape == ((48, 64, 3) if quarters == 2 else (64, 48, 3))
    bright = {(y, x) for y in (0, -1) for x in (0, -1) if frame[y, x].min() > 200}
    assert bright == {corner}


def test_a_truncated_video_gives_what_is_there(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    frames = [chance.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(25)]
    write_video(frames, tmp_path / "v.mkv", 25)
    data = (tmp_path / "v.mkv").read_bytes()
    (tmp_path / "v.mkv").write_bytes(data[: len(data) // 2])
    assert 2 <= len(list(read_frames(tmp_path / "v.mkv"))) < 25
    (tmp_path / "w.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 100)
    with pytest.raises(FormatError):
        list(read_frames(tmp_path / "w.mp4"))


def test_with_and_without_sound(tmp_path: Path) -> None:
    frames = [_grey(k) for k in range(5)]
    tone = Audio(0.1 * np.sin(np.arange(3200) / 5).astype(np.float32), 16_000)
    write_video(frames, tmp_path / "silent.mp4")
    write_video(frames, tmp_path / "loud.mp4", audio=tone)
    assert read_sound(tmp_path / "silent.mp4") is None
    sound = read_sound(tmp_path / "loud.mp4")
    assert sound is not None and sound.duration == pytest.approx(0.2, abs=0.15)


def test_a_gif_is_a_video(tmp_path: Path) -> None:
    pictures = [np.roll(_grey(1), 5 * k, 1) for k in range(10)]  # all in the first one's colours
    write_gif(pictures, tmp_path / "g.gif", 25)
    assert not is_picture(tmp_path / "g.gif")
    frames = list(read_frames(tmp_path / "g.gif"))
    assert len(frames) in (9, 10, 11) and frames[0].shape == (48, 64, 3)
    write_gif([_grey(1)], tmp_path / "one.gif", 25)
    assert is_picture(tmp_path / "one.gif")


def test_large_frames_are_shrunk_and_sound_alone_is_refused(tmp_path: Path) -> None:
    write_video([_grey(1, 720, 1280)] * 2, tmp_path / "v.mp4")
    assert next(read_frames(tmp_path / "v.mp4")).shape == (540, 960, 3)
    assert next(read_frames(tmp_path / "v.mp4", longest=64)).shape == (36, 64, 3)
    write_wav(Audio(np.zeros(4096, np.float32), 16_000), tmp_path / "a.wav")
    with pytest.raises(FormatError, match="only sound"):
        video_facts(tmp_path / "a.wav")
    with pytest.raises(InputError, match="fps"):
        next(read_frames(tmp_path / "v.mp4", fps=0))


def test_frames_come_one_by_one(tmp_path: Path) -> None:
    """The first frame is there before the last is decoded: nothing is gathered."""
    write_video([_grey(k % 20) for k in range(50)], tmp_path / "v.mp4")
    reader = read_frames(tmp_path / "v.mp4")
    assert _number(next(reader)) == 0
    reader.close()
