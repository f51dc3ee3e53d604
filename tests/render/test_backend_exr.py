"""Uncompressed OpenEXR: read back what was written, refuse everything else."""

import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametalk.errors import FileError, FormatError
from flametalk.render.backends.exr import read_exr

pytestmark = pytest.mark.core


def write_exr(channels: dict[str, np.ndarray], flags: int = 0, compression: int = 0, y: int = 0) -> bytes:
    """The format as its specification has it, scan lines bottom up to make it harder."""
    names = sorted(channels)
    kinds = {"<u4": 0, "<f2": 1, "<f4": 2}
    height, width = channels[names[0]].shape
    table = b"".join(
        n.encode() + b"\0" + struct.pack("<iIii", kinds[channels[n].dtype.str], 0, 1, 1) for n in names
    )
    box = struct.pack("<4i", 0, y, width - 1, y + height - 1)
    attributes = [
        ("channels", "chlist", table + b"\0"),
        ("compression", "compression", bytes([compression])),
        ("dataWindow", "box2i", box),
        ("displayWindow", "box2i", box),
        ("lineOrder", "lineOrder", b"\1"),
        ("owner", "string", b"somebody"),
    ]
    head = struct.pack("<II", 20000630, 2 | flags)
    for name, kind, value in attributes:
        head += name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value
    head += b"\0"
    lines = []
    for row in range(height)[::-1]:
        data = b"".join(channels[n][row].tobytes() for n in names)
        lines.append(struct.pack("<ii", y + row, len(data)) + data)
    offsets = np.zeros(height, "<u8").tobytes()
    return head + offsets + b"".join(lines)


def picture(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "ViewLayer.Combined.R": rng.normal(size=(5, 7)).astype("<f4"),
        "ViewLayer.Combined.A": rng.normal(size=(5, 7)).astype("<f2"),
        "ViewLayer.Depth.Z": rng.normal(size=(5, 7)).astype("<f4"),
        "id": rng.integers(0, 1000, (5, 7)).astype("<u4"),
    }


def test_round_trip(tmp_path: Path) -> None:
    channels = picture(np.random.default_rng(0))
    for y in (0, -3):
        (tmp_path / "a.exr").write_bytes(write_exr(channels, y=y))
        found = read_exr(tmp_path / "a.exr")
        assert set(found) == set(channels)
        for name, values in channels.items():
            assert np.array_equal(found[name], values.astype(np.float32))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda data: b"\x89PNG" + data[4:], "no OpenEXR"),
        (lambda data: data[:-5], "cut off"),
        (lambda data: data[:40], "cut off or damaged"),
        (lambda data: data.replace(b"compression\0", b"compressiom\0", 1), "no attribute compression"),
    ],
)
def test_damage(damage, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_bytes(damage(write_exr(picture(np.random.default_rng(1)))))
    with pytest.raises(FormatError, match=complaint):
        read_exr(tmp_path / "a.exr")


def test_kinds_that_are_not_read(tmp_path: Path) -> None:
    channels = picture(np.random.default_rng(2))
    for options, complaint in (
        ({"flags": 0x1000}, "several parts"),
        ({"flags": 0x200}, "tiles"),
        ({"compression": 3}, "is compressed"),
    ):
        (tmp_path / "a.exr").write_bytes(write_exr(channels, **options))
        with pytest.raises(FormatError, match=complaint):
            read_exr(tmp_path / "a.exr")


@given(st.integers(8, 500), st.binary(min_size=1, max_size=8))
def test_any_bytes_anywhere(tmp_path_factory, at: int, junk: bytes) -> None:
    data = bytearray(write_exr(picture(np.random.default_rng(3))))
    data[at : at + len(junk)] = junk
    path = tmp_path_factory.mktemp("exr") / "a.exr"
    path.write_bytes(bytes(data))
    with suppress(FileError):
        read_exr(path)
