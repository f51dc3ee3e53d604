"""Official FLAME files as heads: pickles, their archives, smplx's copies, `FLAME_with_eye.pt`.

Every release has the same triangles and keys but its own bases: coefficients made for one release mean
something else with another. A file is therefore recognised by its contents, not by what it is called.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..conventions import FLAME_SHAPE_COLUMNS, JOINT_PARENTS, N_JOINTS, N_POSE_FEATURES
from ..errors import FormatError, InputError
from ..files import PathLike, existing_file
from ..unpickle import load_pickle
from .archive import archive_member
from .model import Head

MAX_BYTES = 512 * 2**20  # of a file, which may be an archive of several models
MAX_MODEL_BYTES = 256 * 2**20  # of one model
ROOT_PARENT = 2**32 - 1  # how the root's missing parent is stored
SUFFIXES = (".pkl", ".zip", ".pt")


@dataclass(frozen=True)
class Release:
    """A FLAME release known by the SHA-256 of its file."""

    name: str
    title: str
    licence: str


_MPI = "the FLAME licence you agreed to at flame.is.tue.mpg.de"
RELEASES: Mapping[str, Release] = {
    "efcd14cc4a69f3a3d9af8ded80146b5b6b50df3bd74cf69108213b144eba725b": Release(
        "flame2020", "FLAME 2020", _MPI
    ),
    "8fb1af0db1abb51053ead8fd1f2624a63d01c9602f4a4fb4ea23bd2c82017fa0": Release(
        "flame2023", "FLAME 2023", _MPI
    ),
    "e75a0990728ba038c7da2a420ae4396f7ddd7781366c13026066c5b24f127623": Release(
        "flame2023-open", "FLAME 2023 Open", "CC BY 4.0"
    ),
    "b87a1d3513b3df0504f1e1f93bcb85ac01abe4dadf92e75ac08046c4a68403be": Release(
        "flame-with-eye", "FLAME as ARTalk ships it (release not stated)", _MPI
    ),
}


def read_flame(
    path: PathLike,
    *,
    name: str | None = None,
    member: str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Head:
    """Any official FLAME file as a head with all of its 300 + 100 basis columns.

    `member` picks a file of an archive: its name, or "generic", "female", "male"; the generic model by
    default. A file that is not recognised is called `flame-custom-<start of its SHA-256>` unless `name`
    is given.
    """
    path = existing_file(path, MAX_BYTES)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: FLAME models are read from {', '.join(SUFFIXES)} files")
    label, data = str(path), path.read_bytes()
    if path.suffix.lower() == ".zip":
        found, data = archive_member(path, member, MAX_MODEL_BYTES)
        label = f"{path}:{found}"
    elif member is not None:
        raise InputError(f"{path} is not an archive: leave out the member '{member}'")
    digest = hashlib.sha256(data).hexdigest()
    release = RELEASES.get(digest)
    landmarks: dict[str, Any] = {}
    if path.suffix.lower() == ".pt":
        model, landmarks = _from_torch(path)
    else:
        model = load_pickle(data, max_bytes=MAX_MODEL_BYTES, name=label)
    fields = _fields(model, label, dtype)
    info = {
        "release": release.title if release else "unknown",
        "licence": release.licence if release else "that of the file it was made from",
        "source": Path(label).name,
        "sha256": digest,
    }
    if "no_jaw" in Path(label).name.lower():
        info["jaw"] = "in the expression basis"
    name = name or (release.name if release else f"flame-custom-{digest[:8]}")
    head = Head(name=name, info=info, **fields)
    if landmarks:
        from .embeddings import with_landmark_entries

        head = with_landmark_entries(head, landmarks, label)
    return head


def _fields(model: Any, label: str, dtype: torch.dtype) -> dict[str, Any]:
    """The arrays of a FLAME dictionary, checked."""
    if not isinstance(model, dict):
        raise FormatError(label, f"holds a {type(model).__name__}, not the dictionary of a FLAME model")
    template = _array(model, "v_template", label, (None, 3))
    v = len(template)
    faces = _array(model, "f", label, (None, 3), "iu")
    shapedirs = _array(model, "shapedirs", label, (v, 3, None))
    posedirs = _array(model, "posedirs", label, (v, 3, N_POSE_FEATURES))
    regressor = _array(model, "J_regressor", label, (N_JOINTS, v))
    weights = _array(model, "weights", label, (v, N_JOINTS))
    _check_tree(model, label)
    if shapedirs.shape[2] <= FLAME_SHAPE_COLUMNS:
        problem = f"has {shapedirs.shape[2]} columns, expected {FLAME_SHAPE_COLUMNS} and then expression"
        raise FormatError(label, problem, field="shapedirs")
    if len(faces) and not (int(faces.min()) >= 0 and int(faces.max()) < v):
        raise FormatError(label, f"points outside the {v} vertices", field="f")
    if weights.min() < -1e-6 or np.abs(weights.sum(1) - 1).max() > 1e-3:
        raise FormatError(label, "has rows that are not weights summing to 1", field="weights")
    style = model.get("bs_style", "lbs")
    if style not in ("lbs", b"lbs"):
        raise FormatError(label, "is another kind of skinning than 'lbs'", field="bs_style")

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.array(array, dtype=np.float64, order="C")).to(dtype)

    return {
        "template": tensor(template),
        "faces": torch.from_numpy(faces.astype(np.int32)),
        "shape_basis": tensor(shapedirs[..., :FLAME_SHAPE_COLUMNS]),
        "expression_basis": tensor(shapedirs[..., FLAME_SHAPE_COLUMNS:]),
        "pose_basis": tensor(posedirs),
        "joint_regressor": tensor(regressor),
        "skinning": tensor(weights),
    }


def _array(
    model: dict[Any, Any], name: str, label: str, expected: tuple[int | None, ...], kinds: str = "f"
) -> np.ndarray:
    """One array of the dictionary with the expected kind and shape (None: any length)."""
    if name not in model:
        raise FormatError(label, "is missing: is this a FLAME model?", field=name)
    value = model[name]
    value = value.numpy() if isinstance(value, torch.Tensor) else value
    if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
        raise FormatError(label, "is not an array of numbers of the right kind", field=name)
    fits = value.ndim == len(expected) and all(
        want is None or got == want for got, want in zip(value.shape, expected, strict=True)
    )
    if not fits:
        wanted = tuple("any" if n is None else n for n in expected)
        raise FormatError(label, f"has shape {value.shape}, expected {wanted}".replace("'", ""), field=name)
    if not np.isfinite(value).all():
        raise FormatError(label, "has NaN or infinite values", field=name)
    return value


def _check_tree(model: dict[Any, Any], label: str) -> None:
    """Joints in FLAME's order, the root's parent written as −1 in some width of unsigned number."""
    table = _array(model, "kintree_table", label, (2, N_JOINTS), "iuf").astype(np.int64)
    parents = [-1 if p in (-1, ROOT_PARENT) else int(p) for p in table[0]]
    if tuple(parents) != JOINT_PARENTS or list(table[1]) != list(range(N_JOINTS)):
        problem = f"has parents {parents}, expected {list(JOINT_PARENTS)}: not FLAME's joints"
        raise FormatError(label, problem, field="kintree_table")


def _from_torch(path: Path) -> tuple[Any, dict[str, Any]]:
    """`FLAME_with_eye.pt`: the model, and landmark embeddings beside it."""
    from ..unpickle.torchfiles import load_torch

    content = load_torch(path)
    if not isinstance(content, dict) or not isinstance(content.get("flame_model"), dict):
        raise FormatError(path, "is missing: is this FLAME_with_eye.pt?", field="flame_model")
    landmarks = content.get("lmk_embeddings")
    mediapipe = content.get("lmk_embeddings_mediapipe")
    entries = dict(landmarks) if isinstance(landmarks, dict) else {}
    if isinstance(mediapipe, dict):
        entries |= {f"mediapipe_{name}": value for name, value in mediapipe.items()}
    return content["flame_model"], entries
