"""Networks that users hold as ONNX files: face embedders, emotion recognisers, feature networks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from ..errors import FormatError, InputError
from ..extras import require
from ..files import PathLike, existing_file

MAX_BYTES = 2 * 2**30
Network = Callable[[UInt8[np.ndarray, "n h w 3"]], np.ndarray]  # pictures → one row of numbers each


@dataclass(frozen=True, eq=False)
class OnnxNetwork:
    """Pictures in, rows of numbers out. The file is data: an ONNX graph runs no code of its own."""

    session: Any
    size: tuple[int, int]  # height, width that pictures are brought to
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    bgr: bool
    batch: int
    source: str

    def __call__(self, pictures: UInt8[np.ndarray, "n h w 3"]) -> Float[np.ndarray, "n d"]:
        """One row for each picture, whatever axes the network's output has."""
        name = self.session.get_inputs()[0].name
        mean, scale = np.array(self.mean, np.float32), np.array(self.scale, np.float32)
        rows = []
        for first in range(0, len(pictures), self.batch):
            part = np.stack([fitted(picture, self.size) for picture in pictures[first : first + self.batch]])
            part = part[..., ::-1] if self.bgr else part
            values = (part.astype(np.float32) - mean) / scale
            out = self.session.run(None, {name: np.ascontiguousarray(values.transpose(0, 3, 1, 2))})[0]
            if len(out) != len(part):
                raise InputError(f"{self.source} gave {len(out)} rows for {len(part)} pictures")
            rows.append(np.asarray(out, np.float32).reshape(len(part), -1))
        return np.concatenate(rows)


def load_onnx(
    path: PathLike,
    size: tuple[int, int] | None = None,
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5),
    scale: tuple[float, float, float] = (127.5, 127.5, 127.5),
    bgr: bool = False,
    batch: int = 32,
) -> OnnxNetwork:
    """A network whose one input is (n, 3, h, w). Pixels become (0 … 255 − mean) / scale.

    `size` (height, width) is read from the file where it is fixed there.
    """
    runtime = require("onnxruntime", "onnx", "running an ONNX network")
    path = existing_file(path, MAX_BYTES)
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    try:
        # from memory, so that weights in other files of the disk cannot be asked for
        session = runtime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common root
        raise FormatError(path, f"not an ONNX network that can be run ({str(error)[:200]})") from error
    inputs = session.get_inputs()
    shape = inputs[0].shape if inputs else []
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3:
        raise FormatError(
            path, f"takes {[tuple(one.shape) for one in inputs]}, expected one input (n, 3, h, w)"
        )
    fixed = (shape[2], shape[3]) if all(isinstance(side, int) and side > 0 for side in shape[2:]) else None
    if fixed and size and fixed != tuple(size):
        raise InputError(f"{path} takes pictures of {fixed}, size says {tuple(size)}")
    if not (fixed or size):
        raise InputError(f"{path} takes pictures of any size: say size=(height, width)")
    one = isinstance(shape[0], int) and shape[0] == 1
    return OnnxNetwork(session, fixed or size, mean, scale, bgr, 1 if one else batch, path.name)  # type: ignore[arg-type]


def fitted(picture: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]) -> UInt8[np.ndarray, "h2 w2 3"]:
    """The picture in another size."""
    if picture.shape[:2] == tuple(size):
        return picture
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((size[1], size[0]), Image.Resampling.BILINEAR))
