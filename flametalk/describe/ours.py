"""Clips, heads and weights: what our own readers understand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import FormatError
from ..files import DAMAGED_ZIP, open_safetensors


def clip(path: Path) -> Iterator[str]:
    from ..formats import read_clip

    try:
        found = read_clip(path)
    except FormatError as error:
        listing = list(_arrays(path))
        if not listing:
            raise
        yield f"not a clip: {error.problem}"
        yield from listing
        return
    yield f"clip        {found.n_frames} frames, {found.duration:.2f} s at {found.fps:g} fps"
    yield f"made for    {found.made_for or 'any head'}"
    shape = "constant" if found.shape.ndim == 1 else "per frame"
    yield f"shape       {found.shape.shape[-1]} coefficients, {shape}"
    yield f"expression  {found.expression.shape[1]} coefficients, up to {np.abs(found.expression).max():.2f}"
    extra = [name for name in ("neck", "eyes", "translation", "detail") if getattr(found, name) is not None]
    yield f"also        {', '.join(extra) or 'nothing more'}"
    yield f"jaw         opens to {np.degrees(found.jaw[:, 0].max()):.1f}°"
    if found.audio:
        yield f"sound       {found.audio.duration:.2f} s at {found.audio.rate:,} Hz"
    for key, value in found.provenance.items():
        yield f"{key:<11} {value}"


def _arrays(path: Path) -> Iterator[str]:
    """Names and shapes of what NumPy can read without unpickling."""
    if path.is_dir():
        return
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                yield f"{name}: {archive[name].dtype} {archive[name].shape}"
    except (*DAMAGED_ZIP, AttributeError):
        return


def head(path: Path) -> Iterator[str]:
    from ..head.store import load_head

    found = load_head(path)
    yield f"head        {found.name}"
    yield f"mesh        {found.n_vertices:,} vertices, {len(found.faces):,} triangles"
    yield f"bases       {found.n_shape} shape, {found.n_expression} expression"
    yield f"UV          {'yes' if found.uv is not None else 'no'}"
    yield f"regions     {len(found.regions)}: {_some(sorted(found.regions))}"
    yield f"landmarks   {', '.join(sorted(found.landmarks)) or 'none'}"
    yield f"actions     {len(found.actions)}: {_some(sorted(found.actions))}"
    for key, value in found.info.items():
        yield f"{key:<11} {value}"


def _some(names: list[str], shown: int = 12) -> str:
    more = f" … and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def safetensors(path: Path) -> Iterator[str]:
    from ..head.storage import LAYOUT

    with open_safetensors(path, "what its ending says") as file:
        metadata = file.metadata() or {}
        slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
        tensors = {key: (part.get_dtype(), tuple(part.get_shape())) for key, part in slices.items()}
    if metadata.get("layout") == LAYOUT:
        yield from head(path)
    elif "expression" in tensors:
        yield from clip(path)
    else:
        yield from _tensor_table(tensors)
        for key, value in metadata.items():
            yield f"{key}: {value[:200]}"


def _tensor_table(tensors: dict[str, tuple[str, tuple[int, ...]]]) -> Iterator[str]:
    count = sum(int(np.prod(shape)) for _, shape in tensors.values())
    yield f"{len(tensors)} tensors, {count:,} numbers"
    for key, (dtype, shape) in list(tensors.items())[:20]:
        yield f"{key}: {dtype} {shape}"
    if len(tensors) > 20:
        yield f"… and {len(tensors) - 20} more"


def pickled(path: Path) -> Iterator[str]:
    """A clip or a head of a layout that we know; anything else is refused by the readers."""
    try:
        lines = list(clip(path))
    except FormatError:
        lines = list(head(path))
    yield from lines


def torch_file(path: Path) -> Iterator[str]:
    """Tensors of a torch file, read without running anything."""
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise FormatError(path, f"cannot be read without running code ({reason})") from error
    flat: dict[str, tuple[str, tuple[int, ...]]] = {}

    def collect(prefix: str, value: object) -> None:
        if isinstance(value, torch.Tensor):
            flat[prefix or "tensor"] = (str(value.dtype).removeprefix("torch."), tuple(value.shape))
        elif isinstance(value, dict):
            for key, item in value.items():
                collect(f"{prefix}.{key}" if prefix else str(key), item)

    collect("", content)
    yield from _tensor_table(flat)
