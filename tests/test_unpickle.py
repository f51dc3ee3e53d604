"""Reading pickles as data: everything honest comes back, and nothing hostile ever runs."""

import io
import pickle
import struct
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flametalk.errors import FileError, FormatError, UnsafeFileError
from flametalk.unpickle import NAMESPACE, PATHS, TORCH, load_npz, load_object_npy, load_pickle, machine
from flametalk.unpickle.torchfiles import load_torch

pytestmark = pytest.mark.core

# --- honest files ---------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | st.text() | st.binary()
KEYS = st.text(max_size=5) | st.integers(-1000, 1000) | st.tuples(st.text(max_size=2), st.booleans())
DTYPES = st.sampled_from(["<f8", ">f4", "<i2", ">u8", "|b1", "|u1", "<c16", "<U3", "|S4", "<f2"])
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
PLAIN = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PLAIN, st.integers(0, 5))
def test_plain_data_comes_back_from_every_protocol(value: object, protocol: int) -> None:
    got = load_pickle(pickle.dumps(value, protocol))
    _same(got, value)


def _same(got: object, value: object) -> None:
    if isinstance(value, np.ndarray):
        assert isinstance(got, np.ndarray) and got.dtype == value.dtype
        np.testing.assert_array_equal(got, value)
        assert got.flags.writeable
    elif isinstance(value, dict):
        assert isinstance(got, dict) and list(got) == list(value)
        for key in value:
            _same(got[key], value[key])
    elif isinstance(value, list | tuple):
        assert type(got) is type(value) and len(got) == len(value)  # type: ignore[arg-type]
        for a, b in zip(got, value, strict=True):  # type: ignore[call-overload]
            _same(a, b)
    elif isinstance(value, float):
        np.testing.assert_equal(got, value)
    else:
        assert got == value and type(got) is type(value)


@pytest.mark.parametrize("protocol", range(6))
def test_less_common_values(protocol: int) -> None:
    shared = np.arange(3)
    value = {
        "ordered": OrderedDict([("b", 1), ("a", [2])]),
        "scalar": np.float32(1.5),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "objects": np.array([{"x": shared}, None], dtype=object),
        "complex": 1 - 2j,
        "bytearray": bytearray(b"ab"),
        "empty": np.zeros((0, 3)),
        "long": [-(2**2000), 2**31, 255, 256, 65536, -1],
        "shared": [shared, shared],
    }
    got = load_pickle(pickle.dumps(value, protocol))
    assert list(got["ordered"].items()) == [("b", 1), ("a", [2])]
    assert got["scalar"] == np.float32(1.5) and got["scalar"].dtype == np.float32
    np.testing.assert_array_equal(got["fortran"], value["fortran"])
    np.testing.assert_array_equal(got["objects"][0]["x"], shared)
    assert got["objects"].shape == (2,) and got["objects"][1] is None
    assert got["complex"] == 1 - 2j and got["bytearray"] == b"ab" and got["long"] == value["long"]
    assert got["empty"].shape == (0, 3)
    assert got["shared"][0] is got["shared"][1] is not None


def test_a_list_may_contain_itself() -> None:
    value: list[object] = [1]
    value.append(value)
    got = load_pickle(pickle.dumps(value))
    assert got[1] is got


def test_sparse_matrices_become_dense() -> None:
    from scipy.sparse import csc_matrix, csr_matrix

    dense = np.where(np.random.default_rng(0).random((4, 6)) < 0.4, 1.5, 0.0)
    for kind in (csc_matrix, csr_matrix):
        for protocol in (2, 5):
            np.testing.assert_array_equal(load_pickle(pickle.dumps(kind(dense), protocol)), dense)


def test_python_2_strings_can_stay_bytes() -> None:
    assert load_pickle(b"\x80\x02U\x02\xe9a.") == "éa"
    assert load_pickle(b"\x80\x02U\x02\xe9a.", encoding="bytes") == b"\xe9a"
    assert load_pickle(b"S'a\\n\\x00\\''\n.") == "a\n\x00'"


def test_extra_names_are_asked_for() -> None:
    value = {
        "options": Namespace(rate=0.1),
        "path": PurePosixPath("/a/b"),
        "tensor": torch.arange(6).view(2, 3).T,
    }
    data = pickle.dumps(value)
    with pytest.raises(UnsafeFileError, match=r"argparse\.Namespace"):
        load_pickle(data)
    got = load_pickle(data, extra=NAMESPACE | PATHS | TORCH)
    assert got["options"].rate == 0.1 and got["path"] == "/a/b"
    assert torch.equal(got["tensor"], value["tensor"])


def test_numpys_new_and_old_names_of_protocol_5() -> None:
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    for module in (b"numpy.core.numeric", b"numpy._core.numeric"):
        state = b"K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
        dtype = b"\x8c\x05numpy\x8c\x05dtype\x93\x8c\x02f4\x89\x88\x87R(" + state + b"b"
        name = b"\x8c" + bytes([len(module)]) + module + b"\x8c\x0b_frombuffer\x93"
        raw = b"\x96" + struct.pack("<Q", 24) + array.tobytes()
        data = b"\x80\x05" + name + b"(" + raw + dtype + b"K\x02K\x03\x86\x8c\x01CtR."
        np.testing.assert_array_equal(load_pickle(data), array)


