"""Atomic writing and bounded reading."""

import os
import resource
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from flametalk.errors import FileError, FormatError
from flametalk.files import (
    atomic_path,
    existing_file,
    open_safetensors,
    read_safetensors,
    read_settings,
    write_safetensors,
)

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


# --- tensors come back, or say why not -------------------------------------------------------------------

EXPECTED = {"ids": "int n", "ways": "float j n 2", "note": "any ..."}
GOOD = {
    "ids": np.arange(3, dtype=np.int16),
    "ways": np.ones((4, 3, 2), np.float16),
    "note": np.zeros((1, 2, 3), np.uint8),
    "aside": np.zeros(5, np.float32),
}


@pytest.mark.parametrize("framework", ["np", "pt"])
def test_tensors_come_back(framework: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(path, GOOD, {"layout": "table-1", "head": "mine"})
    told, metadata = read_safetensors(path, "a table", 10_000, "table-1", EXPECTED, framework)
    everything, _ = read_safetensors(path, "a table", framework=framework)
    assert metadata == {"layout": "table-1", "head": "mine"}
    assert set(told) == set(EXPECTED) and set(everything) == set(GOOD)
    for name, value in everything.items():
        assert isinstance(value, np.ndarray if framework == "np" else torch.Tensor)
        again = np.asarray(value)
        assert again.dtype == GOOD[name].dtype
        np.testing.assert_array_equal(again, GOOD[name])
        assert name not in told or np.array_equal(np.asarray(told[name]), again)


@pytest.mark.parametrize("framework", ["np", "pt"])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"ids": None}, "not a table: it lacks ids$"),
        ({"ids": None, "ways": None}, "not a table: it lacks ids, ways$"),
        (
            {"ids": GOOD["ids"][:2].copy()},
            r"'ways': not a table: it has shape \(4, 3, 2\), expected \(4, 2, 2\)",
        ),
        ({"ids": np.float32([1, 2, 3])}, "'ids': not a table: it holds F32, expected int$"),
        ({"ids": np.zeros((3, 1), np.int16)}, r"'ids': .* it has shape \(3, 1\), expected \(n\)"),
        ({"ways": np.ones((4, 3, 3), np.float32)}, r"it has shape \(4, 3, 3\), expected \(4, 3, 2\)"),
        ({"ways": np.ones((4, 3), np.float32)}, r"it has shape \(4, 3\), expected \(j, 3, 2\)"),
        ({"ways": np.ones((4, 3, 2), bool)}, "it holds BOOL, expected float"),
        ({"ways": np.full((4, 3, 2), np.nan)}, "'ways': not a table: it has NaN or infinite values"),
        ({"ways": np.full((4, 3, 2), np.inf, np.float16)}, "NaN or infinite"),
    ],
)
def test_other_tensors_are_refused(
    framework: str, change: dict[str, np.ndarray | None], problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(
        path, {k: v for k, v in (GOOD | change).items() if v is not None}, {"layout": "table-1"}
    )
    with pytest.raises(FormatError, match=problem):
        read_safetensors(path, "a table", 10_000, "table-1", EXPECTED, framework)


def test_numbers_that_numpy_lacks(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"x": torch.ones(3).to(torch.bfloat16)})
    for expected in (None, {"x": "float n"}):
        with pytest.raises(FormatError, match="'x': not a table: NumPy has no room for its numbers"):
            read_safetensors(path, "a table", expected=expected)
    assert read_safetensors(path, "a table", framework="pt")[0]["x"].dtype == torch.bfloat16


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.complex64])
@pytest.mark.parametrize("framework", ["np", "pt"])
def test_numbers_that_are_none_of_ours(kind: torch.dtype, framework: str, tmp_path: Path) -> None:
    """Of floats of eight bits torch itself cannot say whether they are finite."""
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"x": torch.ones(3).to(kind)})
    for expected, problem in (
        (None, "expected numbers of another kind"),
        ({"x": "any n"}, "expected numbers of another kind"),
        ({"x": "float n"}, "expected float"),
    ):
        with pytest.raises(FormatError, match=f"'x': not a table: it holds (F8_E4M3|C64), {problem}"):
            read_safetensors(path, "a table", expected=expected, framework=framework)


def test_layouts_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for layout, problem in (
        (
            {"layout": "table-2"},
            r"not a table: layout 'table-2', expected 'table-1': update flametalk, or make",
        ),
        ({"layout": "head-1"}, r"not a table: layout 'head-1', expected 'table-1'$"),
        ({}, r"not a table: layout None, expected 'table-1'$"),
    ):
        write_safetensors(path, {"x": np.zeros(1)}, layout)
        with pytest.raises(FormatError, match=problem):
            read_safetensors(path, "a table", layout="table-1")


def test_settings_in_the_header() -> None:
    good = '{"layout": "net-1", "width": 3}'
    assert read_settings("a", "a net", {"run": good}, "run", "net-1") == {"layout": "net-1", "width": 3}
    for text, problem in (
        (None, "has no run that can be read .KeyError"),
        ("{", "has no run that can be read .JSONDecodeError"),
        ("[" * 100_000, "has no run that can be read .RecursionError"),
        ("[1]", "no JSON object"),
        ("{}", "layout None, expected 'net-1'"),
        ('{"layout": ["net-1"]}', "layout .'net-1'., expected"),
        (good.replace("net-1", "net-2"), "update flametalk"),
    ):
        with pytest.raises(FormatError, match=f"^a: not a net: .*{problem}"):
            read_settings("a", "a net", {} if text is None else {"run": text}, "run", "net-1")


def test_damaged_tensors_are_one_kind_of_error(tmp_path: Path) -> None:
    """Cut anywhere, or with any byte of the header changed: what we expect, or a FormatError."""
    path = tmp_path / "a.safetensors"
    write_safetensors(path, GOOD, {"layout": "table-1"})
    whole = path.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    chance = np.random.default_rng(0)
    hostile = [whole[:end] for end in range(1, len(whole), 7)]
    hostile += [(2**63).to_bytes(8, "little") + whole[8:], b"\xff" * 64]
    for place in chance.integers(0, start, 400):
        hostile.append(whole[:place] + bytes([chance.integers(256)]) + whole[place + 1 :])
    refused = 0
    for data in hostile:
        path.write_bytes(data)
        try:
            told, _ = read_safetensors(path, "a table", 10_000, "table-1", EXPECTED)
        except FormatError as error:
            assert "not a table: " in str(error)
            refused += 1
        else:
            assert told["ways"].shape[1:] == (len(told["ids"]), 2) and told["ways"].dtype.kind == "f"
    assert refused > 0.8 * len(hostile)


def test_an_open_file_keeps_errors_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"x": np.zeros(3)})
    with pytest.raises(FileError, match="more than the 10 accepted"), open_safetensors(path, "a table", 10):
        pass
    with pytest.raises(FormatError, match="not a table: "), open_safetensors(path, "a table") as file:
        file.get_tensor("y")
    with pytest.raises(ZeroDivisionError), open_safetensors(path, "a table"):
        _ = 1 / 0  # the caller's own mistake is nothing of the file's


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
