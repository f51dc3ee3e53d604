"""Files in exactly the layout of the official ones, with made-up numbers.

The old model pickles were written by Python 2 with chumpy and an old SciPy. `Python2Pickle` writes the same
opcodes without any of them: names as text, raw bytes as strings, objects through `copy_reg`.
"""

import io
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from flametalk.head.model import Head, Landmarks

PARENTS = np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], dtype=np.uint32)


class Chumpy:
    """Stands for `chumpy.ch.Ch` holding an array."""

    def __init__(self, array: np.ndarray):
        self.array = array


class Csc:
    """Stands for a SciPy CSC matrix of Python 2's time."""

    def __init__(self, dense: np.ndarray, module: str = "scipy.sparse.csc"):
        self.dense, self.module = dense, module


class Python2Pickle:
    """Protocol 0 or 2 as Python 2 wrote it."""

    def __init__(self, protocol: int):
        self.protocol, self.out, self.memo = protocol, io.BytesIO(), 0

    def dumps(self, value: Any) -> bytes:
        if self.protocol == 2:
            self.out.write(b"\x80\x02")
        self.write(value)
        self.out.write(b".")
        return self.out.getvalue()

    def put(self) -> None:
        if self.protocol == 0:
            self.out.write(b"p%d\n" % self.memo)
        else:
            self.out.write(
                b"q" + bytes([self.memo]) if self.memo < 256 else b"r" + struct.pack("<I", self.memo)
            )
        self.memo += 1

    def name(self, module: str, name: str) -> None:
        self.out.write(f"c{module}\n{name}\n".encode())
        self.put()

    def write(self, value: Any) -> None:
        if value is None:
            self.out.write(b"N")
        elif isinstance(value, bool):
            text, binary = (b"I01\n", b"\x88") if value else (b"I00\n", b"\x89")
            self.out.write(binary if self.protocol else text)
        elif isinstance(value, int):
            self.out.write(b"J" + struct.pack("<i", value) if self.protocol else b"I%d\n" % value)
        elif isinstance(value, str | bytes):
            self.string(value.encode() if isinstance(value, str) else value)
        elif isinstance(value, dict):
            self.out.write(b"}" if self.protocol else b"(d")
            self.put()
            for key, item in value.items():
                self.write(key)
                self.write(item)
                self.out.write(b"s")
        elif isinstance(value, tuple):
            self.out.write(b"(")
            for item in value:
                self.write(item)
            self.out.write(b"t")
            self.put()
        elif isinstance(value, set):
            self.name("__builtin__", "set")
            self.out.write(b"((lp900\ntR" if self.protocol == 0 else b"]\x85R")
            self.put()
        elif isinstance(value, np.ndarray):
            self.array(value)
        elif isinstance(value, Chumpy):
            self.instance("chumpy.ch", "Ch", {"x": value.array, "_dirty_vars": set(), "_itr": None})
        elif isinstance(value, Csc):
            self.instance(value.module, "csc_matrix", csc_state(value.dense))
        else:
            raise TypeError(type(value))

    def string(self, raw: bytes) -> None:
        if self.protocol == 0:
            self.out.write(b"S" + repr(raw)[1:].encode() + b"\n")
        elif len(raw) < 256:
            self.out.write(b"U" + bytes([len(raw)]) + raw)
        else:
            self.out.write(b"T" + struct.pack("<i", len(raw)) + raw)
        self.put()

    def array(self, array: np.ndarray) -> None:
        self.name("numpy.core.multiarray", "_reconstruct")
        self.out.write(b"(")
        self.name("numpy", "ndarray")
        self.write((0,))
        self.write("b")
        self.out.write(b"tR")
        self.put()
        self.out.write(b"(")
        self.write(1)
        self.write(array.shape)
        self.name("numpy", "dtype")
        self.write((array.dtype.str[1:], 0, 1))
        self.out.write(b"R")
        self.put()
        self.write((3, array.dtype.str[0], None, None, None, -1, -1, 0))
        self.out.write(b"b")
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        self.write(fortran)
        self.write(array.tobytes("F" if fortran else "C"))
        self.out.write(b"tb")

    def instance(self, module: str, name: str, state: dict[str, Any]) -> None:
        self.name("copy_reg", "_reconstructor")
        self.out.write(b"(")
        self.name(module, name)
        self.name("__builtin__", "object")
        self.out.write(b"NtR")
        self.put()
        self.write(state)
        self.out.write(b"b")


def csc_state(dense: np.ndarray) -> dict[str, Any]:
    columns = [np.nonzero(column)[0] for column in dense.T]
    return {
        "_shape": dense.shape,
        "data": np.concatenate([dense[rows, j] for j, rows in enumerate(columns)]),
        "indices": np.concatenate(columns).astype(np.int32),
        "indptr": np.cumsum([0, *map(len, columns)]).astype(np.int32),
        "maxprint": 50,
        "format": "csc",
    }


# --- the model ------------------------------------------------------------------------------------


