"""Files that want to run something, or to fill the memory: refused by name, and nothing happens.

The first test shows that the payloads are real: Python's own unpickler runs them.
"""

import contextlib
import copy
import copyreg
import functools
import io
import os
import pickle
import random
import runpy
import struct
import subprocess
import time
import timeit
import zipfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from flametalk.errors import FileError, FormatError, UnsafeFileError
from flametalk.unpickle import NAMESPACE, PATHS, TORCH, load_object_npy, load_pickle, machine
from flametalk.unpickle.torchfiles import load_torch

pytestmark = pytest.mark.core
EVERYTHING = NAMESPACE | PATHS | TORCH


class Call:
    """Pickles as a call of `function(*args)`, with an optional state."""

    def __init__(self, *reduced: object):
        self.reduced = reduced

    def __reduce__(self) -> tuple:
        return self.reduced


def _word(text: str) -> bytes:
    raw = text.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _torch_blob(value: object) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def live_exploits(sentinel: Path) -> dict[str, bytes]:
    """Pickles that create `sentinel` when Python's own unpickler reads them."""
    code, command = f"open({str(sentinel)!r}, 'w').close()", f"touch {sentinel}"
    dumps, evil = pickle.dumps, Call(exec, (code,))
    run_exec = _global("builtins", "exec") + b"(" + _word(code) + b"tR"
    importing = _global("builtins", "__import__") + b"(" + _word("os") + b"tR"
    file = str(sentinel)
    return {
        "os.system": dumps(Call(os.system, (command,))),
        "os.system in text": _global("posix", "system") + f"(S'{command}'\ntR.".encode(),
        "eval": dumps(Call(eval, (code,))),
        "exec": dumps(evil),
        "eval by its Python 2 name": b"\x80\x02"
        + _global("__builtin__", "eval")
        + b"("
        + _word(code)
        + b"tR.",
        "getattr chain": _global("builtins", "getattr")
        + b"("
        + importing
        + _word("system")
        + b"tR("
        + _word(command)
        + b"tR.",
        "in a dictionary": dumps({"a": [1, {"b": evil}]}),
        "as a key": b"}" + run_exec + b"I1\ns.",
        "popped from the stack": run_exec + b"0I1\n.",
        "in an array of objects": dumps(np.array([evil, 1], dtype=object)),
        "in the shape of an array": _global("numpy.core.multiarray", "_reconstruct")
        + b"("
        + run_exec
        + b"I0\ntR.",
        "in a chumpy object": b"}" + _word("x") + run_exec + b"s.",
        "INST": b"(" + _word(command) + b"iposix\nsystem\n.",
        "OBJ": b"(" + _global("subprocess", "Popen") + b"(" + _word("touch") + _word(file) + b"lo.",
        "dotted name": b"\x80\x04"
        + _word("os")
        + _word("path.os.system")
        + b"\x93"
        + _word(command)
        + b"\x85R.",
        "Popen": dumps(Call(subprocess.Popen, (["touch", file],))),
        "partial": dumps(Call(functools.partial(exec, code), ())),
        "timeit": dumps(Call(timeit.timeit, ("0", code, timeit.default_timer, 1))),
        "runpy": dumps(Call(runpy._run_code, (code, {}))),  # type: ignore[attr-defined]
        "numpy's own exec": _global("numpy.testing._private.utils", "runstring")
        + b"("
        + _word(code)
        + b"}tR.",
        "pickle in a pickle": dumps(Call(pickle.loads, (dumps(evil),))),
        "torch's blob in a pickle": dumps(Call(torch.storage._load_from_bytes, (_torch_blob(evil),))),
        "torch.load": dumps(
            Call(functools.partial(torch.load, io.BytesIO(_torch_blob(evil)), weights_only=False), ())
        ),
        "copyreg with another base": _global("copy_reg", "_reconstructor")
        + b"("
        + _global("subprocess", "Popen") * 2
        + b"("
        + _word("touch")
        + _word(file)
        + b"ltR.",
        "BUILD with a smuggled __setstate__": _global("argparse", "Namespace")
        + b")\x81}"
        + _word("__setstate__")
        + _global("posix", "system")
        + b"sb"
        + _word(command)
        + b"b.",
        "EXT": b"\x80\x02\x82\xf0(" + _word(command) + b"tR.",
    }


