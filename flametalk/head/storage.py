"""A head as one safetensors file: half-precision bases, stored only for the vertices that move."""

import json
from typing import Any

import torch
from torch import Tensor

from ..conventions import N_JOINTS, N_POSE_FEATURES
from ..errors import FormatError
from ..files import PathLike, read_safetensors, write_safetensors
from .model import Action, Head, Landmarks

LAYOUT = "flametalk-head-1"
MAX_BYTES = 512 * 2**20
MAX_DENSE = 2**28  # numbers of one basis
BASES = ("shape_basis", "expression_basis", "pose_basis")
ARRAYS = ("uv", "uv_faces", "quads", "uv_quads", "materials", "occlusion", "mirror")
REQUIRED = ("template", "faces", "joint_regressor", "skinning")
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
        rows = basis.ne(0).flatten(1).any(1).nonzero()[:, 0]
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
    # copies, since the format refuses tensors that share memory
    write_safetensors(path, {k: v.cpu().contiguous().clone() for k, v in tensors.items()}, metadata)


def read_head(path: PathLike, dtype: torch.dtype = torch.float32) -> Head:
    """Read what `save_head` wrote; shapes and values are checked."""
    tensors, metadata = read_safetensors(path, "a head file", MAX_BYTES, LAYOUT, framework="pt")
    try:
        fields: dict[str, Any] = {name: tensors[name] for name in REQUIRED}
        fields |= {"name": str(metadata["name"]), "info": dict(json.loads(metadata.get("info", "{}")))}
        fields |= {name: tuple(map(str, json.loads(metadata.get(name, "[]")))) for name in NAMES}
        fields |= {name: tensors[name] for name in ARRAYS if name in tensors}
        fields |= {name: _dense(tensors, name, dtype) for name in BASES}
        fields["regions"] = _group(tensors, "region")
        fields["landmarks"] = _landmarks(tensors, path)
        fields["actions"] = {
            name: Action(value[:-9], value[-9:-6], value[-6:])
            for name, value in _group(tensors, "action").items()
        }
    except (KeyError, IndexError, ValueError, TypeError, RuntimeError, RecursionError) as error:
        raise FormatError(path, f"not a complete head file ({type(error).__name__}: {error})") from error
    _check(fields, path)
    return Head(**fields).to(dtype=dtype)


def _dense(tensors: dict[str, Tensor], name: str, dtype: torch.dtype) -> Tensor:
    """A basis with the rows of vertices that do not move filled in."""
    values, rows = tensors[f"{name}/values"].to(dtype), tensors[f"{name}/rows"].long()
    if values.ndim != 3 or rows.shape != values.shape[:1] or bool((rows < 0).any()):
        raise ValueError(f"{name} has {tuple(rows.shape)} rows of shape {tuple(values.shape)}")
    if len(tensors["template"]) * values[:1].numel() > MAX_DENSE:
        raise ValueError(f"{name} unfolds to more than the {MAX_DENSE:,} numbers accepted here")
    dense = torch.zeros(len(tensors["template"]), *values.shape[1:], dtype=dtype)
    dense[rows] = values
    return dense


def _group(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(f"{prefix}/"): v for k, v in tensors.items() if k.startswith(f"{prefix}/")}


def _landmarks(tensors: dict[str, Tensor], path: object) -> dict[str, Landmarks]:
    group = _group(tensors, "landmarks")
    sets = {}
    for name in sorted({key.rsplit("/", 1)[0] for key in group}):
        faces, weights, ids = group[f"{name}/faces"], group[f"{name}/weights"], group.get(f"{name}/ids")
        _check_shape(path, f"landmarks/{name}", weights, (*faces.shape, 3))
        if ids is not None:
            _check_shape(path, f"landmarks/{name}", ids, faces.shape[:1])
        _check_index(path, f"landmarks/{name}", faces, tuple(faces.shape), len(tensors["faces"]))
        sets[name] = Landmarks(faces, weights, None if ids is None else tuple(ids.tolist()))
    return sets


def _check(fields: dict[str, Any], path: object) -> None:
    """Shapes, index ranges and finiteness: what a wrong or damaged file would break."""
    v, f = len(fields["template"]), len(fields["faces"])
    n_expression = fields["expression_basis"].shape[-1]
    shapes: dict[str, tuple[int, ...]] = {
        "template": (v, 3),
        "joint_regressor": (N_JOINTS, v),
        "skinning": (v, N_JOINTS),
        "shape_basis": (v, 3, fields["shape_basis"].shape[-1]),
        "expression_basis": (v, 3, n_expression),
        "pose_basis": (v, 3, N_POSE_FEATURES),
        "occlusion": (v,),
    }
    if "uv" in fields:
        shapes["uv"] = (len(fields["uv"]), 2)
    for name, shape in shapes.items():
        if name in fields:
            _check_shape(path, name, fields[name], shape)
            if not (fields[name].is_floating_point() and bool(torch.isfinite(fields[name]).all())):
                raise FormatError(path, "has NaN, infinite or whole-number values", field=name)
    corners = len(fields["uv"]) if "uv" in fields else 0
    _check_index(path, "faces", fields["faces"], (f, 3), v)
    _check_index(path, "uv_faces", fields.get("uv_faces"), (f, 3), corners)
    _check_index(path, "quads", fields.get("quads"), (None, 4), v, lowest=-1)
    _check_index(path, "uv_quads", fields.get("uv_quads"), (None, 4), corners, lowest=-1)
    _check_index(path, "materials", fields.get("materials"), (f,), len(fields["material_names"]))
    _check_index(path, "mirror", fields.get("mirror"), (v,), v)
    for name, region in fields["regions"].items():
        _check_index(path, f"region/{name}", region, (None,), v)
    for name, action in fields["actions"].items():
        _check_shape(path, f"action/{name}", action.expression, (n_expression,))


def _check_shape(path: object, name: str, value: Tensor, expected: tuple[int, ...]) -> None:
    if tuple(value.shape) != expected:
        raise FormatError(path, f"has shape {tuple(value.shape)}, expected {expected}", field=name)


def _check_index(
    path: object, name: str, index: Tensor | None, shape: tuple[int | None, ...], end: int, lowest: int = 0
) -> None:
    """Whole numbers from `lowest` up to below `end`, in an array of the given shape (None: any length)."""
    if index is None:
        return
    expected = tuple(got if want is None else want for got, want in zip(index.shape, shape, strict=False))
    if index.ndim != len(shape) or index.is_floating_point():
        raise FormatError(path, f"is not an index of {len(shape)} dimensions", field=name)
    _check_shape(path, name, index, expected)
    if index.numel() and not (int(index.min()) >= lowest and int(index.max()) < end):
        raise FormatError(path, f"points outside 0 … {end - 1}", field=name)
