"""The audio-rich transformer of 3DXTalker: a trunk that hears what is said, and heads that hear how.

    token    = LayerNorm(Linear(noisy motion) + Linear(reference frame))
    trunk    = blocks of self-attention, cross-attention to linguistic features, MLP
    identity = blocks                     → shape, detail
    pose     = blocks × amplitude         → head, jaw
    express. = blocks × emotion           → expression (and eyes)

Audio goes in once: `condition` gives a value that serves every solver step.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from .attention import padding_mask
from .block import Block, block_keys
from .conditions import ConditionEncoder, Conditioning, check_widths
from .config import NetworkConfig
from .heads import OutputHead
from .inputs import AudioInput
from .modulation import TimeModulation
from .rotary import rotary_angles

SHORTEST_LEFT = 1e-3  # of flow time: no velocity grows without bound at the end of the path


class AudioRichTransformer(nn.Module):
    """Noisy motion, flow time and conditioning → velocity."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        width, space = config.width, config.space
        self.embed_motion = nn.Linear(space.width, width)
        self.embed_reference = nn.Linear(space.width, width)
        self.norm_token = nn.LayerNorm(width)
        self.align = nn.Linear(width, width) if config.aligned else None
        self.time = TimeModulation(config.time_width, width)
        self.conditions = ConditionEncoder(config)
        self.trunk = nn.ModuleList(
            Block(width, config.n_heads, config.mlp_ratio, config.dropout, True) for _ in range(config.depth)
        )
        self.heads = nn.ModuleDict(
            {
                head.name: OutputHead(config, head, sum(_width(space[name]) for name in head.groups))
                for head in config.heads
            }
        )
        self._splits = [[_width(space[name]) for name in head.groups] for head in config.heads]
        predicted = [name for head in config.heads for name in head.groups]
        self._order = [predicted.index(name) for name in space.names]

    def condition(
        self,
        audio: AudioInput,
        reference: Float[Tensor, "b d"],
        keep: Bool[Tensor, "b 3"] | None = None,
        valid: Bool[Tensor, "b t"] | None = None,
    ) -> Conditioning:
        """Everything that stays the same over solver steps.

        `reference` is the z-scored reference frame; `keep` drops conditions (order of `conditions.AUDIO`);
        `valid` is False where a clip of the batch is padded.
        """
        config = self.config
        check_widths(config, audio, reference)
        encoded = self.conditions(audio, keep)
        angles = rotary_angles(audio.n_frames, config.width // config.n_heads, audio.envelope.device)
        token = self.embed_reference(reference)[:, None]
        if self.align is not None:
            token = token + self.align(encoded["linguistic"])
        keys, tokens = [], []
        for head in config.heads:
            module = self._head(head.name)
            heard = encoded.get(head.condition)
            keys.append(module.keys(heard, angles))
            tokens.append(module.token(heard))
        return Conditioning(
            token,
            block_keys(self.trunk, encoded["linguistic"], angles),
            tuple(tokens),
            tuple(keys),
            angles,
            padding_mask(valid),
        )

    def _head(self, name: str) -> OutputHead:
        head = self.heads[name]
        assert isinstance(head, OutputHead)
        return head

    def forward(
        self, x: Float[Tensor, "b t d"], time: Float[Tensor, "b"], conditioning: Conditioning
    ) -> Float[Tensor, "b t d"]:
        """The velocity at `x`, which is noise at time 0 and motion at time 1."""
        predicted = self.predict(x, time, conditioning)
        if self.config.predicts == "velocity":
            return predicted
        left = (1 - time).clamp_min(SHORTEST_LEFT)[:, None, None]
        return (predicted - x) / left

    def predict(
        self, x: Float[Tensor, "b t d"], time: Float[Tensor, "b"], conditioning: Conditioning
    ) -> Float[Tensor, "b t d"]:
        """What the network puts out: the velocity, or the motion where the path ends (`config.predicts`)."""
        given, angles, mask = conditioning, conditioning.angles, conditioning.mask
        signals, embedded = self.time(time)
        tokens = self.norm_token(self.embed_motion(x) + given.token)
        for block, keys in zip(self.trunk, given.trunk, strict=True):
            tokens = block(tokens, signals, angles, keys, mask)
        parts: list[Tensor] = []
        for k, head in enumerate(self.config.heads):
            velocity = self._head(head.name)(
                tokens, signals, embedded, angles, given.head_tokens[k], given.heads[k], mask
            )
            parts += velocity.split(self._splits[k], dim=-1)
        return torch.cat([parts[k] for k in self._order], dim=-1)


def _width(where: slice) -> int:
    return where.stop - where.start


def count_parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