NAMES = sorted(live_exploits(Path("x")))


def _wait_for(path: Path) -> bool:
    """Popen's child needs a moment."""
    end = time.monotonic() + 10
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return path.exists()


@pytest.fixture
def extension() -> object:
    """A name in Python's extension registry, as a careless library could have left it."""
    copyreg.add_extension("posix", "system", 0xF0)
    yield
    copyreg.remove_extension("posix", "system", 0xF0)
    copyreg._extension_cache.pop(0xF0, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_the_payloads_are_real(name: str, tmp_path: Path, extension: None) -> None:
    sentinel = tmp_path / "ran"
    with contextlib.suppress(Exception):  # some fall over after they ran
        pickle.loads(live_exploits(sentinel)[name])
    assert _wait_for(sentinel)


@pytest.mark.parametrize("extra", [None, EVERYTHING], ids=["plain", "extra"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs(name: str, extra: dict | None, tmp_path: Path, extension: None) -> None:
    sentinel = tmp_path / "ran"
    path = tmp_path / "evil.pkl"
    path.write_bytes(live_exploits(sentinel)[name])
    with pytest.raises((UnsafeFileError, FormatError), match=r"evil\.pkl") as caught:
        load_pickle(path, extra=extra)
    if "blob" not in name and name != "in the shape of an array":
        assert isinstance(caught.value, UnsafeFileError)
    time.sleep(0.02)
    assert not sentinel.exists()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_in_object_arrays(name: str, tmp_path: Path, extension: None) -> None:
    sentinel, path = tmp_path / "ran", tmp_path / "evil.npy"
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    path.write_bytes(head + live_exploits(sentinel)[name])
    with pytest.raises((UnsafeFileError, FormatError), match=r"evil\.npy"):
        load_object_npy(path)
    time.sleep(0.02)
    assert not sentinel.exists()


@pytest.mark.parametrize("inert", [False, True])
@pytest.mark.parametrize("new", [False, True])
def test_nothing_runs_in_torch_files(inert: bool, new: bool, tmp_path: Path) -> None:
    sentinel, path = tmp_path / "ran", tmp_path / "evil.pt"
    evil = Call(exec, (f"open({str(sentinel)!r}, 'w').close()",))
    torch.save({"weights": torch.ones(2), "x": evil}, path, _use_new_zipfile_serialization=new)
    if inert and new:  # unknown names stay names
        assert repr(load_torch(path, inert=True)["x"]) == "<global __builtin__.exec>"
    else:
        with pytest.raises(UnsafeFileError, match=r"evil\.pt"):
            load_torch(path, inert=inert)
    assert not sentinel.exists()


def test_the_message_names_the_file_and_what_it_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(Call(os.system, ("true",))))
    with pytest.raises(UnsafeFileError, match=r"evil\.pkl: asks for 'posix\.system'.*nothing was run"):
        load_pickle(path)


REFUSED = {
    "persistent id in text": b"Pabc\n.",
    "persistent id": b"\x80\x02U\x01aQ.",
    "buffer outside the file": b"\x80\x05\x97.",
    "read-only buffer": b"\x80\x05N\x98.",
    "EXT2": b"\x80\x02\x83\x01\x00.",
    "EXT4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "a name that is not text": b"\x80\x04K\x01K\x02\x93.",
    "a class changed": _global("numpy", "dtype") + b"(dS'poison'\nI1\nsb.",
    "a class changed through its slots": _global("numpy", "ndarray") + b"N(dS'poison'\nI1\ns\x86b.",
    "an array changed": pickle.dumps(np.arange(3), 2)[:-1] + b"K\x01b.",
    "a text called": b"S'a'\n)R.",
    "a list called": b"])R.",
    "NEWOBJ": b"\x80\x02" + _global("subprocess", "Popen") + b"(" + _word("ls") + b"t\x81.",
    "NEWOBJ_EX": b"\x80\x04" + _global("subprocess", "Popen") + b"(" + _word("ls") + b"t}\x92.",
    "named arguments": b"\x80\x04"
    + _global("collections", "OrderedDict")
    + b")}"
    + _word("a")
    + b"K\x01s\x92.",
    "an attribute of an allowed class": _global("collections", "OrderedDict.fromkeys") + b"(]tR.",
    "a submodule by a dotted name": b"\x80\x04"
    + _word("numpy")
    + _word("core.multiarray._reconstruct")
    + b"\x93.",
    "a class of torch": _global("torch.nn", "Linear") + b"(I1\nI1\ntR.",
    "numpy.load": _global("numpy", "load") + b"(S'x'\ntR.",
    "a numpy subclass": _global("numpy.core.multiarray", "_reconstruct")
    + b"("
    + _global("numpy", "memmap")
    + b"(I0\ntS'b'\ntR.",
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name: str) -> None:
    with pytest.raises(UnsafeFileError):
        load_pickle(REFUSED[name], extra=EVERYTHING)
    assert not hasattr(np.dtype, "poison") and not hasattr(Namespace, "poison")


def _array(
    shape: bytes, dtype: bytes = b"S'f8'\n", raw: bytes = b"S''\n", subtype: bytes = b"cnumpy\nndarray\n"
) -> bytes:
    """A Python 2 array of that shape, element type and content."""
    made = b"cnumpy.core.multiarray\n_reconstruct\n(" + subtype + b"(I0\ntS'b'\ntR"
    kind = b"cnumpy\ndtype\n(" + dtype + b"I0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    return made + b"(I1\n" + shape + kind + b"I00\n" + raw + b"tb."


DAMAGED = {
    "an enormous shape": _array(b"(I2000000000\nI2000000000\nt"),
    "an enormous shape without content": _array(b"(I0\nI99999999999\nt"),
    "a negative shape": _array(b"(I-1\nt"),
    "a shape of text": _array(b"(S'a'\nt"),
    "another shape than content": _array(b"(I2\nt", raw=b"S'1234567'\n"),
    "an element type with fields": _array(b"(I1\nt", b"S'V8'\n", b"S'12345678'\n"),
    "an enormous element type": _array(b"(I1\nt", b"S'V1000000000'\n"),
    "an empty element type": _array(b"(I1000000000\nt", b"S'S0'\n"),
    "an element type that is code": _array(b"(I1\nt", b"S'f8,(1000,1000)f8'\n"),
    "objects from raw bytes": _array(b"(I1\nt", b"S'O8'\n", b"S'12345678'\n"),
    "an array of dtype": _array(b"(I0\nt", subtype=b"cnumpy\ndtype\n"),
    "an array without state": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR.",
    "a chumpy object without array": b"cchumpy.ch\nCh\n)R(db.",
    "bytes of a given length": b"c__builtin__\nbytes\n(I99999999999\ntR.",
    "a bytearray of a given length": b"c__builtin__\nbytearray\n(I99999999999\ntR.",
    "an odd codec": b"c_codecs\nencode\n(S'a'\nS'zlib'\ntR.",
    "a scalar of objects": b"cnumpy.core.multiarray\nscalar\n(I1\nS'a'\ntR.",
    "a text of 2 GB": b"X\xff\xff\xff\x7fabc.",
    "bytes of 2⁶³": b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    "a negative length": b"T\xff\xff\xff\xffabc.",
    "a frame beyond the end": b"\x80\x04\x95\xff\xff\xff\xff\x00\x00\x00\x00N.",
    "a number of a million digits": b"I" + b"9" * 10**6 + b"\n.",
    "an index of a million digits": b"Np" + b"9" * 10**6 + b"\n.",
    "an unknown memo entry": b"h\x05.",
    "an empty stack": b".",
    "a mark without items": b"(.",
    "items without a list": b"(NNe.",
    "entries without a dictionary": b"N(NNu.",
    "a key without a value": b"}(Nu.",
    "an unknown opcode": b"\xfe.",
    "a protocol of the future": b"\x80\x09N.",
    "nothing": b"N",
    "not text": b"X\x02\x00\x00\x00\xff\xfe.",
    "a text file": b"hello\nworld\n",
}


@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_damaged(name: str) -> None:
    start = time.monotonic()
    with pytest.raises(FormatError, match=r"<bytes>"):
        load_pickle(DAMAGED[name])
    assert time.monotonic() - start < 5


def test_a_large_memo_index_costs_nothing() -> None:
    assert load_pickle(b"\x80\x02Nr\xff\xff\xff\xff0j\xff\xff\xff\xff.") is None


def test_keys_that_take_forever_to_hash() -> None:
    doubling = b"\x80\x02)" + b"2\x86" * 60  # a tuple of a tuple of a tuple … 2⁶⁰ leaves
    with pytest.raises(FormatError, match="a key"):
        load_pickle(b"}" + doubling + b"Ns.")
    deep = b"\x80\x02)" + b"\x85" * 20_000
    with pytest.raises(FormatError, match="a key"):
        load_pickle(b"}" + deep + b"Ns.")
    colliding = b"}" + b"".join(b"L%d\nN" % (k * (2**61 - 1)) + b"s" for k in range(1, 9)) + b"."
    with pytest.raises(FormatError, match="60 bits"):
        load_pickle(colliding)


def test_deep_nesting_is_only_data() -> None:
    value = load_pickle(b"]" * 15_000 + b"a" * 14_999 + b".")
    assert len(value) == 1
    assert len(load_pickle(b"\x80\x02)" + b"\x85" * 15_000 + b".")) == 1


BOMBS = {
    "sets": b"\x8f" * 40_000,
    "lists": b"]" * 40_000,
    "copies of one text": b"\x80\x02"
    + _word("a" * 10**6)
    + b"q\x00"
    + (_global("_codecs", "encode") + b"h\x00U\x06latin1\x86R") * 100,
    "copies of one array": b"\x80\x02"
    + _array(b"(I100000\nt", raw=b"h\x00")[:-1].join(
        [b"B" + struct.pack("<I", 800_000) + b"\0" * 800_000 + b"q\x00", b""]
    )
    + _array(b"(I100000\nt", raw=b"h\x00")[:-1] * 30,
    "a sparse matrix": b"cscipy.sparse.csc\ncsc_matrix\n)R"
    + b"}S'_shape'\n(I4000\nI4000\ntsS'data'\n"
    + _array(b"(I0\nt")[:-1]
    + b"sS'indices'\n"
    + _array(b"(I0\nt", b"S'i4'\n")[:-1]
    + b"sS'indptr'\n"
    + _array(b"(I4001\nt", b"S'i4'\n", b"S'" + b"\\x00" * 16004 + b"'\n")[:-1]
    + b"sb",
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_memory_stays_in_proportion_to_the_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FREE_MEMORY", 2 * 10**6)
    with pytest.raises(FormatError, match=r"more memory|too large"):
        load_pickle(BOMBS[name] + b".")


def test_arrays_of_arrays_of_objects_are_bounded() -> None:
    inner: object = None
    for _ in range(1200):
        inner = np.array([inner, None], dtype=object)[:1]
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, 4)
    with pytest.raises((FormatError, RecursionError)):
        pickler.dump(inner)
        load_pickle(stream.getvalue())


def test_a_tensor_may_not_reach_beyond_its_storage() -> None:
    good = pickle.dumps(torch.arange(4.0), 2)
    assert torch.equal(load_pickle(good, extra=TORCH), torch.arange(4.0))
    size = good.replace(b"K\x04\x85", b"M\xff\xff\x85")
    assert size != good
    with pytest.raises(FormatError, match="storage of 4"):
        load_pickle(size, extra=TORCH)


def _checkpoint(
    path: Path, pickled: bytes, members: dict[str, bytes], method: int = zipfile.ZIP_STORED
) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in ({"data.pkl": pickled} | members).items():
            archive.writestr(f"a/{name}", content)
    return path


def _tensor_pickle(count: int) -> bytes:
    """A tensor of `count` numbers on storage 0."""
    identity = (
        b"("
        + _word("storage")
        + _global("torch", "FloatStorage")
        + _word("0")
        + _word("cpu")
        + b"I%d\ntQ" % count
    )
    shape = b"(I%d\nt(I1\nt" % count
    return (
        b"\x80\x02"
        + _global("torch._utils", "_rebuild_tensor_v2")
        + b"("
        + identity
        + b"I0\n"
        + shape
        + b"I00\nNtR."
    )


def test_hostile_torch_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    good = {"data/0": np.arange(4, dtype=np.float32).tobytes()}
    assert load_torch(_checkpoint(path, _tensor_pickle(4), good)).tolist() == [0, 1, 2, 3]
    with pytest.raises(FormatError, match="cut off"):
        load_torch(_checkpoint(path, _tensor_pickle(10**9), good))
    with pytest.raises(FormatError, match="data/0"):
        load_torch(_checkpoint(path, _tensor_pickle(4), {}))
    with pytest.raises(FormatError, match="compressed"):
        load_torch(
            _checkpoint(path, _tensor_pickle(10**6), {"data/0": b"\0" * 4 * 10**6}, zipfile.ZIP_DEFLATED)
        )
    many = b"".join(_tensor_pickle(4)[2:-1].replace(_word("0"), _word(str(k))) + b"0" for k in range(50))
    with zipfile.ZipFile(path, "w") as archive:  # fifty names for the same bytes
        archive.writestr("a/data.pkl", many + b"N.")
        archive.writestr("a/data/0", b"\0" * 10_000)
        for k in range(1, 50):
            alias = copy.copy(archive.getinfo("a/data/0"))
            alias.filename = f"a/data/{k}"
            archive.filelist.append(alias)
    with pytest.raises(FormatError, match=r"a\.pt"):
        load_torch(path)
    with pytest.raises(FormatError, match=r"single data\.pkl"):
        load_torch(_checkpoint(path, _tensor_pickle(4), {"data/0": b"", "b/data.pkl": b"N."}))


def test_cut_and_changed_files_give_errors_of_ours() -> None:
    """Whatever the damage: a value or a `FileError`, never a crash or another exception."""
    value = {
        "a": np.arange(5.0),
        "b": [1, 2.5, "text", b"raw", None, {1, 2}],
        "o": np.array([None, {"z": 1}], dtype=object),
    }
    randomness = random.Random(0)
    for protocol in range(6):
        whole = pickle.dumps(value, protocol)
        files = [whole[:cut] for cut in range(0, len(whole), 20)]
        for _ in range(20):
            changed = bytearray(whole)
            for _ in range(randomness.randint(1, 4)):
                changed[randomness.randrange(len(changed))] = randomness.randrange(256)
            files.append(bytes(changed))
        for data in files:
            try:
                load_pickle(data, extra=EVERYTHING)
            except FileError as error:
                assert "<bytes>" in str(error)


def test_changed_torch_files_give_errors_of_ours(tmp_path: Path) -> None:
    """The archive's headers are damaged as often as what they speak of."""
    path = tmp_path / "a.pt"
    torch.save({"a": torch.arange(6.0), "b": [torch.ones(2, 3)]}, path)
    whole, randomness = path.read_bytes(), random.Random(0)
    directory = whole.index(b"PK\x01\x02")
    for k in range(600):
        changed = bytearray(whole)
        for _ in range(randomness.randint(1, 3)):
            changed[randomness.randrange(directory if k % 2 else 0, len(changed))] = randomness.randrange(256)
        path.write_bytes(changed)
        try:
            load_torch(path)
        except FileError as error:
            assert str(path) in str(error)
