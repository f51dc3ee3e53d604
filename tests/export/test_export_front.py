"""`export` and `flametalk export`: the choice of a format, and what is left when writing fails."""

import resource
from pathlib import Path

import pytest

from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.errors import FileError, HeadMismatchError, InputError, UnknownNameError
from flametalk.export import FORMATS, export

pytestmark = pytest.mark.core


def test_unknown_endings_list_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'head\.xyz'; known endings: .*\.glb.*\.npz"):
        export(Clip.neutral(1), tmp_path / "head.xyz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_of_the_table_has_its_writer(ending: str) -> None:
    from importlib import import_module
    from inspect import signature

    format = FORMATS[ending]
    writer = getattr(import_module(f"flametalk.export.{format.module}"), format.writer)
    assert list(signature(writer).parameters) == ["clip", "path", "head", "settings"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("blendshapes", "arkt", "Did you mean 'arkit'"),
        ("preset", "maya", "unknown preset 'maya'"),
        ("identity", "first", "unknown identity"),
        ("look", "gold", "unknown look 'gold'"),
        ("texture_size", 3, "expected 64 to 8192"),
    ],
)
def test_options_are_checked(option: str, value: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        export(Clip.neutral(1), tmp_path / "a.glb", **{option: value})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_another_heads_clip_is_refused(tmp_path: Path) -> None:
    from flametalk.head import Head

    with pytest.raises(HeadMismatchError):
        export(Clip.neutral(1, made_for="flame2020"), tmp_path / "a.glb", Head.load())
    with pytest.raises(UnknownNameError):
        export(Clip.neutral(1), tmp_path / "a.glb", look="golden")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """The system refuses to let files grow beyond 100 kB: what a full disk does."""
    target = tmp_path / "a.glb"
    target.write_bytes(b"what was there before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(FileError, match=r"a\.glb: writing failed \(File too large\)"):
            Clip.neutral(2).export(target, texture_size=64)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p.name for p in tmp_path.iterdir()] == ["a.glb"]
    assert target.read_bytes() == b"what was there before"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="cannot write here"):
        Clip.neutral(1).export(tmp_path / "file" / "a.glb", texture_size=64)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Clip.neutral(4, made_for="builtin-1").save(tmp_path / "clip.npz")
    arguments = ["export", str(tmp_path / "clip.npz"), "-o"]
    assert main([*arguments, str(tmp_path / "a.glb"), "--fps", "50", "--texture-size", "64"]) == 0
    assert "glTF 2.0 in one file" in capsys.readouterr().out
    assert (tmp_path / "a.glb").read_bytes().startswith(b"glTF")
    assert main(["info", str(tmp_path / "a.glb")]) == 0
    assert main([*arguments, str(tmp_path / "same.safetensors")]) == 0
    assert Clip.load(tmp_path / "same.safetensors") == Clip.load(tmp_path / "clip.npz")
    assert main([*arguments, str(tmp_path / "a.xyz")]) == 2
    error = capsys.readouterr().err
    assert "known endings: .glb" in error and error.count("\n") == 1
