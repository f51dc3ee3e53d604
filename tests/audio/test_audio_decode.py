"""Decoding: what comes out is what went in, on the same time axis; what is not sound ends in a clear line."""

import shutil
import struct
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from audio_samples import RATE, encode, pink, tone

from flametalk.audio.decode import load_audio, read_chunks, write_wav
from flametalk.audio.signal import Audio
from flametalk.errors import FileError, FormatError, InputError

pytestmark = pytest.mark.core


def _sweep(rate: int, seconds: float = 2.0) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    return (0.4 * np.sin(2 * np.pi * (200 * time + 500 * time**2)) * np.sin(np.pi * time / seconds)).astype(
        np.float32
    )


def _lag(a: np.ndarray, b: np.ndarray) -> int:
    n = min(len(a), len(b))
    spectrum = np.fft.rfft(a[:n], 2 * n) * np.conj(np.fft.rfft(b[:n], 2 * n))
    peak = int(np.argmax(np.fft.irfft(spectrum)))
    return peak if peak < n else peak - 2 * n


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.wav", "pcm_s16le", 44_100),
        ("b.wav", "pcm_s24le", 48_000),
        ("c.wav", "pcm_u8", 22_050),
        ("d.wav", "pcm_f32le", 16_000),
        ("e.wav", "pcm_alaw", 8_000),
        ("f.flac", "flac", 44_100),
        ("g.mp3", "mp3", 44_100),
        ("h.ogg", "libopus", 48_000),
        ("i.m4a", "aac", 44_100),
        ("j.mp4", "aac", 48_000),
        ("k.mka", "aac", 32_000),
    ],
)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_every_container_keeps_shape_and_time(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    sweep = _sweep(rate)
    encode(tmp_path / name, np.stack([sweep] * (1 if layout == "mono" else 2)), rate, codec, layout)
    audio = load_audio(tmp_path / name)
    expected = _sweep(RATE)
    assert audio.rate == RATE
    assert abs(len(audio.samples) - 2 * RATE) <= 0.03 * RATE
    assert abs(_lag(audio.samples, expected)) <= 1
    n = min(len(expected), len(audio.samples))
    assert np.corrcoef(audio.samples[:n], expected[:n])[0, 1] > 0.98
    if codec in ("pcm_s16le", "pcm_s24le", "pcm_f32le", "flac"):
        assert np.abs(audio.samples[:n] - expected[:n]).max() < 2e-4


def test_six_channels_keep_the_voice_in_the_middle(tmp_path: Path) -> None:
    voice = _sweep(RATE)
    channels = np.zeros((6, len(voice)), np.float32)
    channels[2] = voice  # front left, front right, centre, low, back left, back right
    channels[3] = 0.4 * pink(len(voice))  # the subwoofer is left out
    encode(tmp_path / "six.wav", channels, RATE, "pcm_f32le", "5.1")
    audio = load_audio(tmp_path / "six.wav")
    assert np.corrcoef(audio.samples, voice)[0, 1] > 0.9999


@pytest.mark.parametrize("video_from", [0.0, 0.2])
def test_time_zero_is_the_first_picture(tmp_path: Path, video_from: float) -> None:
    sweep = _sweep(48_000)
    encode(tmp_path / "film.mkv", sweep[None], 48_000, "pcm_s16le", "mono", video_from)
    audio = load_audio(tmp_path / "film.mkv")
    assert _lag(_sweep(RATE), audio.samples) == pytest.approx(video_from * RATE, abs=20)


def test_wav_round_trip_is_exact_to_one_step(tmp_path: Path) -> None:
    audio = Audio(np.random.default_rng(0).uniform(-1, 1, 5000).astype(np.float32), 22_050)
    write_wav(audio, tmp_path / "a.wav")
    again = load_audio(tmp_path / "a.wav", rate=22_050)
    assert np.abs(again.samples - audio.samples).max() <= 1 / 32768
    write_wav(again, tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    write_wav(Audio(np.array([-3.0, 3.0], np.float32), RATE), tmp_path / "c.wav")
    assert load_audio(tmp_path / "c.wav").samples.tolist() == [-1.0, 32767 / 32768]


def test_chunks_are_the_whole(tmp_path: Path) -> None:
    encode(tmp_path / "a.flac", _sweep(44_100)[None], 44_100, "flac", "mono")
    whole = load_audio(tmp_path / "a.flac").samples
    chunks = list(read_chunks(tmp_path / "a.flac", seconds=0.3))
    assert {len(chunk) for chunk in chunks[:-1]} == {4800}
    assert np.array_equal(np.concatenate(chunks), whole)
    with pytest.raises(InputError, match="expected more than 0"):
        next(read_chunks(tmp_path / "a.flac", seconds=0))


def _wav(path: Path, name: str = "inside.wav") -> Path:
    write_wav(tone(440), path / name)
    return path / name


HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile {}\n"
SESSION = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"


@pytest.mark.parametrize("name", ["list.m3u8", "list.wav", "list.mp3", "list.ffconcat", "list.sdp"])
@pytest.mark.parametrize("content", [HLS, CONCAT, SESSION])
def test_playlists_never_reach_other_files(tmp_path: Path, name: str, content: str) -> None:
    target = _wav(tmp_path)
    (tmp_path / name).write_text(content.format(target))
    with pytest.raises(FormatError, match="not audio or video that can be read") as caught:
        load_audio(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "source", ["http://x.org/a.wav", "file:///etc/hostname", "rtsp://x/y", "concat:a.wav|b.wav"]
)
def test_no_protocols(source: str) -> None:
    with pytest.raises(FileError, match=r"URL|no such file"):
        load_audio(source)


def test_a_name_that_looks_like_a_protocol_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(_wav(tmp_path), tmp_path / "concat:a.wav")
    assert load_audio("concat:a.wav").duration == 1.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello, this is a text\n" * 40, "not audio or video"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "not audio or video"),
        (bytes(range(256)) * 40, "not audio or video|no sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00", "not audio or video|no sound"),
    ],
)
def test_what_is_not_sound(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        load_audio(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        load_audio(tmp_path / "none.wav")
    with pytest.raises(FileError, match="is a folder"):
        load_audio(tmp_path)


def test_header_without_samples(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
    with pytest.raises(FormatError, match="no sound that can be decoded"):
        load_audio(tmp_path / "x.wav")


def test_nans_are_named(tmp_path: Path) -> None:
    samples = tone(300).samples.copy()
    samples[8000] = np.nan
    data = samples.astype("<f4").tobytes()
    header = (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 3, 1, RATE, 4 * RATE, 4, 32)
    )
    (tmp_path / "x.wav").write_bytes(header + b"data" + struct.pack("<I", len(data)) + data)
    with pytest.raises(FormatError, match=r"NaN or infinite samples near 0\.\d"):
        load_audio(tmp_path / "x.wav")


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "mp3"), ("a.flac", "flac"), ("a.wav", "pcm_s16le")])
def test_cut_off_files_give_what_is_there(tmp_path: Path, name: str, codec: str) -> None:
    encode(tmp_path / name, _sweep(44_100)[None], 44_100, codec, "mono")
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2 + 77])
    audio = load_audio(tmp_path / name)
    assert 0.5 < audio.duration < 1.6
    expected = _sweep(RATE)[: len(audio.samples)]
    assert np.corrcoef(audio.samples[:8000], expected[:8000])[0, 1] > 0.99


def test_a_picture_has_no_sound(tmp_path: Path) -> None:
    encode(tmp_path / "film.mp4", _sweep(48_000)[None], 48_000, "aac", "mono", 0.0)
    import av

    with av.open(str(tmp_path / "silent.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 32
        for packet in stream.encode(
            av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        ):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    assert load_audio(tmp_path / "film.mp4").duration > 1.9
    with pytest.raises(FormatError, match="has no sound"):
        load_audio(tmp_path / "silent.mp4")


def test_too_long_for_memory(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="read it in parts with read_chunks"):
        load_audio(_wav(tmp_path), max_seconds=0.5)


@pytest.mark.slow
def test_an_hour_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    second = (8000 * pink(44_100).clip(-3, 3) / 3).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
        for _ in range(3600):
            file.writeframes(second)
    code = (
        "import resource, sys; from flametalk.audio.decode import read_chunks\n"
        "chunks = read_chunks(sys.argv[1]); next(chunks)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "total = 160000 + sum(len(c) for c in chunks)\n"
        "print(total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    total, grown = map(int, run.stdout.split())
    assert total == 3600 * RATE
    assert grown < 50_000 * (1024 if sys.platform == "darwin" else 1)  # kB; the hour itself has 230,000
