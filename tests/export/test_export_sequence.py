"""OBJ, PLY and STL frame by frame: what trimesh reads is the head, in every frame with the same topology."""

from pathlib import Path

import numpy as np
import pytest
import torch
from export.export_clips import lively_clip
from head.synthetic import tiny_head

from flametalk.clip import Clip
from flametalk.errors import AssetError, InputError
from flametalk.export.decimals import vertex_lines
from flametalk.head import Head
from flametalk.head.dense import dense_mesh

trimesh = pytest.importorskip("trimesh", reason="development tools are not installed")


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


@pytest.fixture(scope="module")
def clip(head: Head) -> Clip:
    return lively_clip(head, frames=3)


def loaded(path: Path) -> "trimesh.Trimesh":
    return trimesh.load(path, process=False, force="mesh")


def test_obj_is_the_head(clip: Clip, head: Head, tmp_path: Path) -> None:
    clip.export(tmp_path / "frames" / "*.obj", head)
    files = sorted((tmp_path / "frames").iterdir())
    assert [f.name for f in files] == ["frame_00000.obj", "frame_00001.obj", "frame_00002.obj"]
    texts = [f.read_text() for f in files]
    assert len({text[text.index("vt ") :] for text in texts}) == 1, "all but the vertices is the same"
    for frame, (file, text) in enumerate(zip(files, texts, strict=True)):
        lines = [line.split() for line in text.splitlines()]
        places = np.array([line[1:] for line in lines if line[0] == "v"], float)
        assert np.abs(places - clip.vertices(head)[frame].numpy()).max() <= 0.51e-6
        polygons = [[int(c.split("/")[0]) - 1 for c in line[1:]] for line in lines if line[0] == "f"]
        assert polygons == [[v for v in quad if v >= 0] for quad in head.quads.tolist()]
        mesh = loaded(file)
        assert len(mesh.faces) == len(head.faces)
        corner = mesh.vertices[mesh.faces].reshape(-1, 3).mean(0)  # trimesh splits vertices at seams
        ours = clip.vertices(head)[frame].numpy()[head.faces.numpy()].reshape(-1, 3).mean(0)
        assert np.abs(corner - ours).max() < 1e-6
        u = head.uv.numpy()[head.uv_faces.numpy()][..., 0].mean()
        assert mesh.visual.uv[mesh.faces][..., 0].mean() == pytest.approx(u, abs=1e-5)


def test_ply_and_stl_are_the_head(clip: Clip, head: Head, tmp_path: Path) -> None:
    faces = head.faces.numpy()
    clip.export(tmp_path / "p_*.ply", head)
    clip.export(tmp_path / "s_*.stl", head)
    for frame in range(3):
        ours = clip.vertices(head)[frame].numpy()
        mesh = loaded(tmp_path / f"p_{frame:05d}.ply")
        np.testing.assert_array_equal(mesh.vertices[mesh.faces], ours[faces])
        printed = loaded(tmp_path / f"s_{frame:05d}.stl")
        x, y, z = ours[faces].transpose(2, 0, 1) * 1000
        np.testing.assert_allclose(printed.vertices[printed.faces], np.stack([x, -z, y], -1), atol=1e-4)
        normals = trimesh.triangles.normals(printed.triangles)[0]
        assert len(normals) == len(faces)


@pytest.mark.parametrize("ending", ["obj", "ply", "stl"])
def test_the_same_clip_gives_the_same_bytes(ending: str, clip: Clip, head: Head, tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        clip.export(tmp_path / name / f"*.{ending}", head)
        found.append([f.read_bytes() for f in sorted((tmp_path / name).iterdir())])
    assert found[0] == found[1] and len(set(found[0])) == 3


@pytest.mark.parametrize("ending", ["obj", "ply"])
def test_the_fine_mesh(ending: str, head: Head, tmp_path: Path) -> None:
    detail = np.zeros((2, 128))
    detail[1] = 0.5
    clip = lively_clip(head, frames=2, detail=detail)
    clip.export(tmp_path / f"*.{ending}", head, detail=True)
    mesh = dense_mesh(head)
    code = mesh.basis.code(head, clip.detail, clip.expression, clip.shape[None])
    expected = mesh.vertices(clip.vertices(head).numpy(), code)
    assert np.abs(np.diff(expected - mesh.vertices(clip.vertices(head).numpy()), axis=0)).max() > 1e-4
    for frame in range(2):
        found = loaded(tmp_path / f"frame_{frame:05d}.{ending}")
        assert len(found.faces) == len(mesh.faces) > 4 * len(head.faces)
        corners = np.array(found.vertices[found.faces])
        assert np.abs(corners - expected[frame][mesh.faces]).max() < 1.1e-6


def test_detail_that_has_no_room_is_refused(head: Head, tmp_path: Path) -> None:
    for ending in (".glb", ".fbx", ".usda", ".csv", ".npz"):
        with pytest.raises(InputError, match=r"cannot hold the detail mesh.*\.obj.*\.abc"):
            Clip.neutral(1).export(tmp_path / f"a{ending}", head, detail=True)
    with pytest.raises(InputError, match=r"point_cache belongs to \.fbx"):
        Clip.neutral(1).export(tmp_path / "a.glb", head, point_cache=True)
    with pytest.raises(AssetError, match="no detail basis for head 'tiny'"):
        Clip.neutral(1).export(tmp_path / "a.obj", tiny_head(dtype=torch.float32), detail=True)
    assert not list(tmp_path.iterdir())


def test_one_file_needs_no_star(head: Head, tmp_path: Path) -> None:
    tiny = tiny_head(v=20, dtype=torch.float32)
    lively_clip(tiny, frames=1).export(tmp_path / "face.obj", tiny)
    assert [f.name for f in tmp_path.iterdir()] == ["face.obj"]
    with pytest.raises(InputError, match=r"write 'face_\*\.obj' for numbered files"):
        lively_clip(tiny, frames=2).export(tmp_path / "face.obj", tiny)
    for bad in ("*_*.obj", "*/a.obj"):
        with pytest.raises(InputError, match="one star"):
            lively_clip(tiny, frames=2).export(tmp_path / bad, tiny)


def test_a_longer_sequence_is_not_mixed_with_a_shorter(tmp_path: Path) -> None:
    tiny = tiny_head(v=20, dtype=torch.float32)
    lively_clip(tiny, frames=5).export(tmp_path / "*.stl", tiny)
    before = {f.name: f.read_bytes() for f in tmp_path.iterdir()}
    with pytest.raises(InputError, match=r"frames of a longer sequence \(frame_00003\.stl"):
        lively_clip(tiny, frames=3).export(tmp_path / "*.stl", tiny)
    lively_clip(tiny, frames=5, seed=4).export(tmp_path / "*.stl", tiny)
    after = {f.name: f.read_bytes() for f in tmp_path.iterdir()}
    assert after.keys() == before.keys() and all(after[name] != before[name] for name in after)


def test_decimals_are_what_python_writes() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [rng.normal(0, 0.1, 3000), rng.uniform(-1e4, 1e4, 3000), [0, -0.0, 4e-7, -4e-7, 1e8, 0.9999999]]
    )
    points = np.resize(values, (len(values) // 3, 3)).astype(np.float32)
    found = bytes(vertex_lines(points)).decode().splitlines()
    for line, row in zip(found, points.tolist(), strict=True):
        expected = [f"{np.rint(x * 1e6) / 1e6 + 0.0:.6f}" for x in row]
        assert line == " ".join(["v", *expected])
    with pytest.raises(InputError, match="no coordinates"):
        vertex_lines(np.full((1, 3), np.nan, np.float32))
