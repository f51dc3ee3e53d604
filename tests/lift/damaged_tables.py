"""What every table of the lift refuses."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from torch import Tensor

from flametalk.errors import FormatError


def refuses(
    read: Callable[[Path], object],
    table: Path,
    layout: str,
    broken: Mapping[str, Tensor],
    kind: str,
    path: Path,
) -> None:
    """`path` is written with each of the `broken` parts, with another layout, and with no table at all."""
    good, told = load_file(table), {"layout": layout, "head": "builtin-1"}
    for name, value in broken.items():
        save_file({**good, name: value.contiguous()}, path, told)
        with pytest.raises(FormatError, match=f"not {kind}"):
            read(path)
    save_file(good, path, told | {"layout": "another"})
    with pytest.raises(FormatError, match="another"):
        read(path)
    path.write_bytes(b"no table")
    with pytest.raises(FormatError, match=f"not {kind}"):
        read(path)
