"""Official model files: every layout becomes the same head, every damage an error that names the field."""

import hashlib
import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from synthetic import Chumpy, Python2Pickle, flame_arrays, write_2020, write_open, write_zip

from flametalk.errors import FormatError, InputError, UnknownNameError, UnsafeFileError
from flametalk.head import flame
from flametalk.head.archive import archive_member
from flametalk.head.flame import Release, read_flame

pytestmark = pytest.mark.core


def _equals(head: Any, arrays: dict[str, Any], dtype: torch.dtype = torch.float32) -> None:
    for got, expected in (
        (head.template, arrays["v_template"]),
        (head.shape_basis, arrays["shapedirs"][..., :300]),
        (head.expression_basis, arrays["shapedirs"][..., 300:]),
        (head.pose_basis, arrays["posedirs"]),
        (head.joint_regressor, arrays["J_regressor"]),
        (head.skinning, arrays["weights"]),
    ):
        assert got.dtype == dtype and got.is_contiguous()
        assert torch.equal(got, torch.from_numpy(np.ascontiguousarray(expected)).to(dtype))
    np.testing.assert_array_equal(head.faces.numpy(), arrays["f"])


def test_python_2_writer_writes_what_python_reads() -> None:
    """The synthetic files are real pickles: Python's own unpickler agrees."""
    value = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": ("x", 1, None, True),
        "s": set(),
        "k": np.arange(3, dtype=np.uint32),
    }
    value["f"] = np.asfortranarray(value["a"])
    for protocol in (0, 2):
        got = pickle.loads(Python2Pickle(protocol).dumps(value), encoding="latin1")
        assert got["b"] == value["b"] and got["s"] == set()
        for name in "akf":
            np.testing.assert_array_equal(got[name], value[name])


