"""Where writing fails, every format says so in one line, and leaves what was there before."""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from export.export_clips import lively_clip
from head.synthetic import tiny_head

from flametalk.clip import Clip
from flametalk.errors import FileError
from flametalk.export import FORMATS, export
from flametalk.head import Head

NOBODY = 65534
NEEDS = {".abc": "alembic3d", ".usd": "pxr", ".usda": "pxr", ".usdc": "pxr", ".usdz": "pxr"}
TARGETS = {ending: f"*{ending}" if ending in (".obj", ".ply", ".stl") else f"a{ending}" for ending in FORMATS}


@pytest.fixture(params=FORMATS)
def ending(request: pytest.FixtureRequest) -> str:
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param], reason="its extra is not installed")
    return request.param


@pytest.fixture(scope="module")
def head() -> Head:
    return tiny_head(v=400, dtype=torch.float32)


@pytest.fixture(scope="module")
def built_in() -> Head:
    return Head.load()


def clip_for(ending: str, head: Head, built_in: Head) -> tuple[Clip, Head]:
    """ARKit needs a face."""
    face = built_in if ending == ".csv" else head
    return lively_clip(face, frames=60), face


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that others may look into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_a_full_disk(ending: str, head: Head, built_in: Head, tmp_path: Path) -> None:
    """The system lets no file grow beyond 5 kB: what programs see of a full disk."""
    clip, face = clip_for(ending, head, built_in)
    target = tmp_path / TARGETS[ending]
    export(clip, target, face, texture_size=64)
    before = contents(tmp_path)
    moved = clip.replace(head=-clip.head)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
        with pytest.raises(FileError, match="writing failed") as told:
            export(moved, target, face, texture_size=64)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(tmp_path) in str(told.value) and "\n" not in str(told.value)
    assert contents(tmp_path) == before
    export(moved, target, face, texture_size=64)
    assert contents(tmp_path).keys() == before.keys() and contents(tmp_path) != before


def test_a_folder_for_reading_only(ending: str, head: Head, built_in: Head, elsewhere: Path) -> None:
    clip, face = clip_for(ending, head, built_in)
    export(clip, elsewhere / TARGETS[ending], face, texture_size=64)
    before = contents(elsewhere)
    elsewhere.chmod(0o555)
    root = os.geteuid() == 0
    try:
        if root:  # whom no mode stops
            os.seteuid(NOBODY)
        with pytest.raises(FileError, match=r"cannot write here \(Permission denied\)"):
            export(clip, elsewhere / TARGETS[ending], face, texture_size=64)
    finally:
        if root:
            os.seteuid(0)
        elsewhere.chmod(0o755)
    assert contents(elsewhere) == before


def test_interrupted_sequences_leave_nothing(
    head: Head, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of the frames."""
    clip = lively_clip(head, frames=80)
    blocks = Clip.vertex_chunks

    def stopped(*arguments: object) -> Iterator[torch.Tensor]:
        yield next(blocks(*arguments))  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(Clip, "vertex_chunks", stopped)
    for name in ("new/*.obj", "a.pc2"):
        with pytest.raises(KeyboardInterrupt):
            export(clip, tmp_path / name, head)
        assert not list(tmp_path.iterdir())
