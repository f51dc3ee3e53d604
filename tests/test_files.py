"""Atomic writing and bounded reading."""

import os
import resource
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from flametalk.errors import FileError
from flametalk.files import atomic_path, existing_file, write_safetensors

pytestmark = pytest.mark.core


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
        assert temporary.suffix == ".txt"
    assert target.read_text() == "new"
    assert names(target.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match=r"a\.txt: writing failed \(No space left on device: make room there"),
        atomic_path(tmp_path / "a.txt"),
    ):
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == []


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_tensors_on_a_full_disk(library: str, tmp_path: Path) -> None:
    """The system lets no file grow beyond 5 kB: what the library sees of a full disk."""
    make = {"numpy": np.zeros, "torch": torch.zeros}[library]
    target = tmp_path / "a.safetensors"
    write_safetensors(target, {"x": make(3)}, {"told": "once"})
    before = target.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
        with pytest.raises(FileError, match=r"a\.safetensors: writing failed \(File too large\)$"):
            write_safetensors(target, {"x": make(9_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == before
    assert names(tmp_path) == ["a.safetensors"]


def test_a_full_disk_says_what_to_do_whatever_the_library_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(FileError, match=r"No space left on device: make room there, or write to another"):
        write_safetensors(tmp_path / "a.safetensors", {"x": np.zeros(3)})


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="cannot write here"), atomic_path(tmp_path / "file" / "a.txt"):
        pass


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "a.txt") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(old)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


def test_existing_file_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "big").write_bytes(b"12345")
    for path, problem in (
        ("https://example.org/x.npz", "is a URL"),
        (tmp_path / "none", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "empty", "is empty"),
    ):
        with pytest.raises(FileError, match=problem):
            existing_file(path)
    with pytest.raises(FileError, match="more than the 4 accepted"):
        existing_file(tmp_path / "big", max_bytes=4)
    assert existing_file(tmp_path / "big", max_bytes=5) == tmp_path / "big"
