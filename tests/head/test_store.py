"""Heads on disk: the storage format, the data folder, adding and attaching."""

import json
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from synthetic import (
    Python2Pickle,
    flame_arrays,
    tiny_head,
    write_2020,
    write_deca_landmarks,
    write_mediapipe,
    write_template_obj,
    write_zip,
)

from flametalk.errors import AssetError, FileError, FormatError, InputError
from flametalk.head import Action, Head, assets, flame, store
from flametalk.head.flame import Release
from flametalk.head.storage import read_head, save_head

pytestmark = pytest.mark.core


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --- the storage format ---------------------------------------------------------------------------------


def _full_head() -> Head:
    head = tiny_head(v=12, dtype=torch.float32)
    basis = head.expression_basis.clone()
    basis[3:9] = 0  # vertices that do not move are not stored
    marks = head.landmarks["ibug68"]
    return replace(
        head,
        expression_basis=basis,
        uv=torch.rand(5, 2),
        uv_faces=torch.zeros(24, 3, dtype=torch.int32),
        quads=torch.tensor([[0, 1, 2, 3], [3, 4, 5, -1]], dtype=torch.int32),
        uv_quads=torch.tensor([[0, 1, 2, 3], [3, 4, 0, -1]], dtype=torch.int32),
        materials=torch.zeros(24, dtype=torch.int32),
        material_names=("skin",),
        occlusion=torch.rand(12),
        mirror=torch.arange(12, dtype=torch.int32),
        expression_names=("smile", "frown", "äh"),
        shape_names=("a", "b", "c", "d"),
        regions={"lips": torch.tensor([1, 2], dtype=torch.int32)},
        landmarks={"mediapipe": replace(marks, ids=(5, 4, 3, 2, 1, 0)), "ibug68": marks},
        actions={"jaw_open": Action(torch.rand(3), torch.rand(3), torch.rand(6))},
        info={"licence": "Apache-2.0", "note": "ü"},
    )


@pytest.mark.parametrize("half", [False, True])
def test_a_head_survives_the_disk(tmp_path: Path, half: bool) -> None:
    head = _full_head()
    save_head(head, tmp_path / "a.safetensors", half=half)
    got = read_head(tmp_path / "a.safetensors")
    for field in fields(Head):
        old, new = getattr(head, field.name), getattr(got, field.name)
        if field.name.endswith("_basis") and half:
            torch.testing.assert_close(new, old, rtol=2**-11, atol=3e-8)
        elif isinstance(old, torch.Tensor):
            assert torch.equal(new, old) and new.dtype == old.dtype, field.name
        elif field.name in ("regions", "landmarks", "actions"):
            assert set(new) == set(old)
        else:
            assert new == old, field.name
    assert torch.equal(got.regions["lips"], head.regions["lips"])
    assert got.landmarks["mediapipe"].ids == (5, 4, 3, 2, 1, 0) and got.landmarks["ibug68"].ids is None
    assert torch.equal(got.actions["jaw_open"].eyes, head.actions["jaw_open"].eyes)
    assert read_head(tmp_path / "a.safetensors", torch.float64).uv.dtype == torch.float64


@settings(max_examples=10, deadline=None)
@given(v=st.integers(1, 6), s=st.integers(0, 3), e=st.integers(0, 3))
def test_small_and_empty_bases(v: int, s: int, e: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("head") / "a.safetensors"
    head = tiny_head(v=v, s=s, e=e, dtype=torch.float32)
    save_head(head, path, half=False)
    got = read_head(path)
    assert torch.equal(got.shape_basis, head.shape_basis) and got.n_expression == e


TENSOR_DAMAGE = {
    "a missing basis": ("pose_basis/values", None, "complete"),
    "a missing template": ("template", None, "complete"),
    "a flat template": ("template", torch.zeros(12), "complete|shape"),
    "NaN": ("skinning", torch.full((12, 5), torch.nan), "NaN"),
    "another skinning": ("skinning", torch.zeros(11, 5), "shape"),
    "faces beyond the end": ("faces", torch.full((24, 3), 12, dtype=torch.int32), "outside"),
    "faces of floats": ("faces", torch.zeros(24, 3), "index"),
    "negative rows": ("shape_basis/rows", torch.full((12,), -1, dtype=torch.int32), "complete"),
    "rows beyond the end": ("shape_basis/rows", torch.full((12,), 99, dtype=torch.int32), "complete"),
    "rows without values": ("shape_basis/rows", torch.zeros(3, dtype=torch.int32), "complete"),
    "another pose basis": ("pose_basis/values", torch.zeros(12, 3, 35), "pose_basis"),
    "uv faces beyond the end": ("uv_faces", torch.full((24, 3), 5, dtype=torch.int32), "outside"),
    "a template of tiny floats": ("template", torch.zeros(12, 3).to(torch.float8_e4m3fn), "F8_E4M3"),
    "quads beyond the end": ("quads", torch.full((2, 4), -2, dtype=torch.int32), "outside"),
    "materials without names": ("materials", torch.ones(24, dtype=torch.int32), "outside"),
    "a region beyond the end": ("region/lips", torch.tensor([12], dtype=torch.int32), "region/lips"),
    "landmarks beyond the end": (
        "landmarks/ibug68/faces",
        torch.full((6,), 24, dtype=torch.int32),
        "landmarks",
    ),
    "landmarks without weights": ("landmarks/ibug68/weights", None, "complete"),
    "landmarks of another number": ("landmarks/ibug68/weights", torch.zeros(5, 3), "landmarks/ibug68"),
    "an action of another size": ("action/jaw_open", torch.zeros(11), "action/jaw_open"),
}


@pytest.mark.parametrize("name", sorted(TENSOR_DAMAGE))
def test_damaged_head_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.safetensors"
    save_head(_full_head(), path)
    key, value, message = TENSOR_DAMAGE[name]
    tensors, metadata = load_file(path), _metadata(path)
    del tensors[key]
    if value is not None:
        tensors[key] = value
    save_file(tensors, path, metadata)
    with pytest.raises(FormatError, match=rf"a\.safetensors.*({message})"):
        read_head(path)


def _metadata(path: Path) -> dict[str, str]:
    raw = path.read_bytes()
    return json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]