def test_sources(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1]))
    with path.open("rb") as file:
        assert (
            load_pickle(path)
            == load_pickle(str(path))
            == load_pickle(file)
            == load_pickle(io.BytesIO(b"]K\x01a."))
        )
    with pytest.raises(FileError, match="more than the 5 accepted"):
        load_pickle(path, max_bytes=5)
    with pytest.raises(FileError, match="more than the 5 bytes"):
        load_pickle(path.read_bytes(), max_bytes=5)
    with pytest.raises(FileError, match="no such file"):
        load_pickle(tmp_path / "b.pkl")


# --- object arrays and archives of arrays ------------------------------------------------------------


def test_object_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.array({"a": np.arange(3), "t": torch.ones(2, 3)}, dtype=object), allow_pickle=True)
    got = load_object_npy(path)
    np.testing.assert_array_equal(got["a"], np.arange(3))
    assert torch.equal(got["t"], torch.ones(2, 3))
    np.save(path, np.array([[{"a": 1}, 2]], dtype=object), allow_pickle=True)
    assert load_object_npy(path).shape == (1, 2)
    for order in "CF":
        np.save(path, np.array(np.arange(6.0).reshape(2, 3), order=order))
        np.testing.assert_array_equal(load_object_npy(path), np.arange(6.0).reshape(2, 3))


def _npy(header: str, content: bytes = b"", version: int = 1) -> bytes:
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + content


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello there", "not an .npy"),
        (_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }"), "cut off"),
        (_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"), "header"),
        (_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2**70,), }"), "header"),
        (_npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", b"x" * 8), "header"),
        (_npy("__import__('os').system('true')"), "header"),
        (_npy("(" * 9000), "header"),
        (_npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", pickle.dumps([1])), "object array"),
        (_npy("{}")[:9], "not an .npy"),
        (_npy("{}" + " " * 60000), "oversized"),
    ],
)
def test_damaged_npy_files(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load_object_npy(data)


def test_npz(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.arange(3), b=np.array({"x": 1}, dtype=object))
    got = load_npz(path)
    np.testing.assert_array_equal(got["a"], np.arange(3))
    assert got["b"] == {"x": 1}
    np.savez_compressed(path, a=np.zeros(10**6))
    with pytest.raises(FormatError, match="unfolds to more"):
        load_npz(path, max_bytes=10**6)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FormatError, match="npz"):
        load_npz(path)


def test_torch_files(tmp_path: Path) -> None:
    shared = torch.arange(12.0)
    value = {
        "whole": shared,
        "part": shared[2:5],
        "turned": shared.view(3, 4).T,
        "half": torch.ones(3, dtype=torch.bfloat16),
        "whole numbers": torch.arange(3),
        "flag": torch.tensor(True),
        "none": torch.zeros(0, 4),
        "layer": torch.nn.Linear(2, 3).state_dict(),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "epoch": 3,
    }
    path = tmp_path / "a.pt"
    torch.save(value, path)
    got = load_torch(path)
    assert list(got) == list(value) and got["epoch"] == 3
    for name in ("whole", "part", "turned", "half", "whole numbers", "flag", "none", "parameter"):
        assert torch.equal(got[name], value[name]) and got[name].dtype == value[name].dtype
    assert got["part"].untyped_storage().nbytes() == 12  # a part does not keep the whole
    assert torch.equal(got["layer"]["weight"], value["layer"]["weight"])
    torch.save({"a": shared}, path, _use_new_zipfile_serialization=False)
    assert torch.equal(load_torch(path)["a"], shared)


class Callback:
    """What a training framework leaves in its checkpoints."""

    def __init__(self) -> None:
        self.best = 1.0


def test_checkpoints_with_unknown_classes_can_be_read_without_them(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    torch.save({"weights": torch.ones(2), "callbacks": {Callback: {"x": 1}}, "one": [Callback()]}, path)
    with pytest.raises(UnsafeFileError, match="Callback"):
        load_torch(path)
    got = load_torch(path, inert=True)
    assert torch.equal(got["weights"], torch.ones(2))
    (name,) = got["callbacks"]
    assert name.name.endswith(".Callback") and not isinstance(got["one"][0], Callback)


def test_large_checkpoints_are_not_taken_for_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FREE_MEMORY", 10_000)
    path = tmp_path / "a.pt"
    shared = torch.ones(200_000)
    torch.save({"a": shared, "tied": shared, "b": torch.zeros(100_000)}, path)
    assert len(load_torch(path)["tied"]) == 200_000


def test_damaged_torch_files(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save({"a": torch.arange(1000.0)}, path)
    whole = path.read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:cut])
        with pytest.raises(FileError, match=r"a\.pt"):
            load_torch(path)
    path.write_bytes(b"not a torch file")
    with pytest.raises(FileError, match=r"a\.pt"):
        load_torch(path)
