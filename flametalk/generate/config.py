"""The size and the parts of a network, documented where they stand; `help` is what a command line shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ..errors import InputError, UnknownNameError
from ..motion.space import BUILTIN_162, FLAME_284, MotionSpace

CONDITIONS = ("none", "amplitude", "emotion")
NOISES = ("extrema", "segments", "white")
MAX_DEPTH = 256  # blocks: a damaged checkpoint must not build for hours


def _option(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class HeadConfig:
    """One output head: the groups of the motion space that it moves, and what it listens to."""

    name: str = _option("pose", "what it is called in checkpoints")
    groups: tuple[str, ...] = _option(("head", "jaw"), "groups of the motion space that it predicts")
    depth: int = _option(2, "blocks")
    condition: str = _option("none", "what its blocks attend to: none, amplitude or emotion")

    def __post_init__(self) -> None:
        if self.condition not in CONDITIONS:
            raise UnknownNameError("condition of a head", self.condition, CONDITIONS)


PAPER_HEADS = (
    HeadConfig("identity", ("shape", "detail"), 2, "none"),
    HeadConfig("pose", ("head", "jaw"), 2, "amplitude"),
    HeadConfig("expression", ("expression",), 2, "emotion"),
)
BUILTIN_HEADS = (
    HeadConfig("identity", ("shape",), 1, "none"),
    HeadConfig("pose", ("head", "jaw"), 2, "amplitude"),
    HeadConfig("expression", ("expression", "eyes"), 2, "emotion"),
)


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that decides the shapes of the weights. The defaults are 3DXTalker's."""

    space: MotionSpace = _option(FLAME_284, "the motion space")  # noqa: RUF009 (a field, and frozen)
    heads: tuple[HeadConfig, ...] = _option(PAPER_HEADS, "output heads; together they move the whole space")
    d_linguistic: int = _option(768, "width of the linguistic features (WavLM 768, built-in phones 42)")
    d_emotion: int = _option(768, "width of the emotion features (emotion2vec 768, built-in prosody 20)")
    width: int = _option(768, "width of every block")
    n_heads: int = _option(12, "attention heads; they divide the width into even parts")
    depth: int = _option(6, "blocks of the trunk")
    mlp_ratio: int = _option(4, "inner width of the gated MLPs, as a multiple of the width")
    time_width: int = _option(256, "sines and cosines of the flow time")
    amplitude_widths: tuple[int, ...] = _option((512, 768), "inner channels of the amplitude encoder")
    dropout: float = _option(0.1, "share of numbers dropped in training")
    noise: str = _option("extrema", "where the flow starts: white, segments or extrema; see noise.py")
    scaled_jaw: bool = _option(True, "the jaw's opening starts as |noise| × envelope")
    aligned: bool = _option(
        False, "also add each condition to the tokens frame by frame: small networks need not learn to align"
    )

    def __post_init__(self) -> None:
        if self.width % self.n_heads or (self.width // self.n_heads) % 2:
            raise InputError(f"width {self.width} does not divide into {self.n_heads} heads of even width")
        sizes = (self.d_linguistic, self.d_emotion, self.width, self.depth, self.mlp_ratio)
        if self.depth > MAX_DEPTH or any(head.depth > MAX_DEPTH for head in self.heads):
            raise InputError(f"more than {MAX_DEPTH} blocks")
        if min(sizes) < 1 or self.time_width < 2 or self.time_width % 2 or not 0 <= self.dropout < 1:
            raise InputError("sizes must be positive, time_width even, and dropout at least 0 and below 1")
        if self.noise not in NOISES:
            raise UnknownNameError("noise", self.noise, NOISES)
        moved = [name for head in self.heads for name in head.groups]
        if sorted(moved) != sorted(self.space.names):
            raise InputError(
                f"the heads move {moved}, motion space '{self.space.name}' has {self.space.names}"
            )

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"space": self.space.to_json()}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "NetworkConfig":
        known = {f.name for f in fields(NetworkConfig)}
        if unknown := set(value) - known:
            raise InputError(
                f"network settings {sorted(unknown)} are unknown to this version: update flametalk"
            )
        heads = tuple(HeadConfig(**(h | {"groups": tuple(h["groups"])})) for h in value["heads"])
        space = MotionSpace.from_json(value["space"])
        widths = tuple(map(int, value["amplitude_widths"]))
        return NetworkConfig(**(dict(value) | {"heads": heads, "space": space, "amplitude_widths": widths}))


def paper_config() -> NetworkConfig:
    """3DXTalker: about 150 million parameters."""
    return NetworkConfig()


def builtin_config(d_linguistic: int = 42, d_emotion: int = 20, width: int = 256) -> NetworkConfig:
    """For the built-in head and features, on a CPU in real time: about 12 million parameters."""
    return replace(
        NetworkConfig(space=BUILTIN_162, heads=BUILTIN_HEADS),
        d_linguistic=d_linguistic,
        d_emotion=d_emotion,
        width=width,
        n_heads=width // 64 or 1,
        depth=4,
        mlp_ratio=3,
        amplitude_widths=(width, width),
        aligned=True,
    )
