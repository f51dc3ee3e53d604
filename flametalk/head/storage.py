"""A head as one safetensors file: half-precision bases, stored only for the vertices that move."""

import json
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..conventions import N_JOINTS
from ..errors import FormatError
from ..files import PathLike, atomic_path, existing_file
from .model import Action, Head, Landmarks

LAYOUT = "flametalk-head-1"
MAX_BYTES = 512 * 2**20
BASES = ("shape_basis", "expression_basis", "pose_basis")
ARRAYS = ("uv", "uv_faces", "quads", "uv_quads", "materials", "occlusion", "mirror")
NAMES = ("material_names", "expression_names", "shape_names")


def save_head(head: Head, path: PathLike, half: bool = True) -> None:
    """Write `head`. `half=False` keeps the bases in single precision (for converted FLAME files)."""
    tensors: dict[str, Tensor] = {
        "template": head.template.float(),
        "faces": head.faces.int(),
        "joint_regressor": head.joint_regressor.float(),
        "skinning": head.skinning.float(),
    }
    for name in BASES:
        basis = getattr(head, name)
        rows = basis.abs().amax(dim=(1, 2)).nonzero()[:, 0]
        tensors[f"{name}/rows"] = rows.int()
        tensors[f"{name}/values"] = basis[rows].half() if half else basis[rows].float()
    for name in ARRAYS:
        value = getattr(head, name)
        if value is not None:
            tensors[name] = value.float() if value.is_floating_point() else value.int()
    for name, region in head.regions.items():
        tensors[f"region/{name}"] = region.int()
    for name, marks in head.landmarks.items():
        tensors[f"landmarks/{name}/faces"] = marks.faces.int()
        tensors[f"landmarks/{name}/weights"] = marks.weights.float()
        if marks.ids is not None:
            tensors[f"landmarks/{name}/ids"] = torch.tensor(marks.ids, dtype=torch.int32)
    for name, action in head.actions.items():
        tensors[f"action/{name}"] = torch.cat([action.expression, action.jaw, action.eyes]).float()
    metadata = {"layout": LAYOUT, "name": head.name, "info": json.dumps(head.info)}
    metadata |= {name: json.dumps(getattr(head, name)) for name in NAMES}
    with atomic_path(path) as temporary:
        save_file({k: v.contiguous().cpu() for k, v in tensors.items()}, temporary, metadata)


def read_head(path: PathLike, dtype: torch.dtype = torch.float32) -> Head:
    """Read what `save_head` wrote; shapes and values are checked."""
    path = existing_file(path, MAX_BYTES)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise FormatError(path, f"not a readable safetensors file ({error})") from error
    if metadata.get("layout") != LAYOUT:
        raise FormatError(path, f"not a head file: layout {metadata.get('layout')!r}, expected {LAYOUT!r}")
    missing = [k for k in ("template", "faces", "joint_regressor", "skinning") if k not in tensors]
    if missing:
        raise FormatError(path, "is missing", field=missing[0])

    n_vertices = tensors["template"].shape[0]
    fields: dict[str, Any] = {
        "name": metadata["name"],
        "info": json.loads(metadata.get("info", "{}")),
        "template": tensors["template"],
        "faces": tensors["faces"],
        "joint_regressor": tensors["joint_regressor"],
        "skinning": tensors["skinning"],
    }
    fields |= {name: tuple(json.loads(metadata.get(name, "[]"))) for name in NAMES}
    fields |= {name: tensors[name] for name in ARRAYS if name in tensors}
    for name in BASES:
        values = tensors[f"{name}/values"].to(dtype)
        dense = torch.zeros(n_vertices, 3, values.shape[-1], dtype=dtype)
        dense[tensors[f"{name}/rows"].long()] = values
        fields[name] = dense
    fields["regions"] = _group(tensors, "region")
    fields["landmarks"] = _landmarks(tensors)
    fields["actions"] = {
        name: Action(value[:-9], value[-9:-6], value[-6:])
        for name, value in _group(tensors, "action").items()
    }
    head = Head(**fields)
    check_head(head, path)
    return head.to(dtype=dtype)


def _group(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(f"{prefix}/"): v for k, v in tensors.items() if k.startswith(f"{prefix}/")}


def _landmarks(tensors: dict[str, Tensor]) -> dict[str, Landmarks]:
    group = _group(tensors, "landmarks")
    sets = {}
    for name in {key.rsplit("/", 1)[0] for key in group}:
        ids = group.get(f"{name}/ids")
        sets[name] = Landmarks(
            group[f"{name}/faces"], group[f"{name}/weights"], None if ids is None else tuple(ids.tolist())
        )
    return sets


def check_head(head: Head, path: object) -> None:
    """Shapes, index ranges and finiteness: what a wrong or damaged file would break."""
    v = head.n_vertices
    shapes = {
        "template": (v, 3),
        "joint_regressor": (N_JOINTS, v),
        "skinning": (v, N_JOINTS),
    }
    for name, expected in shapes.items():
        got = tuple(getattr(head, name).shape)
        if got != expected:
            raise FormatError(path, f"has shape {got}, expected {expected}", field=name)
    for name in ("template", "joint_regressor", "skinning", *BASES):
        if not bool(torch.isfinite(getattr(head, name)).all()):
            raise FormatError(path, "has NaN or infinite values", field=name)
    indices = {"faces": head.faces} | {f"region/{k}": r for k, r in head.regions.items()}
    for name, index in indices.items():
        if index.numel() and not (int(index.min()) >= 0 and int(index.max()) < v):
            raise FormatError(path, f"points outside the {v} vertices", field=name)
    for name, marks in head.landmarks.items():
        if marks.faces.numel() and not (
            0 <= int(marks.faces.min()) <= int(marks.faces.max()) < len(head.faces)
        ):
            raise FormatError(path, f"points outside the {len(head.faces)} faces", field=f"landmarks/{name}")
