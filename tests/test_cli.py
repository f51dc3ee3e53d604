"""The command line: what it prints, what it leaves behind, how it fails."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.errors import FlametalkError

pytestmark = pytest.mark.core


@pytest.fixture
def clip_file(tmp_path: Path) -> Path:
    opening = np.zeros((4, 3), np.float32)
    opening[:, 0] = [0.0, 0.1, 0.2, 0.1]
    sound = Audio(np.sin(np.arange(2560) * 0.1).astype(np.float32), 16_000)
    Clip.neutral(4, jaw=opening, audio=sound, made_for="builtin-1").save(tmp_path / "clip.npz")
    return tmp_path / "clip.npz"


def test_info_tells_what_a_clip_holds(clip_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(clip_file)]) == 0
    out = capsys.readouterr().out
    for part in ("4 frames, 0.16 s at 25 fps", "builtin-1", "opens to 11.5°", "16,000 Hz"):
        assert part in out


def test_render_a_video_a_picture_and_a_sequence(clip_file: Path, tmp_path: Path) -> None:
    assert main(["render", str(clip_file), "-o", str(tmp_path / "a.mp4"), "--size", "64", "--quiet"]) == 0
    assert (
        main(["render", str(clip_file), "-o", str(tmp_path / "a.png"), "--size", "48x64", "--at", "0.08"])
        == 0
    )
    assert (
        main(["render", str(clip_file), "-o", str(tmp_path / "f/*.png"), "--size", "32", "--mode", "normals"])
        == 0
    )
    assert len(list((tmp_path / "f").glob("*.png"))) == 4
    from PIL import Image

    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (48, 64)


def test_compare_and_convert(clip_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / "both.mp4"
    assert main(["compare", str(clip_file), str(clip_file), "-o", str(video), "--size", "64", "--quiet"]) == 0
    assert main(["info", str(video)]) == 0
    assert "video: h264" in capsys.readouterr().out
    target = tmp_path / "same.safetensors"
    assert main(["convert", str(clip_file), "-o", str(target)]) == 0
    assert Clip.load(target).jaw.tolist() == Clip.load(clip_file).jaw.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["info", "none.npz"], "none.npz: no such file"),
        (["info", "."], "folder"),
        (["render", "none.npz", "-o", "x.mp4"], "no such file"),
        (["render", "CLIP", "-o", "x.xyz"], "use an ending of"),
        (["render", "CLIP", "-o", "x.png", "--view", "frnt"], "Did you mean 'front'?"),
        (["render", "CLIP", "-o", "x.png", "--mode", "nice"], "unknown render mode 'nice'"),
        (["render", "CLIP", "-o", "x.png", "--look", "gold"], "unknown look 'gold'"),
        (["render", "CLIP", "-o", "x.png", "--at", "9"], "lasts from 0 to 0.16 s"),
        (["render", "CLIP", "-o", "x.png", "--head", "flame2020"], "assets add"),
        (["compare", "CLIP", "-o", "x.mp4", "--labels", "a,b"], "2 labels for 1 clips"),
        (["convert", "CLIP", "-o", "x.npz", "--to", "diffposetalks"], "Did you mean 'diffposetalk'?"),
        (["assets", "add", "flame", "none.pkl"], "no such file"),
        (["assets", "remove", "flame2020"], "no added head"),
        (["assets", "add", "masks", "none.pkl"], "first `flametalk assets add flame FILE`"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str],
    message: str,
    clip_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path / "home"))
    before = sorted(tmp_path.rglob("*"))
    assert main([str(clip_file) if a == "CLIP" else a for a in arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("flametalk: ") and error.count("\n") == 1
    assert sorted(p for p in tmp_path.rglob("*") if p.suffix) == [p for p in before if p.suffix]


@pytest.mark.parametrize(
    "arguments", [["rendr"], [], ["render", "a.npz"], ["render", "a.npz", "-o", "b.mp4", "--siz", "64"],
                  ["render", "a.npz", "-o", "b.mp4", "--size", "9x"], ["assets", "add", "flames", "x"]]
)  # fmt: skip
def test_misspelt_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: flametalk" in capsys.readouterr().err


def test_ctrl_c_says_so(clip_file: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flametalk.film.render_clip", interrupted)
    assert main(["render", str(clip_file), "-o", "x.mp4"]) == 130
    assert "stopped" in capsys.readouterr().err


def test_help_is_light_and_names_every_command() -> None:
    code = (
        "import sys\nfrom flametalk.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'numpy', 'numba'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("demo", "render", "compare", "info", "convert", "assets"):
        assert f"    {command} " in run.stdout


def test_every_own_error_has_an_exit_code() -> None:
    assert FlametalkError.exit_code == 1
