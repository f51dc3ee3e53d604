"""`animate`: from a file to a clip, in the library and on the command line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from audio.audio_samples import say

import flametalk
from flametalk.audio.decode import write_wav
from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.errors import FlametalkError, InputError, UnknownNameError


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    write_wav(Audio(say("Maybe people will be moving the piano"), 16_000), path)
    return path


def test_a_file_becomes_a_talking_clip(speech: Path) -> None:
    clip = flametalk.animate(speech, seed=3, emotion="happy", text="Maybe people will be moving the piano")
    assert clip.fps == 25
    assert clip.audio is not None
    assert abs(clip.duration - clip.audio.duration) <= 0.02
    assert flametalk.Clip is Clip
    story = clip.provenance
    assert story["generator"] == "builtin"
    assert "lips meet" in story["rules"]
    assert list(story["seconds"])[:4] == ["sound", "head", "features", "generator"]
    assert "text" in story["features"]


def test_nothing_is_loaded_that_is_not_needed(speech: Path, tmp_path: Path) -> None:
    """Torch loads its compiler and an algebra system, seconds long, for a few harmless-looking calls."""
    code = """
import sys, flametalk
flametalk.animate(sys.argv[1]).render(sys.argv[2], size=64)
print(*{"torch._dynamo", "sympy", "pandas", "matplotlib"} & set(sys.modules))
"""
    command = [sys.executable, "-c", code, str(speech), str(tmp_path / "talk.mp4")]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.split() == []


def test_a_shape_gives_the_identity(speech: Path, tmp_path: Path) -> None:
    audio = flametalk.load_audio(speech)
    person = np.random.default_rng(0).normal(size=100).astype(np.float32)
    by_array = flametalk.animate(audio, shape=person)
    by_array.save(tmp_path / "person.npz")
    assert np.array_equal(by_array.shape, person)
    assert np.array_equal(flametalk.animate(audio, shape=tmp_path / "person.npz").shape, person)
    with pytest.raises(InputError, match="coefficients"):
        flametalk.animate(audio, shape=np.zeros((3, 3)))


def test_what_cannot_be_done_is_said(speech: Path, tmp_path: Path) -> None:
    liar = tmp_path / "text.wav"
    liar.write_text("this is a text\n")
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    for path in (liar, empty, tmp_path / "missing.wav"):
        with pytest.raises(FlametalkError, match=path.name):
            flametalk.animate(path)
    with pytest.raises(InputError, match="10 ms"):
        flametalk.animate(Audio(np.ones(160, np.float32), 16_000))
    with pytest.raises(FlametalkError, match=r"me\.jpg: no such file"):
        flametalk.animate(speech, image="me.jpg")
    with pytest.raises(InputError, match="leave one of them out"):
        flametalk.animate(speech, image="me.jpg", shape=np.zeros(3))
    with pytest.raises(UnknownNameError, match="performer"):
        flametalk.animate(speech, generator="performr")


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_other_rates_and_silence_are_fine(rate: int) -> None:
    clip = flametalk.animate(Audio(np.zeros(rate, np.float32), rate))
    assert clip.n_frames == 25
    assert clip.audio is not None
    assert clip.audio.rate == rate


def test_the_command_writes_a_clip_or_a_video_and_says_what_ran(
    speech: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "talk.npz"
    assert main(["animate", str(speech), "-o", str(target), "--seed", "5", "--quiet"]) == 0
    out = capsys.readouterr().out
    for part in (
        "Moonshine",
        "builtin; weights: 1.7 M, ",
        "by rule    lips meet",
        "features ",
        "wrote",
    ):
        assert part in out
    assert Clip.load(target).provenance["seed"] == 5
    assert main(["animate", str(speech), "-o", str(target), "--generator", "performer", "--quiet"]) == 0
    assert "performer (rule-based); weights: none (rules, nothing learned)" in capsys.readouterr().out
    video = tmp_path / "talk.mp4"
    short = tmp_path / "short.wav"
    write_wav(flametalk.load_audio(speech).cut(0.2, 0.6), short)
    assert main(["animate", str(short), "-o", str(video), "--size", "64", "--quiet"]) == 0
    assert main(["info", str(video)]) == 0
    assert "video: h264" in capsys.readouterr().out


def test_the_command_refuses_before_it_works(speech: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["animate", str(speech), "-o", "talk.xyz"]) == 2
    assert "x.mp4" in capsys.readouterr().err
