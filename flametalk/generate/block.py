"""One transformer block: self-attention, cross-attention where there is a condition, a gated MLP."""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import gelu

from .attention import Angles, CrossAttention, KeyValue, SelfAttention
from .modulation import N_SIGNALS, chance_rows, modulate


class GatedMLP(nn.Module):
    """Linear, half of it gated by the GELU of the other half, linear."""

    def __init__(self, width: int, inner: int, dropout: float):
        super().__init__()
        self.rise = nn.Linear(width, 2 * inner)
        self.fall = nn.Linear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "b t w"]) -> Float[Tensor, "b t w"]:
        value, gate = self.rise(x).chunk(2, dim=-1)
        return self.fall(self.dropout(value * gelu(gate, approximate="tanh")))


class Block(nn.Module):
    """Attention and MLP are scaled, shifted and gated by the flow time; the condition is not."""

    def __init__(self, width: int, n_heads: int, mlp_ratio: int, dropout: float, conditioned: bool):
        super().__init__()
        self.table = chance_rows(N_SIGNALS, width, width**-0.5)
        self.norm_self = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.attend_self = SelfAttention(width, n_heads, dropout)
        self.norm_cross = nn.LayerNorm(width) if conditioned else None
        self.attend_cross = CrossAttention(width, n_heads, dropout) if conditioned else None
        self.norm_mlp = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.mlp = GatedMLP(width, mlp_ratio * width, dropout)

    def forward(
        self,
        x: Float[Tensor, "b t w"],
        signals: Float[Tensor, "b 6 w"],
        angles: Angles,
        condition: KeyValue | None = None,
        mask: Bool[Tensor, "b #1 #1 t"] | None = None,
    ) -> Float[Tensor, "b t w"]:
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = (self.table + signals)[:, :, None].unbind(1)
        x = x + gate_a * self.attend_self(modulate(self.norm_self(x), shift_a, scale_a), angles, mask)
        if self.attend_cross is not None and self.norm_cross is not None and condition is not None:
            x = x + self.attend_cross(self.norm_cross(x), condition, angles, mask)
        return x + gate_m * self.mlp(modulate(self.norm_mlp(x), shift_m, scale_m))


def block_keys(
    blocks: nn.ModuleList, heard: Float[Tensor, "b t w"] | None, angles: Angles
) -> tuple[KeyValue, ...]:
    """Keys and values of a condition for each of `blocks`."""
    if heard is None:
        return ()
    attentions = [block.attend_cross for block in blocks]
    return tuple(a.keys(heard, angles) for a in attentions if isinstance(a, CrossAttention))
