"""Half precision where the machine is fast at it."""

from contextlib import AbstractContextManager

import torch

from ..errors import UnknownNameError

PRECISIONS = ("auto", "float32", "bfloat16")


def fast_bfloat16(device: torch.device) -> bool:
    """Whether matrix products of bfloat16 have hardware of their own here."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return False


def autocast(device: torch.device, precision: str = "auto") -> AbstractContextManager[None]:
    """Matrix products in bfloat16 or in float32; "auto" takes what is faster."""
    if precision not in PRECISIONS:
        raise UnknownNameError("precision", precision, PRECISIONS)
    half = precision == "bfloat16" or (precision == "auto" and fast_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=half)
