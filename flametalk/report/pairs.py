"""Which clip belongs to which: folders become names, names become pairs. Nothing is left out in silence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..clip import Clip
from ..errors import FileError, HeadMismatchError, InputError
from ..files import PathLike

CLIP_ENDINGS = (".npz", ".safetensors", ".npy", ".pt", ".pth", ".pkl")
SAMPLE = re.compile(
    r"(?P<name>.+)\.seed(?P<seed>\d+)"
)  # several samples of one input: talk.seed0, talk.seed1
SHOWN = 5  # names in a message

Source = PathLike | Mapping[str, Clip]  # a folder of clips, or clips by name
Samples = Mapping[str, list[Path | Clip]]  # name → its samples, one as a rule


@dataclass(frozen=True)
class Pair:
    """One input: the truth and a method's samples of it."""

    name: str
    truth: Path | Clip
    samples: tuple[Path | Clip, ...]


def find_clips(source: Source, what: str) -> Samples:
    """Clips of a folder by name: files without their ending, and folders that are clips."""
    if isinstance(source, Mapping):
        if not source:
            raise InputError(f"no clips were given as {what}")
        named: list[tuple[str, Path | Clip]] = list(source.items())
    else:
        named = _in_folder(Path(source).expanduser(), what)
    found: dict[str, list[Path | Clip]] = {}
    for name, clip in named:
        sample = SAMPLE.fullmatch(name)
        found.setdefault(sample["name"] if sample else name, []).append(clip)
    return found


def _in_folder(folder: Path, what: str) -> list[tuple[str, Path | Clip]]:
    if not folder.is_dir():
        raise FileError(folder, f"is no folder: {what} is a folder of clips")
    entries = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    clips = [path for path in entries if path.is_dir() or path.suffix.lower() in CLIP_ENDINGS]
    if not clips:
        endings = " ".join(CLIP_ENDINGS)
        raise InputError(f"{folder} ({what}) holds no clips: files ending in {endings}, or clip folders")
    named: dict[str, Path] = {}
    for path in clips:
        name = path.name if path.is_dir() else path.stem
        if name in named:
            raise InputError(f"{folder} holds '{name}' twice: {named[name].name} and {path.name}")
        named[name] = path
    return list(named.items())


def pair_up(method: str, predictions: Samples, truths: Samples, partners: str) -> list[Pair]:
    """By name. `partners` "all" refuses clips without a partner, "common" leaves them out."""
    several = [name for name, clips in truths.items() if len(clips) > 1]
    if several:
        raise InputError(f"the truth has several samples of {_some(several)}: one of each is the truth")
    alone = [name for name in truths if name not in predictions]
    extra = [name for name in predictions if name not in truths]
    common = [name for name in truths if name in predictions]
    if partners == "all" and (alone or extra):
        told = [f"no prediction of {_some(alone)}"] * bool(alone) + [f"no truth for {_some(extra)}"] * bool(
            extra
        )
        raise InputError(
            f"'{method}' and the truth do not hold the same clips: {', '.join(told)}; "
            "add them, or compare the common ones with partners='common' (--common)"
        )
    if not common:
        raise InputError(f"'{method}' and the truth have no clip in common; the truth has {_some(alone)}")
    return [Pair(name, truths[name][0], tuple(predictions[name])) for name in common]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more


def load_pair(pair: Pair, method: str, lengths: str) -> tuple[Clip, list[Clip]]:
    """Truth and samples, checked against one another. With `lengths` "cut", as long as the shorter."""
    truth = _load(pair.truth)
    samples = [_load(sample) for sample in pair.samples]
    for sample in samples:
        where = f"clip '{pair.name}' of '{method}'"
        if not _same_head(sample.made_for, truth.made_for):
            raise HeadMismatchError(
                f"{where} was made for the head '{sample.made_for}', its truth for '{truth.made_for}'"
            )
        if sample.fps != truth.fps:
            raise InputError(f"{where} runs at {sample.fps:g} frames a second, its truth at {truth.fps:g}")
        if sample.n_frames != truth.n_frames and lengths == "equal":
            raise InputError(
                f"{where} has {sample.n_frames} frames, its truth {truth.n_frames}: "
                "give equal lengths, or compare what both have with lengths='cut' (--cut)"
            )
    frames = min(truth.n_frames, *(sample.n_frames for sample in samples))
    return _first(truth, frames), [_first(sample, frames) for sample in samples]


def _load(clip: Path | Clip) -> Clip:
    return clip if isinstance(clip, Clip) else Clip.load(clip)


def _first(clip: Clip, frames: int) -> Clip:
    return clip if clip.n_frames == frames else clip.cut(0.0, frames / clip.fps)


def _same_head(a: str | None, b: str | None) -> bool:
    if a is None or b is None or a == b:
        return True
    return "flame" in (a, b) and a.startswith("flame") and b.startswith("flame")
