"""Files made to do harm: nothing in them runs, nothing unfolds, nothing is written elsewhere."""

import io
import pickle
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from format_samples import DPT, EMOTE, OWN_FILE, SMIRK, VOCA, savez

from flametalk.errors import FileError, FormatError, UnsafeFileError
from flametalk.formats import read_clip


class Evil:
    """Touches a file when it is unpickled by Python."""

    def __init__(self, sentinel: Path):
        self.sentinel = sentinel

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.sentinel), "w")


def pkl(fields: Any, path: Path) -> Path:
    (path / "x.pkl").write_bytes(pickle.dumps(fields))
    return path / "x.pkl"


def npy(fields: Any, path: Path) -> Path:
    np.save(path / "x.npy", fields, allow_pickle=True)
    return path / "x.npy"


def pt(fields: Any, path: Path) -> Path:
    torch.save(fields, path / "x.pt")
    return path / "x.pt"


def old_pt(fields: Any, path: Path) -> Path:
    torch.save(fields, path / "x.pt", _use_new_zipfile_serialization=False)
    return path / "x.pt"


def npz(fields: dict[str, Any], path: Path) -> Path:
    arrays = {k: np.array([v], dtype=object) if isinstance(v, Evil) else v for k, v in fields.items()}
    np.savez(path / "x.npz", **arrays)
    return path / "x.npz"


PICKLED: dict[str, tuple[str, Callable[[Any, Path], Path], dict[str, Any], str]] = {
    "emote": ("emote", pkl, EMOTE, "expression"),
    "voca": ("voca", npy, VOCA, "pose"),
    "smirk pickle": ("smirk", pkl, SMIRK, "jaw_params"),
    "smirk pt": ("smirk", pt, SMIRK, "jaw_params"),
    "smirk old pt": ("smirk", old_pt, SMIRK, "jaw_params"),
    "smirk npz": ("smirk", npz, SMIRK, "jaw_params"),
    "diffposetalk": ("diffposetalk", npz, DPT, "pose"),
    "own": ("npz", npz, OWN_FILE, "jaw"),
    "own text": ("npz", npz, OWN_FILE, "flametalk"),
}


@pytest.mark.parametrize("name", PICKLED)
@pytest.mark.parametrize("named", [False, True])
def test_code_does_not_run(name: str, named: bool, tmp_path: Path) -> None:
    layout, save, fields, key = PICKLED[name]
    sentinel = tmp_path / "it ran"
    path = save(fields | {key: Evil(sentinel)}, tmp_path)
    with pytest.raises(FileError) as caught:
        read_clip(path, layout if named else None)
    assert not sentinel.exists()
    assert isinstance(caught.value, UnsafeFileError)
    assert path.name in str(caught.value)


@pytest.mark.parametrize("save", [pkl, npy, pt, old_pt])
def test_code_alone_does_not_run(save: Callable[[Any, Path], Path], tmp_path: Path) -> None:
    sentinel = tmp_path / "it ran"
    path = save(Evil(sentinel), tmp_path)
    for layout in (None, "artalk", "voca", "emote"):
        with pytest.raises(FileError):
            read_clip(path, layout)
    assert not sentinel.exists()


def test_objects_that_nobody_asks_for_are_not_touched(tmp_path: Path) -> None:
    sentinel = tmp_path / "it ran"
    clip = read_clip(npz(DPT | {"notes": Evil(sentinel)}, tmp_path))
    assert clip.provenance["not_kept"] == ["notes"]
    assert not sentinel.exists()


# --- bombs --------------------------------------------------------------------------------------------


def bomb(path: Path, real: int, declared: int) -> Path:
    """An .npz whose `exp` has `real` zeros and says it has `declared` bytes."""
    data = io.BytesIO()
    np.save(data, np.zeros(real // 4, np.float32))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("shape", "pose"):
            member = io.BytesIO()
            np.save(member, DPT[name])
            archive.writestr(f"{name}.npy", member.getvalue())
        archive.writestr("exp.npy", data.getvalue())
        info = archive.getinfo("exp.npy")
        info.file_size = declared  # as the central directory will have it
        info.CRC = zlib.crc32(data.getvalue()[:declared])
    return path


def test_declared_bomb(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match=r"'exp\.npy'.*unfolds from .* to 4,000,000,000 bytes"):
        read_clip(bomb(tmp_path / "x.npz", 4000, 4_000_000_000))


def test_undeclared_bomb(tmp_path: Path) -> None:
    """It says 1 kB and has 50 MB: no more than it says is unpacked."""
    path = bomb(tmp_path / "x.npz", 50_000_000, 1000)
    tracemalloc.start()
    with pytest.raises(FormatError, match="exp"):
        read_clip(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("shape", [(2**40, 3), (2**70,), (-1, 50), (0, -5)])
def test_header_that_lies(shape: tuple[int, ...], tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    (tmp_path / "x.npy").write_bytes(header.getvalue() + bytes(400))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for name in DPT:
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(400))
    for name in ("x.npy", "x.npz"):
        with pytest.raises(FormatError, match=r"cut off|impossible"):
            read_clip(tmp_path / name)


def test_long_header(tmp_path: Path) -> None:
    text = b"{" + b"(" * 60_000
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(FormatError, match="NumPy"):
        read_clip(tmp_path / "x.npy")


def test_tensor_that_repeats_itself(tmp_path: Path) -> None:
    torch.save(torch.zeros(1).expand(2**33, 106), tmp_path / "x.pt")
    with pytest.raises(FormatError, match=r"x\.pt"):
        read_clip(tmp_path / "x.pt")


def test_other_compression(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("exp.npy", bytes(100))
    with pytest.raises(FormatError, match="compressed in a way"):
        read_clip(tmp_path / "x.npz")


# --- paths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member", ["../evil.npy", "/evil.npy", "a/../../evil.npy", "..\\evil.npy", "C:\\evil.npy"]
)
def test_members_that_point_outside(member: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = savez(DPT, inside)
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = member  # as it is, on any system
        archive.writestr(info, b"x")
    with pytest.raises(UnsafeFileError, match="points outside"):
        read_clip(path)
    assert [p.name for p in tmp_path.iterdir()] == ["inside"]
    assert [p.name for p in inside.iterdir()] == [path.name]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(tmp_path: Path) -> None:
    path = savez(DPT, tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("exp.npy", b"x")
    with pytest.raises(FormatError, match=r"'exp\.npy': is there twice"):
        read_clip(path)