def test_other_head_files(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"x" * 50)
    with pytest.raises(FormatError, match="not a readable safetensors"):
        read_head(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(FormatError, match="not a head file"):
        read_head(path)
    save_head(_full_head(), path)
    tensors, metadata = load_file(path), _metadata(path)
    for key, value in (("info", "{"), ("info", "[1]"), ("material_names", "3"), ("info", "[" * 100_000)):
        save_file(tensors, path, metadata | {key: value})
        with pytest.raises(FormatError, match="complete"):
            read_head(path)


# --- the data folder -------------------------------------------------------------------------------------


def test_the_data_folder_follows_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> None:
    assert store.data_folder() == home
    monkeypatch.delenv("FLAMETALK_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert store.data_folder() == tmp_path / ".local" / "share" / "flametalk"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert store.data_folder() == tmp_path / "xdg" / "flametalk"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert store.data_folder() == tmp_path / "Library" / "Application Support" / "flametalk"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert store.data_folder() == tmp_path / "local" / "flametalk"


def test_a_flame_file_is_added_once_and_loaded_by_name(tmp_path: Path, home: Path) -> None:
    source = write_2020(tmp_path / "generic_model.pkl", flame_arrays())
    added = assets.add_flame(source, name="mine")
    assert added.path == home / "heads" / "mine.safetensors" and added.path.is_file()
    assert (added.vertices, added.shapes, added.expressions) == (30, 300, 100) and not added.recognised
    assert "not checked against a known file" in str(added) and "assets add masks" in str(added)
    head = Head.load("mine")
    assert torch.equal(head.shape_basis, flame.read_flame(source).shape_basis)  # single precision is kept
    assert Head.load("mine") is head
    assert Head.load(str(added.path)).name == Head.load(added.path).name == "mine"
    assert list(home.rglob("*")) == [home / "heads", added.path]  # nothing temporary stays


def test_a_head_is_read_again_when_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_head(tiny_head(dtype=torch.float32), path)
    first = store.load_head(path)
    assert (
        store.load_head(path) is first
        and store.load_head(path, torch.float64).template.dtype == torch.float64
    )
    save_head(tiny_head(v=13, dtype=torch.float32), path)
    assert store.load_head(path).n_vertices == 13


def test_flame_files_load_by_path(tmp_path: Path) -> None:
    path = write_2020(tmp_path / "generic_model.pkl", flame_arrays())
    head = Head.load(str(path))
    assert head.name.startswith("flame-custom-") and Head.load(str(path)) is head
    archive = write_zip(tmp_path / "FLAME2020.zip", {"generic_model.pkl": path.read_bytes()})
    assert Head.load(str(archive)).name == head.name


def test_unknown_heads(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        AssetError, match=r"no head 'flame2020' here; there are: builtin\. Add one with .*--name flame2020"
    ):
        Head.load("flame2020")
    assets.add_flame(write_2020(tmp_path / "a.pkl", flame_arrays()), name="mine")
    with pytest.raises(AssetError, match="there are: builtin, mine"):
        Head.load("flame2020")
    for name in ("../mine", "a/b.safetensors"):
        with pytest.raises(FileError, match="no such file"):
            Head.load(name)
    for name in ("", "Größe", "a b", ".hidden", "x" * 65):
        with pytest.raises(InputError, match="not a head's name"):
            Head.load(name)
    other = tmp_path / "a.txt"
    other.write_text("x")
    with pytest.raises(InputError, match="is not a head"):
        Head.load(str(other))


def test_the_built_in_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "files", lambda package: tmp_path)
    with pytest.raises(AssetError, match=r"python -m scripts\.build_head"):
        Head.load()
    save_head(replace(tiny_head(dtype=torch.float32), name="builtin-1"), tmp_path / "builtin.safetensors")
    assert Head.load().name == Head.load("builtin").name == Head.load("builtin-1").name == "builtin-1"
    with pytest.raises(AssetError, match="is 'builtin-1', not 'builtin-2'"):
        Head.load("builtin-2")
    assert [asset.release for asset in assets.list_assets()] == ["built-in"]


# --- adding and attaching -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full_size(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with FLAME's own number of vertices and triangles, mostly zeros."""
    arrays = flame_arrays(v=10, f=9976)
    arrays["f"] = np.random.default_rng(0).integers(0, 5023, (9976, 3)).astype(np.uint32)
    arrays["f"][0] = [0, 1, 5022]
    for name, axis in (
        ("v_template", 0),
        ("shapedirs", 0),
        ("posedirs", 0),
        ("weights", 0),
        ("J_regressor", 1),
    ):
        shape = list(arrays[name].shape)
        shape[axis] = 5023
        grown = np.zeros(shape)
        grown[tuple(slice(n) for n in arrays[name].shape)] = arrays[name]
        arrays[name] = grown
    arrays["weights"][10:, 1] = 1
    return write_2020(tmp_path_factory.mktemp("flame") / "generic_model.pkl", arrays)


def test_everything_is_attached_and_listed(
    full_size: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssetError, match="first `flametalk assets add flame FILE`"):
        assets.add_masks(full_size)
    known = {flame.read_flame(full_size).info["sha256"]: Release("flame2020", "FLAME 2020", "its licence")}
    monkeypatch.setattr(flame, "RELEASES", known)
    monkeypatch.setattr(assets, "RELEASES", known)
    added = assets.add_flame(full_size)
    assert added.recognised and added.name == "flame2020" and "FLAME 2020" in str(added)

    masks = tmp_path / "FLAME_masks.pkl"
    masks.write_bytes(Python2Pickle(0).dumps({"lips": np.array([1, 2, 3])}))
    deca, mediapipe = tmp_path / "landmark_embedding.npy", tmp_path / "mediapipe.npz"
    write_deca_landmarks(deca, 9976)
    write_mediapipe(mediapipe, 9976)
    template = tmp_path / "head_template.obj"
    write_template_obj(template, Head.load("flame2020").faces.numpy())

    (after,) = assets.add_masks(masks)
    assert after.regions == ("lips",)
    assets.add_landmarks(deca)
    (after,) = assets.add_landmarks(mediapipe)
    assert set(after.landmarks) == {"contour", "ibug51", "ibug68", "mediapipe"}
    (after,) = assets.add_uv(template, head="flame2020")
    assert after.uv and "texture coordinates: yes" in str(after)

    again = assets.add_flame(full_size)  # keeps what was attached
    assert again.regions == ("lips",) and again.uv and len(again.landmarks) == 4
    head = Head.load("flame2020")
    assert head.uv is not None and head.landmarks["mediapipe"].ids is not None
    assert [asset.name for asset in assets.list_assets()][-1:] == ["flame2020"]

    with pytest.raises(AssetError, match="no added head 'other'"):
        assets.add_masks(masks, head="other")
    before = added.path.read_bytes()
    masks.write_bytes(b"damaged")
    with pytest.raises(FormatError):
        assets.add_masks(masks)
    assert added.path.read_bytes() == before

    assert assets.remove_asset("flame2020") == added.path
    with pytest.raises(AssetError, match="no head 'flame2020'"):
        Head.load("flame2020")
    with pytest.raises(AssetError, match="added heads: none"):
        assets.remove_asset("flame2020")


def test_another_file_under_a_taken_name(tmp_path: Path) -> None:
    assets.add_flame(write_2020(tmp_path / "a.pkl", flame_arrays(v=8)), name="mine")
    with pytest.raises(InputError, match="made from another file is there already"):
        assets.add_flame(write_2020(tmp_path / "b.pkl", flame_arrays(v=8, seed=1)), name="mine")
    with pytest.raises(InputError, match="kept for the built-in head"):
        assets.add_flame(tmp_path / "a.pkl", name="builtin-2")
    with pytest.raises(InputError, match="not a head's name"):
        assets.add_flame(tmp_path / "a.pkl", name="../../mine")