def flame_arrays(v: int = 30, f: int = 40, seed: int = 0) -> dict[str, Any]:
    """The numbers of a FLAME model with fewer vertices."""
    rng = np.random.default_rng(seed)
    regressor = np.where(rng.random((5, v)) < 0.3, rng.random((5, v)), 0.0)
    regressor[:, 0] += 0.1
    weights = np.where(rng.random((v, 5)) < 0.5, rng.random((v, 5)), 0.0) + 1e-3
    return {
        "v_template": rng.normal(size=(v, 3)) * 0.1,
        "f": rng.integers(0, v, (f, 3)).astype(np.uint32),
        "shapedirs": rng.normal(size=(v, 3, 400)) * 1e-3,
        "posedirs": rng.normal(size=(v, 3, 36)) * 1e-3,
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "J": rng.normal(size=(5, 3)) * 0.1,
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": PARENTS,
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


def write_2020(path: Path, arrays: dict[str, Any], module: str = "scipy.sparse.csc") -> Path:
    """Protocol 2, Python 2: `shapedirs` in chumpy, the regressor sparse."""
    model = arrays | {
        "shapedirs": Chumpy(arrays["shapedirs"]),
        "J_regressor": Csc(arrays["J_regressor"], module),
    }
    path.write_bytes(Python2Pickle(2).dumps(model))
    return path


def write_open(path: Path, arrays: dict[str, Any], protocol: int = 5) -> Path:
    """FLAME 2023 Open: Python 3, plain arrays, SciPy's own sparse matrix, metadata."""
    from scipy.sparse import csc_matrix

    metadata = {"expr_source": "supr", "supr_gender": "neutral", "expr_components": "last_100", "n_expr": 100}
    model = arrays | {"J_regressor": csc_matrix(arrays["J_regressor"]), "supr_expression_metadata": metadata}
    path.write_bytes(pickle.dumps(model, protocol=protocol))
    return path


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# --- beside the model -------------------------------------------------------------------------------


def barycentric(shape: tuple[int, ...], n_faces: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    weights = rng.random((*shape, 3)) + 0.05
    return rng.integers(0, n_faces, shape), weights / weights.sum(-1, keepdims=True)


def write_deca_landmarks(path: Path, n_faces: int, inner: int = 51, full: int = 68) -> dict[str, Any]:
    """`landmark_embedding.npy`: an object array with torch tensors inside."""
    static, dynamic = barycentric((inner,), n_faces), barycentric((79, 17), n_faces, 2)
    whole = barycentric((1, full), n_faces, 3)
    entries = {
        "static_lmk_faces_idx": static[0],
        "static_lmk_bary_coords": static[1],
        "dynamic_lmk_faces_idx": torch.from_numpy(dynamic[0]),
        "dynamic_lmk_bary_coords": torch.from_numpy(dynamic[1].astype(np.float32)),
        "full_lmk_faces_idx": whole[0],
        "full_lmk_bary_coords": whole[1].astype(np.float32),
    }
    np.save(path, np.array(entries, dtype=object), allow_pickle=True)
    return entries


def write_ringnet_static(path: Path, n_faces: int) -> tuple[np.ndarray, np.ndarray]:
    """`flame_static_embedding.pkl`: Python 2, protocol 0."""
    faces, weights = barycentric((51,), n_faces, 4)
    content = {"lmk_face_idx": faces.astype(np.uint32), "lmk_b_coords": weights}
    path.write_bytes(Python2Pickle(0).dumps(content))
    return faces, weights


def write_ringnet_dynamic(path: Path, n_faces: int) -> tuple[np.ndarray, np.ndarray]:
    """`flame_dynamic_embedding.npy`."""
    faces, weights = barycentric((79, 17), n_faces, 5)
    np.save(path, np.array({"lmk_face_idx": faces, "lmk_b_coords": weights}, dtype=object), allow_pickle=True)
    return faces, weights


def write_mediapipe(path: Path, n_faces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    faces, weights = barycentric((105,), n_faces, 6)
    ids = np.random.default_rng(7).permutation(468)[:105]
    np.savez(path, lmk_face_idx=faces.astype(np.uint32), lmk_b_coords=weights, landmark_indices=ids)
    return faces, weights, ids


def write_template_obj(path: Path, faces: np.ndarray, n_uv: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """`head_template.obj`: its vertices lie elsewhere, only vt and f count."""
    rng = np.random.default_rng(8)
    uv, uv_faces = rng.random((n_uv, 2)), rng.integers(0, n_uv, faces.shape)
    lines = ["# head", *("v 0.1 1.4 0.2" for _ in range(int(faces.max()) + 1))]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in uv]
    lines += [
        "f " + " ".join(f"{a + 1}/{b + 1}" for a, b in zip(face, corner, strict=True))
        for face, corner in zip(faces.astype(int), uv_faces, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return uv, uv_faces


# --- heads that need no file --------------------------------------------------------------------------


def tiny_head(
    v: int = 12, s: int = 4, e: int = 3, seed: int = 0, dtype: torch.dtype = torch.float64, **more: Any
) -> Head:
    """A head of random numbers, every part of it filled."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)

    def rows(*shape: int) -> torch.Tensor:
        weights = torch.rand(*shape, generator=generator, dtype=torch.float64)
        weights = torch.where(weights < 0.3, 0.0, weights) + 1e-3
        return (weights / weights.sum(-1, keepdim=True)).to(dtype)

    faces = torch.randint(0, v, (2 * v, 3), generator=generator, dtype=torch.int32)
    marks = torch.randint(0, 2 * v, (6,), generator=generator, dtype=torch.int32)
    return Head(
        name="tiny",
        template=normal(v, 3) * 0.1,
        faces=faces,
        shape_basis=normal(v, 3, s) * 0.01,
        expression_basis=normal(v, 3, e) * 0.01,
        pose_basis=normal(v, 3, 36) * 0.01,
        joint_regressor=rows(5, v),
        skinning=rows(v, 5),
        landmarks={"ibug68": Landmarks(marks, rows(6, 3))},
        **more,
    )
