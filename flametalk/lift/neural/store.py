"""Models by name: added once from the official folders, kept as one safetensors file each."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from ...errors import AssetError, FormatError, InputError
from ...files import PathLike, existing_file, read_safetensors, read_settings, write_safetensors
from ...head.store import NAME, data_folder
from ...version import __version__
from .checkpoint import MAX_BYTES, Weights, find_checkpoint, fit, read_checkpoint
from .decoder import DetailDecoder
from .encoder import DETAIL_OUTPUTS, EXPRESSION_OUTPUTS, FLAME_OUTPUTS, Encoder, Sizes, colours_last
from .model import FaceEncoder

LAYOUT: Final = "flametalk-face-encoder-1"
MADE_FOR: Final = "flame2020"  # the head that DECA and EMOCA were trained with
OUTPUTS: Final = {
    "E_flame": FLAME_OUTPUTS,
    "E_expression": EXPRESSION_OUTPUTS,
    "E_detail": DETAIL_OUTPUTS,
}
FOLDER: Final = "emoca"


@dataclass(frozen=True)
class EncoderAsset:
    """What was added; `str()` of it is what the command line prints."""

    name: str
    path: Path
    source: str
    networks: tuple[str, ...]
    ignored: dict[str, int]
    unexpected: dict[str, int]

    def __str__(self) -> str:
        def listed(counts: dict[str, int]) -> str:
            return ", ".join(f"{name} ({count})" for name, count in sorted(counts.items())) or "none"

        return "\n".join(
            [
                f"{self.name}: encoders for {MADE_FOR}",
                f"  networks: {', '.join(self.networks)}",
                f"  left out as not needed: {listed(self.ignored)}",
                f"  unexpected in the file: {listed(self.unexpected)}",
                f"  made from: {self.source}",
                f"  file: {self.path}",
            ]
        )


def read_emoca(
    path: PathLike, sizes: Sizes | None = None, narrow: int = 1
) -> tuple[FaceEncoder, EncoderAsset]:
    """The model of an official file or folder, and what was found in it."""
    file = find_checkpoint(path)
    found = read_checkpoint(file)
    model, left = _model(found.networks, file, sizes or Sizes(), narrow)
    asset = EncoderAsset(
        _name_of(path), file, str(file), tuple(model.networks), found.ignored, found.unexpected | left
    )
    return model, asset


def _model(
    networks: dict[str, Weights], file: Path, sizes: Sizes, narrow: int
) -> tuple[FaceEncoder, dict[str, int]]:
    built: dict[str, Any] = {}
    left: dict[str, int] = {}
    for name, weights in networks.items():
        with torch.device("meta"):  # no memory until the stored weights take their places
            network: nn.Module = (
                DetailDecoder(narrow) if name == "D_detail" else Encoder(_outputs(name, weights, file), sizes)
            )
        left |= fit(network, weights, file, name)
        colours_last(network)
        built[name] = network.eval().requires_grad_(False)
    info = {"source": file.name, "flametalk": __version__}
    return FaceEncoder(_name_of(file), MADE_FOR, sizes, **built, info=info), left


def _outputs(name: str, weights: Weights, file: Path) -> int:
    """EMOCA may read poses with its expression encoder; such a model means something else."""
    last = weights.get("layers.2.weight")
    if name == "E_expression" and last is not None and len(last) in (53, 56):
        problem = f"reads {len(last)} numbers, poses among them; models of {OUTPUTS[name]} are supported"
        raise FormatError(file, problem, field=f"{name}.layers.2.weight")
    return OUTPUTS[name]


def _name_of(path: PathLike) -> str:
    stem = Path(path).expanduser().resolve()
    text = (stem.stem if stem.is_file() else stem.name).lower()
    cleaned = "".join(c if (c.isalnum() and c.isascii()) or c in "._-" else "-" for c in text).strip("._-")
    return cleaned[:64] or "emoca"


def add_emoca(path: PathLike, name: str | None = None) -> EncoderAsset:
    """Check an official model, convert it into the data folder. Its own file stays where it is."""
    model, asset = read_emoca(path)
    name = name or asset.name
    target = encoder_file(name)
    save_encoder(model, target, name)
    return EncoderAsset(name, target, asset.source, asset.networks, asset.ignored, asset.unexpected)


def encoder_file(name: str) -> Path:
    """Where the model of that name is, or would be."""
    if not NAME.fullmatch(name):
        raise InputError(f"'{name}' is no model's name: small letters, digits, '.', '_' and '-', 64 at most")
    return data_folder() / FOLDER / f"{name}.safetensors"


def added_encoders() -> list[str]:
    """Names of the models in the data folder."""
    return sorted(path.stem for path in (data_folder() / FOLDER).glob("*.safetensors"))


def save_encoder(model: FaceEncoder, path: PathLike, name: str | None = None, half: bool = False) -> None:
    """Write a model as one safetensors file; `half` stores float16, for shipping."""
    tensors = {
        f"{part}.{key}": value.detach().cpu().contiguous().clone()
        for part, network in model.networks.items()
        for key, value in network.state_dict().items()
    }
    if half:
        tensors = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    settings = {
        "layout": LAYOUT,
        "name": name or model.name,
        "made_for": model.made_for,
        "sizes": asdict(model.sizes),
        "narrow": 1 if model.D_detail is None else 128 // model.D_detail.first,
        "info": model.info,
    }
    write_safetensors(path, tensors, {"settings": json.dumps(settings)})


def load_encoder(path: PathLike) -> FaceEncoder:
    """Read what `save_encoder` wrote."""
    path = existing_file(path, MAX_BYTES)
    tensors, metadata = read_safetensors(path, "a face encoder", framework="pt")
    settings = read_settings(path, "a face encoder", metadata, "settings", LAYOUT)
    try:
        sizes = Sizes(**{**settings["sizes"], "blocks": tuple(settings["sizes"]["blocks"])})
        name, made_for, narrow = str(settings["name"]), str(settings["made_for"]), int(settings["narrow"])
        if not 1 <= narrow <= 16:
            raise ValueError(f"narrow is {narrow}")
        info = dict(settings["info"])
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise FormatError(path, str(error)) from error
        raise FormatError(path, f"not a face encoder ({type(error).__name__}: {error})") from error
    networks: dict[str, Weights] = {}
    for key, value in tensors.items():
        part, _, rest = key.partition(".")
        if part not in (*OUTPUTS, "D_detail"):
            raise FormatError(path, "is no part of a face encoder", field=key)
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise FormatError(path, "has NaN or infinite numbers", field=key)
        networks.setdefault(part, {})[rest] = value.float() if value.is_floating_point() else value
    if "E_flame" not in networks:
        raise FormatError(path, "has no E_flame")
    model, left = _model(networks, path, sizes, narrow)
    if left:
        raise FormatError(path, f"has weights that do not belong: {', '.join(left)}")
    return FaceEncoder(name, made_for, sizes, **model.networks, info=info)  # type: ignore[arg-type]


def load_emoca(source: PathLike) -> FaceEncoder:
    """An added model by name; or any official file or folder, or our own file, by path."""
    text = str(source)
    if isinstance(source, str) and NAME.fullmatch(text) and not Path(text).exists():
        path = encoder_file(text)
        if not path.is_file():
            there = ", ".join(added_encoders()) or "none"
            raise AssetError(
                f"no encoder '{text}' here; there are: {there}. Add one: flametalk assets add emoca DIR"
            )
        return load_encoder(path)
    place = Path(source).expanduser()
    if place.suffix == ".safetensors":
        return load_encoder(place)
    return read_emoca(place)[0]
