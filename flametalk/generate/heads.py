"""An output head: blocks with a condition of their own, then the velocity of some groups of the motion."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor, nn

from .attention import Angles, KeyValue
from .block import Block, block_keys
from .config import HeadConfig, NetworkConfig
from .modulation import chance_rows, modulate


class OutputHead(nn.Module):
    """Blocks, a norm that knows the flow time, an MLP. Starts out predicting zero."""

    def __init__(self, config: NetworkConfig, head: HeadConfig, outputs: int):
        super().__init__()
        width, conditioned = config.width, head.condition != "none"
        self.blocks = nn.ModuleList(
            Block(width, config.n_heads, config.mlp_ratio, config.dropout, conditioned)
            for _ in range(head.depth)
        )
        self.align = nn.Linear(width, width) if conditioned and config.aligned else None
        self.table = chance_rows(2, width, width**-0.5)
        self.norm = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        last = nn.Linear(2 * width, outputs)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), last)

    def keys(self, heard: Float[Tensor, "b t w"] | None, angles: Angles) -> tuple[KeyValue, ...]:
        """Keys and values of each block; none where the head hears nothing."""
        return block_keys(self.blocks, heard, angles)

    def token(self, heard: Float[Tensor, "b t w"] | None) -> Float[Tensor, "b t w"] | None:
        """What the condition adds to the tokens frame by frame, where the network is an aligned one."""
        return self.align(heard) if self.align is not None and heard is not None else None

    def forward(
        self,
        x: Float[Tensor, "b t w"],
        signals: Float[Tensor, "b 6 w"],
        embedded_time: Float[Tensor, "b w"],
        angles: Angles,
        token: Float[Tensor, "b t w"] | None,
        conditions: Sequence[KeyValue],
        mask: Bool[Tensor, "b #1 #1 t"] | None = None,
    ) -> Float[Tensor, "b t n"]:
        if token is not None:
            x = x + token
        for k, block in enumerate(self.blocks):
            x = block(x, signals, angles, conditions[k] if conditions else None, mask)
        shift, scale = (self.table + embedded_time[:, None])[:, :, None].unbind(1)
        return self.mlp(modulate(self.norm(x), shift, scale))
