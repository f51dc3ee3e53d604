"""`FaceEncoder`: the networks of one model, batches of crops in, codes out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ...errors import InputError
from .codes import Codes, join, split
from .decoder import DetailDecoder
from .encoder import Encoder, Sizes

BATCH = 16  # crops at a time on a CPU; a GPU takes more


@dataclass(frozen=True, eq=False)
class FaceEncoder:
    """`E_flame` reads shape, texture, pose, camera and light; expression too, unless `E_expression` does."""

    name: str
    made_for: str  # the head that the codes belong to
    sizes: Sizes
    E_flame: Encoder
    E_expression: Encoder | None = None
    E_detail: Encoder | None = None
    D_detail: DetailDecoder | None = None
    info: dict[str, Any] = field(default_factory=dict)  # where it comes from; JSON values only

    @property
    def networks(self) -> dict[str, torch.nn.Module]:
        """Those that are there, by their official names."""
        found = {name: getattr(self, name) for name in ("E_flame", "E_expression", "E_detail", "D_detail")}
        return {name: network for name, network in found.items() if network is not None}

    @property
    def device(self) -> torch.device:
        return next(self.E_flame.parameters()).device

    def to(self, device: torch.device | str) -> "FaceEncoder":
        """The same model, its networks moved there."""
        for network in self.networks.values():
            network.to(device)
        return self

    def encode(
        self,
        crops: Shaped[np.ndarray, "n h w 3"] | Iterable[np.ndarray],
        batch: int = BATCH,
        half: bool | None = None,
    ) -> Codes:
        """Codes of crops: uint8 or 0 … 1, RGB, as large as `sizes.pixels`; an array, or one after the other.

        Pictures are read `batch` at a time, so that memory does not grow with their number. `half` computes
        in bfloat16, by default on GPUs only.
        """
        return join([self._encode(group, half) for group in _groups(crops, batch)])

    def _encode(self, crops: np.ndarray, half: bool | None) -> Codes:
        pictures = self.prepare(crops)
        lower = self.device.type == "cuda" if half is None else half
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=lower):
            parts = self.parts(pictures)
        arrays = {name: part.float().cpu().numpy() for name, part in parts.items()}
        return Codes(**arrays)

    def parts(self, pictures: Float[Tensor, "b 3 h w"]) -> dict[str, Tensor]:
        """The codes by name, as tensors that carry gradients."""
        parts = split(self.E_flame(pictures))
        if self.E_expression is not None:
            parts["expression"] = self.E_expression(pictures)
        if self.E_detail is not None:
            parts["detail"] = self.E_detail(pictures)
        return parts

    def prepare(self, crops: Shaped[np.ndarray, "n h w 3"]) -> Float[Tensor, "n 3 h w"]:
        """Crops as the networks read them, on their device."""
        side = self.sizes.pixels
        if crops.ndim != 4 or crops.shape[1:] != (side, side, 3):
            raise InputError(f"crops have shape {crops.shape}, expected (n, {side}, {side}, 3)")
        given = torch.from_numpy(np.ascontiguousarray(crops)).to(self.device)
        if crops.dtype == np.uint8:
            given = given.float() / 255
        elif crops.dtype.kind != "f" or not (float(crops.min()) >= 0 and float(crops.max()) <= 1):
            raise InputError(f"crops are {crops.dtype}, expected uint8, or floats from 0 to 1")
        return given.float().permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)

    def displacement(self, codes: Codes, half: bool = False) -> Float[np.ndarray, "n 256 256"]:
        """Metres along the normal in the texture of FLAME, before mask and fixed part; row 0 at v = 1."""
        if self.D_detail is None or codes.detail is None:
            raise InputError(f"'{self.name}' has no detail decoder or no detail encoder")

        def rows(value: np.ndarray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(value, np.float32)).to(self.device)

        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            found = self.D_detail(rows(codes.jaw), rows(codes.expression), rows(codes.detail))
        return found.float().cpu().numpy()


def _groups(crops: np.ndarray | Iterable[np.ndarray], batch: int) -> Iterator[np.ndarray]:
    if batch < 1:
        raise InputError(f"batch is {batch}, expected at least 1")
    group: list[np.ndarray] = []
    for crop in crops:
        group.append(np.asarray(crop))
        if len(group) == batch:
            yield np.stack(group)
            group = []
    if group:
        yield np.stack(group)
