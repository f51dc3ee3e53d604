"""Vertex caches: the frames in a .pc2 and in an Alembic file are the head's, sample by sample."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from export.export_clips import lively_clip
from export.ufbx_seen import seen_by_ufbx
from head.synthetic import tiny_head

from flametalk.clip import Clip
from flametalk.export import export
from flametalk.head import Head
from flametalk.head.dense import dense_mesh

TO_OURS = {  # the presets' axes and units, spelt out once more
    "blender": lambda p: np.stack([p[..., 0], p[..., 2], -p[..., 1]], -1),
    "unity": lambda p: p / 100,
    "unreal": lambda p: np.stack([p[..., 0], p[..., 2], -p[..., 1]], -1) / 100,
}


def read_pc2(path: Path) -> np.ndarray:
    data = path.read_bytes()
    magic, version, points, start, rate, samples = struct.unpack("<12siiffi", data[:32])
    assert (magic, version, start, rate) == (b"POINTCACHE2\0", 1, 0.0, 1.0)
    assert len(data) == 32 + 12 * points * samples
    return np.frombuffer(data, "<f4", offset=32).reshape(samples, points, 3)


@pytest.mark.core
@pytest.mark.parametrize("preset", TO_OURS)
def test_pc2(preset: str, tmp_path: Path) -> None:
    head = tiny_head(v=50, dtype=torch.float32)
    clip = lively_clip(head, frames=70)  # more than two blocks
    export(clip, tmp_path / "a.pc2", head, preset=preset)
    found = TO_OURS[preset](read_pc2(tmp_path / "a.pc2"))
    np.testing.assert_allclose(found, clip.vertices(head).numpy(), atol=1e-6)


def fine(clip: Clip, head: Head) -> np.ndarray:
    mesh = dense_mesh(head)
    code = mesh.basis.code(head, clip.detail, clip.expression, clip.shape[None])
    return mesh.vertices(clip.vertices(head).numpy(), code)


@pytest.mark.core
def test_pc2_of_the_fine_mesh(tmp_path: Path) -> None:
    head = Head.load()
    clip = lively_clip(head, frames=2)
    export(clip, tmp_path / "a.pc2", head, detail=True, preset="unity")
    np.testing.assert_allclose(read_pc2(tmp_path / "a.pc2") / 100, fine(clip, head), atol=1e-6)


def test_fbx_plays_the_fine_mesh(tmp_path: Path) -> None:
    pytest.importorskip("ufbx", reason="development tools are not installed")
    head = Head.load()
    clip = lively_clip(head, frames=3)
    export(clip, tmp_path / "a.fbx", head, detail=True, point_cache=True, preset="unity", texture_size=64)
    seen = seen_by_ufbx(tmp_path / "a.fbx", 2 / 25, external=True)
    places = seen.places / 100
    np.testing.assert_allclose(places, fine(clip, head)[2], atol=1e-6)
    assert seen.faces == len(dense_mesh(head).faces)


@pytest.mark.parametrize("detail", [False, True])
def test_alembic(detail: bool, tmp_path: Path) -> None:
    pytest.importorskip("alembic3d", reason="extra 'alembic' is not installed")
    from alembic3d import Abc, AbcGeom

    head = Head.load()
    clip = lively_clip(head, frames=35 if not detail else 2, fps=30)
    export(clip, tmp_path / "a.abc", head, detail=detail)
    archive = Abc.IArchive(str(tmp_path / "a.abc"))
    schema = AbcGeom.IPolyMesh(archive.getTop(), "head").getSchema()
    expected = fine(clip, head) if detail else clip.vertices(head).numpy()
    assert schema.getNumSamples() == len(expected)
    times = schema.getTimeSampling()
    for frame in (0, 1, len(expected) - 1):
        sample = schema.getValue(Abc.ISampleSelector(frame / 30))  # seconds
        places = np.array(sample.getPositions(), np.float32)
        np.testing.assert_allclose(places, expected[frame], atol=1e-7)
        assert times.getSampleTime(frame) == pytest.approx(frame / 30)
    counts = np.array(sample.getFaceCounts())
    assert len(counts) == len(dense_mesh(head).faces if detail else head.quads)
    assert counts.sum() == len(sample.getFaceIndices())


def test_without_alembic_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from flametalk.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "alembic3d", None)
    with pytest.raises(MissingExtraError, match=r"flametalk\[alembic\]"):
        Clip.neutral(1).export(tmp_path / "a.abc")
    assert not list(tmp_path.iterdir())