def test_the_chumpy_layout_is_that_of_a_real_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a class in chumpy's place, Python's own unpickler rebuilds the object that we replace."""
    module = types.ModuleType("chumpy.ch")
    module.Ch = type("Ch", (), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    data = Python2Pickle(2).dumps({"shapedirs": Chumpy(np.arange(3.0))})
    np.testing.assert_array_equal(pickle.loads(data, encoding="latin1")["shapedirs"].x, np.arange(3.0))


@pytest.mark.parametrize("module", ["scipy.sparse.csc", "scipy.sparse._csc"])
def test_flame_2020(tmp_path: Path, module: str) -> None:
    arrays = flame_arrays()
    head = read_flame(write_2020(tmp_path / "generic_model.pkl", arrays, module))
    _equals(head, arrays)
    assert (head.n_shape, head.n_expression) == (300, 100)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_flame_2023_open(tmp_path: Path, protocol: int) -> None:
    arrays = flame_arrays()
    _equals(read_flame(write_open(tmp_path / "flame2023_Open.pkl", arrays, protocol)), arrays)


def test_double_precision_is_kept_on_request(tmp_path: Path) -> None:
    arrays = flame_arrays()
    head = read_flame(write_2020(tmp_path / "a.pkl", arrays), dtype=torch.float64)
    _equals(head, arrays, torch.float64)


def test_everything_may_be_wrapped_in_chumpy(tmp_path: Path) -> None:
    arrays = flame_arrays()
    wrapped = {
        name: Chumpy(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
        for name, value in arrays.items()
    }
    path = tmp_path / "old.pkl"
    path.write_bytes(Python2Pickle(2).dumps(wrapped))
    _equals(read_flame(path), arrays)


def test_the_root_parent_may_be_written_in_any_width(tmp_path: Path) -> None:
    for table in ([[-1, 0, 1, 1, 1], range(5)], [[2**32 - 1, 0, 1, 1, 1], range(5)]):
        arrays = flame_arrays() | {"kintree_table": np.array([list(row) for row in table], dtype=np.int64)}
        read_flame(write_2020(tmp_path / "a.pkl", arrays))


# --- names ------------------------------------------------------------------------------------------


def test_a_known_file_is_recognised_by_its_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_2020(tmp_path / "renamed_FLAME_NEUTRAL.pkl", flame_arrays())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    head = read_flame(path)
    assert head.name == f"flame-custom-{digest[:8]}" and head.info["release"] == "unknown"
    assert head.info["sha256"] == digest and head.info["source"] == path.name
    monkeypatch.setattr(flame, "RELEASES", {digest: Release("flame2020", "FLAME 2020", "licence")})
    head = read_flame(path)
    assert (head.name, head.info["release"], head.info["licence"]) == ("flame2020", "FLAME 2020", "licence")
    assert read_flame(path, name="mine").name == "mine"


def test_the_variant_without_jaw_says_so(tmp_path: Path) -> None:
    head = read_flame(write_2020(tmp_path / "flame2023_no_jaw.pkl", flame_arrays()))
    assert head.info["jaw"] == "in the expression basis"


# --- archives -----------------------------------------------------------------------------------------


def _models(tmp_path: Path, *names: str) -> dict[str, bytes]:
    return {
        name: write_2020(tmp_path / "one.pkl", flame_arrays(v=8, f=4, seed=k)).read_bytes()
        for k, name in enumerate(names)
    }


def test_archives_give_the_generic_model_or_the_one_asked_for(tmp_path: Path) -> None:
    members = _models(
        tmp_path, "FLAME2020/female_model.pkl", "FLAME2020/generic_model.pkl", "FLAME2020/male_model.pkl"
    )
    members |= {
        "__MACOSX/FLAME2020/._generic_model.pkl": b"x",
        "FLAME2020/.DS_Store": b"x",
        "Readme.pdf": b"x",
    }
    path = write_zip(tmp_path / "FLAME2020.zip", members)
    for member, seed in ((None, 1), ("generic", 1), ("female", 0), ("male", 2), ("Male_model.pkl", 2)):
        _equals(read_flame(path, member=member), flame_arrays(v=8, f=4, seed=seed))
    assert read_flame(path).info["source"] == "FLAME2020.zip:FLAME2020/generic_model.pkl".rsplit("/", 1)[1]
    with pytest.raises(
        UnknownNameError, match=r"Valid: female_model\.pkl, generic_model\.pkl, male_model\.pkl"
    ):
        read_flame(path, member="neutral")


def test_archives_of_2023(tmp_path: Path) -> None:
    members = _models(tmp_path, "flame2023.pkl", "flame2023_no_jaw.pkl")
    path = write_zip(tmp_path / "FLAME2023.zip", members)
    assert "jaw" not in read_flame(path).info
    assert "jaw" in read_flame(path, member="flame2023_no_jaw.pkl").info
    path = write_zip(tmp_path / "any.zip", _models(tmp_path, "odd.pkl"))
    _equals(read_flame(path), flame_arrays(v=8, f=4))
    path = write_zip(tmp_path / "two.zip", _models(tmp_path, "odd.pkl", "even.pkl"))
    with pytest.raises(InputError, match=r"even\.pkl, odd\.pkl"):
        read_flame(path)


@pytest.mark.parametrize(
    "name", ["../generic_model.pkl", "/etc/generic_model.pkl", "a/../../b.pkl", "..\\b.pkl", "C:/b.pkl"]
)
def test_paths_that_escape(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", _models(tmp_path, name))
    with pytest.raises(UnsafeFileError, match="escapes"):
        read_flame(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "one.pkl"]


def test_archives_that_unfold_to_too_much(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"generic_model.pkl": b"\0" * 10**6})
    assert path.stat().st_size < 2000
    with pytest.raises(FormatError, match="unfolds to 1,000,000 bytes"):
        archive_member(path, None, 10**5)
    lying = bytearray(path.read_bytes())  # the directory claims 10 bytes
    for place in (lying.find(b"PK\x03\x04") + 22, lying.find(b"PK\x01\x02") + 24):
        lying[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(lying)
    with pytest.raises(FormatError, match=r"a\.zip"):
        archive_member(path, None, 10**5)


def test_odd_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for content in (b"PK not really", b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(FormatError, match="zip archive"):
            read_flame(path)
    with pytest.raises(FormatError, match="no FLAME model"):
        read_flame(write_zip(path, {"__MACOSX/a.pkl": b"x", "b.txt": b"x"}))
    with pytest.raises(FormatError, match="members"):
        read_flame(write_zip(path, {f"{k}.txt": b"" for k in range(1001)}))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.pkl", b"x" * 1000)
    with pytest.raises(FormatError, match="unusual"):
        read_flame(path)
    whole = write_zip(path, _models(tmp_path, "a.pkl")).read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    with pytest.raises(FormatError, match=r"a\.zip"):
        read_flame(path)
    with pytest.raises(InputError, match="not an archive"):
        read_flame(write_2020(tmp_path / "a.pkl", flame_arrays(v=8)), member="male")


# --- the file with eyes ----------------------------------------------------------------------------------


def test_flame_with_eye(tmp_path: Path) -> None:
    from synthetic import barycentric

    arrays = flame_arrays()
    tensors = {
        name: torch.from_numpy(value.astype(np.float32 if value.dtype.kind == "f" else np.int64))
        for name, value in arrays.items()
        if isinstance(value, np.ndarray)
    }
    static, whole, mesh = barycentric((51,), 40), barycentric((1, 70), 40, 2), barycentric((105,), 40, 3)
    names = [("static_lmk_faces_idx", "static_lmk_bary_coords")]
    names += [("full_lmk_faces_idx_with_eye", "full_lmk_bary_coords_with_eye")]
    landmarks = {
        name: torch.from_numpy(value)
        for pair, values in zip(names, (static, whole), strict=True)
        for name, value in zip(pair, values, strict=True)
    }
    mediapipe = {"lmk_face_idx": torch.from_numpy(mesh[0]), "lmk_b_coords": torch.from_numpy(mesh[1])}
    path = tmp_path / "FLAME_with_eye.pt"
    content = {"flame_model": tensors, "lmk_embeddings": landmarks, "lmk_embeddings_mediapipe": mediapipe}
    torch.save(content, path)
    head = read_flame(path)
    _equals(head, arrays)
    assert {name: len(marks.faces) for name, marks in head.landmarks.items()} == {
        "ibug51": 51,
        "ibug68": 68,
        "mediapipe": 105,
    }
    torch.save({"other": 1}, path)
    with pytest.raises(FormatError, match="flame_model"):
        read_flame(path)


# --- damage ----------------------------------------------------------------------------------------------


def _with_nan(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flat[3] = np.nan
    return array


A = flame_arrays()
DAMAGE: dict[str, tuple[str, Any, str]] = {
    "template of another width": (
        "v_template",
        A["v_template"][:, :2],
        r"has shape \(30, 2\), expected \(any, 3\)",
    ),
    "template with NaN": ("v_template", _with_nan(A["v_template"]), "NaN"),
    "template of text": ("v_template", "text", "not an array"),
    "faces of floats": ("f", A["f"].astype(float), "not an array"),
    "faces beyond the end": ("f", A["f"] + 1000, "outside the 30 vertices"),
    "basis of fewer vertices": ("shapedirs", A["shapedirs"][:20], r"\(20, 3, 400\), expected \(30, 3, any\)"),
    "basis without expression": ("shapedirs", A["shapedirs"][..., :300], "300 columns"),
    "correctives cut": ("posedirs", A["posedirs"][..., :27], "36"),
    "regressor of a body": ("J_regressor", np.zeros((24, 30)), r"\(24, 30\), expected \(5, 30\)"),
    "weights that do not sum to one": ("weights", A["weights"] * 2, "summing to 1"),
    "negative weights": ("weights", A["weights"] - np.array([1, -1, 0, 0, 0]), "summing to 1"),
    "another tree": ("kintree_table", np.array([[-1, 0, 0, 1, 1], range(5)]), "parents"),
    "another skinning": ("bs_style", "dqbs", "skinning"),
}


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_damage_is_named(tmp_path: Path, name: str) -> None:
    field, value, message = DAMAGE[name]
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(Python2Pickle(2).dumps(flame_arrays() | {field: value}))
    with pytest.raises(FormatError, match=rf"generic_model\.pkl: field '{field}': .*{message}"):
        read_flame(path)


@pytest.mark.parametrize(
    "field", ["v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table"]
)
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    arrays = flame_arrays()
    del arrays[field]
    path = tmp_path / "a.pkl"
    path.write_bytes(Python2Pickle(2).dumps(arrays))
    with pytest.raises(FormatError, match=f"'{field}': is missing"):
        read_flame(path)


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(FormatError, match="holds a list"):
        read_flame(path)
    whole = write_2020(path, flame_arrays(v=8)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="cut off"):
        read_flame(path)
    other = tmp_path / "a.obj"
    other.write_text("v 0 0 0")
    with pytest.raises(InputError, match=r"\.pkl, \.zip, \.pt"):
        read_flame(other)
