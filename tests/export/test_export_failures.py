"""Where writing fails, every format says so in one line, and leaves what was there before."""

import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
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


@pytest.fixture
def largest_file() -> Iterator[Callable[[int], None]]:
    """The system lets no file grow beyond this many bytes: what programs see of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("lacking", ["nearly everything", "the last byte"])
def test_a_full_disk(
    ending: str, lacking: str, head: Head, built_in: Head, tmp_path: Path, largest_file: Callable[[int], None]
) -> None:
    clip, face = clip_for(ending, head, built_in)
    folder = tmp_path / "full"
    target = folder / TARGETS[ending]
    export(clip, target, face, texture_size=64)
    before = contents(folder)
    moved = clip.replace(head=-clip.head)
    export(moved, tmp_path / TARGETS[ending], face, texture_size=64)
    size = max(file.stat().st_size for file in tmp_path.iterdir() if file.is_file())
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    largest_file(5_000 if lacking == "nearly everything" else size - 1)
    with pytest.raises(FileError, match="writing failed") as told:
        export(moved, target, face, texture_size=64)
    largest_file(unlimited)
    assert str(folder) in str(told.value) and "\n" not in str(told.value)
    assert contents(folder) == before
    export(moved, target, face, texture_size=64)
    assert contents(folder).keys() == before.keys() and contents(folder) != before


def test_a_point_cache_and_its_mesh_arrive_together(
    head: Head, tmp_path: Path, largest_file: Callable[[int], None]
) -> None:
    """The cache is the larger of the two, and then the smaller."""
    for frames in (60, 1):
        export(lively_clip(head, frames=60), tmp_path / "a.fbx", head, point_cache=True)
        before = contents(tmp_path)
        assert before.keys() == {"a.fbx", "a.pc2"}
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        largest_file(min(map(len, before.values())) - 1)
        with pytest.raises(FileError, match="writing failed"):
            export(lively_clip(head, frames=frames), tmp_path / "a.fbx", head, point_cache=True)
        largest_file(unlimited)
        assert contents(tmp_path) == before


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
