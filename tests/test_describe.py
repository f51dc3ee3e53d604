"""`flametalk info`: every kind of file in a few true lines, and nothing run."""

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.describe import describe
from flametalk.errors import FileError, FormatError
from flametalk.head.store import builtin_file

pytestmark = pytest.mark.core


def told(path: Path) -> str:
    return "\n".join(describe(path))


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_clip(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    sound = Audio(np.zeros(800, np.float32), 8_000)
    Clip.neutral(5, eyes=np.zeros((5, 6)), fps=50.0, audio=sound, provenance={"seed": 3}).save(path)
    text = told(path)
    for part in ("5 frames, 0.10 s at 50 fps", "any head", "also        eyes", "8,000 Hz", "seed        3"):
        assert part in text


def test_the_head() -> None:
    text = told(builtin_file())
    for part in ("builtin-1", "100 shape, 50 expression", "ibug68", "Apache-2.0"):
        assert part in text


def test_tensors_and_arrays(tmp_path: Path) -> None:
    save_file({"layer.weight": np.zeros((3, 4), np.float32)}, tmp_path / "a.safetensors", {"step": "10"})
    assert "1 tensors, 12 numbers" in told(tmp_path / "a.safetensors")
    assert "step: 10" in told(tmp_path / "a.safetensors")
    np.savez(tmp_path / "b.npz", means=np.zeros((2, 5)))
    assert "means: float64 (2, 5)" in told(tmp_path / "b.npz")
    torch.save({"model": {"w": torch.zeros(2, 3)}, "step": 4}, tmp_path / "c.pt")
    assert "model.w: float32 (2, 3)" in told(tmp_path / "c.pt")


class Evil:
    def __init__(self, sentinel: Path):
        self.sentinel = sentinel

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return (Path.touch, (self.sentinel,))


@pytest.mark.parametrize("ending", ["pkl", "npy", "pt", "zip"])
def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path, ending: str) -> None:
    path, sentinel = tmp_path / f"evil.{ending}", tmp_path / "was_run"
    if ending == "npy":
        np.save(path, np.array([Evil(sentinel)], dtype=object), allow_pickle=True)
    elif ending == "pt":
        torch.save({"a": Evil(sentinel)}, path)
    elif ending == "zip":
        import zipfile

        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("generic_model.pkl", pickle.dumps(Evil(sentinel)))
    else:
        path.write_bytes(pickle.dumps(Evil(sentinel)))
    with pytest.raises(FileError):
        describe(path)
    assert not sentinel.exists()


def test_exports(tmp_path: Path) -> None:
    content = {
        "asset": {"version": "2.0", "generator": "someone"},
        "meshes": [{"primitives": [{"attributes": {}, "targets": [{}, {}]}]}],
        "animations": [{}],
    }
    body = json.dumps(content).encode()
    body += b" " * (-len(body) % 4)
    whole = b"glTF" + struct.pack("<IIII", 2, 20 + len(body), len(body), 0x4E4F534A) + body
    (tmp_path / "a.glb").write_bytes(whole)
    text = told(tmp_path / "a.glb")
    assert "someone" in text and "1, with 2 morph targets" in text
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1 2 3\n")
    assert "3 vertices, 1 UVs, 1 faces" in told(tmp_path / "a.obj")
    (tmp_path / "a.csv").write_text("Timecode,BlendShapeCount\n0,61\n")
    assert "2 columns, 1 rows" in told(tmp_path / "a.csv")
    Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    assert "PNG 7 × 5" in told(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.safetensors", b"\xff" * 64),
        ("a.npz", b"PK\x03\x04 cut off"),
        ("a.npy", b"\x93NUMPY\x01\x00"),
        ("a.pkl", b"\x80\x04"),
        ("a.pt", b"not a torch file"),
        ("a.glb", b"glTF\x02\x00\x00\x00\xff\xff\xff\xff\x04\x00\x00\x00JSON{}  "),
        ("a.gltf", b"{"),
        ("a.fbx", b"; FBX 7.4 text"),
        ("a.fbx", b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7500)),
        ("a.json", b"{"),
        ("a.png", b"\x89PNG cut"),
        ("a.mp4", b"this is text"),
        ("a.zip", b"PK"),
        ("a.xyz", b"whatever"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError) as caught:
        describe(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_playlist_cannot_reach_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"RIFF")
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n")
    with pytest.raises(FileError):
        describe(tmp_path / "list.mp4")
