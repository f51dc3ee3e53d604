"""The size and the parts of a network, documented where they stand; `help` is what a command line shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..conventions import SAMPLES_PER_FRAME
from ..errors import InputError, UnknownNameError
from ..motion.space import FLAME_284, MotionSpace

CONDITIONS = ("none", "amplitude", "emotion")
NOISES = ("extrema", "segments", "white")
PREDICTS = ("velocity", "motion")
LOUDNESS = ("linear", "log")
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
    amplitude_bins: int = _option(640, "the 640 samples of a frame's envelope are averaged into so many")
    loudness: str = _option("linear", "scale of the envelope: linear, or log, where a gain only shifts it")
    reach: int = _option(0, "frames on either side that the encoders of linguistic and emotion features see")
    dropout: float = _option(0.1, "share of numbers dropped in training")
    predicts: str = _option(
        "velocity", "what the network puts out: velocity, or motion (the end of the path)"
    )
    noise: str = _option("extrema", "where the flow starts: white, segments or extrema; see noise.py")
    scaled_jaw: bool = _option(True, "the jaw's opening starts as |noise| × envelope")
    noise_scale: tuple[float, ...] = _option(
        (), "share of the noise in each dimension; below 1 it is there in training only; empty: all of it"
    )
    relative: bool = _option(True, "motion is told as differences from the reference frame; if not, as it is")
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
        for kind, got, known in (
            ("noise", self.noise, NOISES),
            ("prediction", self.predicts, PREDICTS),
            ("loudness", self.loudness, LOUDNESS),
        ):
            if got not in known:
                raise UnknownNameError(kind, got, known)
        if self.amplitude_bins < 1 or SAMPLES_PER_FRAME % self.amplitude_bins or self.reach < 0:
            raise InputError(f"amplitude_bins must divide {SAMPLES_PER_FRAME}, and reach be 0 or more")
        if len(self.noise_scale) not in (0, self.space.width) or any(
            not 0 <= s <= 1 for s in self.noise_scale
        ):
            raise InputError(f"noise_scale needs {self.space.width} numbers from 0 to 1, or none")
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
        tuples: dict[str, Any] = {
            "heads": heads,
            "amplitude_widths": tuple(map(int, value["amplitude_widths"])),
        }
        tuples["noise_scale"] = tuple(map(float, value.get("noise_scale", ())))
        return NetworkConfig(**(dict(value) | {"space": space} | tuples))


def paper_config() -> NetworkConfig:
    """3DXTalker: about 150 million parameters."""
    return NetworkConfig()
