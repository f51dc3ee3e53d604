"""Attention over frames. Keys and values of a condition are a value of their own, made once per clip."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from .rotary import rotate

Angles = tuple[Tensor, Tensor]  # cosines and sines of rotary.py


@dataclass(frozen=True, eq=False)
class KeyValue:
    """What a cross-attention needs of its condition."""

    key: Float[Tensor, "b h t d"]
    value: Float[Tensor, "b h t d"]


class SelfAttention(nn.Module):
    """Every frame of the motion looks at every other."""

    def __init__(self, width: int, n_heads: int, dropout: float):
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, x: Float[Tensor, "b t w"], angles: Angles, mask: Bool[Tensor, "b #1 #1 t"] | None = None
    ) -> Float[Tensor, "b t w"]:
        """`mask` is False where a frame is padding."""
        query, key, value = (split(part, self.n_heads) for part in self.project(x).chunk(3, dim=-1))
        mixed = scaled_dot_product_attention(
            rotate(query, *angles),
            rotate(key, *angles),
            value,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out(join(mixed))


class CrossAttention(nn.Module):
    """Every frame of the motion looks at a condition, which counts its frames in the same way."""

    def __init__(self, width: int, n_heads: int, dropout: float):
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def keys(self, condition: Float[Tensor, "b t w"], angles: Angles) -> KeyValue:
        """Independent of the motion and of the flow time: do it once."""
        key, value = (split(part, self.n_heads) for part in self.key_value(condition).chunk(2, dim=-1))
        return KeyValue(rotate(key, *angles).contiguous(), value.contiguous())

    def forward(
        self,
        x: Float[Tensor, "b t w"],
        condition: KeyValue,
        angles: Angles,
        mask: Bool[Tensor, "b #1 #1 t"] | None = None,
    ) -> Float[Tensor, "b t w"]:
        query = rotate(split(self.query(x), self.n_heads), *angles)
        mixed = scaled_dot_product_attention(
            query,
            condition.key.to(query.dtype),
            condition.value.to(query.dtype),
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out(join(mixed))


def split(x: Float[Tensor, "b t w"], n_heads: int) -> Float[Tensor, "b h t d"]:
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


def join(x: Float[Tensor, "b h t d"]) -> Float[Tensor, "b t w"]:
    return x.transpose(1, 2).flatten(2)


def padding_mask(valid: Bool[Tensor, "b t"] | None) -> Bool[torch.Tensor, "b 1 1 t"] | None:
    """The mask of attention from the frames that are real."""
    return None if valid is None else valid[:, None, None, :]
