"""A corpus on disk: performances in shards that are written whole and read one performance at a time.

A corpus is a folder of `corpus.json` (what it is, and which shards it will have) and
`shard-00000.safetensors` …; every shard belongs to one split: train, valid or test. Half-precision arrays are
called `<k>/motion` and so on, where k counts the performances of the shard; the shard's metadata names them
and holds the story of each as JSON. A shard that is not there is not written yet: the others can be read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from ..audio.signal import Audio
from ..conventions import SAMPLE_RATE, SAMPLES_PER_FRAME
from ..errors import FileError, FormatError, InputError, UnknownNameError
from ..files import PathLike, atomic_path, existing_file, open_safetensors, write_safetensors
from ..motion.space import MotionSpace

FORMAT, VERSION = "flametalk-corpus", 1
SPLITS = ("train", "valid", "test")
INFO_FILE = "corpus.json"
ARRAYS = ("motion", "linguistic", "amplitude", "emotion")  # one row a frame
SOUND = "audio"  # 16-bit samples, where a shard keeps them
STORY = "performances"  # in a shard's metadata: a list of {"name", "info"}
MAX_JSON, MAX_SHARD = 64 * 2**20, 4 * 2**30


@dataclass(frozen=True, eq=False)
class Performance:
    """What someone said and how a face moved with it. Rows are video frames."""

    name: str
    motion: Float32[np.ndarray, "t width"]  # absolute rows of the corpus's motion space
    linguistic: Float32[np.ndarray, "t dl"]  # as in AudioFeatures, and so the next two
    amplitude: Float32[np.ndarray, "t 640"]  # the envelope during each frame
    emotion: Float32[np.ndarray, "t de"]
    info: Mapping[str, Any] = field(default_factory=dict)  # JSON values: text, voice, seed, phones …
    audio: Audio | None = None  # the sound that the features were taken from; kept for valid and test

    @property
    def n_frames(self) -> int:
        return len(self.motion)


@dataclass(frozen=True)
class ShardPlan:
    """Which split a shard belongs to and how many performances it holds."""

    split: str
    performances: int


@dataclass(frozen=True, eq=False)
class CorpusInfo:
    """What `corpus.json` says."""

    space: MotionSpace
    made_for: str  # name of the head
    fps: float
    features: Mapping[str, str]  # as in AudioFeatures.provenance
    shards: tuple[ShardPlan, ...]  # all that will be there when the corpus is complete
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    def count(self, split: str | None = None) -> int:
        """Performances of the complete corpus."""
        return sum(s.performances for s in self.shards if split in (None, s.split))


class Corpus:
    """Performances of a folder in order, read when they are asked for.

    `Corpus.open(folder, split="train")`, `len(corpus)`, `corpus[i]`, `corpus.info`. Of a corpus that is still
    being made, the shards that were complete when it was opened are seen.
    """

    def __init__(
        self,
        folder: Path,
        info: CorpusInfo,
        index: Sequence[tuple[int, int]],
        names: Sequence[str],
        stories: Sequence[Mapping[str, Any]],
    ):
        self.folder, self.info = folder, info
        self.names = tuple(names)
        self.stories = tuple(stories)  # the `info` of every performance
        self._index = tuple(index)  # (shard, place in it)

    @staticmethod
    def open(folder: PathLike, split: str | None = None) -> "Corpus":
        """All splits, or one."""
        if split is not None and split not in SPLITS:
            raise UnknownNameError("split", split, SPLITS)
        folder = Path(folder).expanduser()
        info = read_info(folder)
        index: list[tuple[int, int]] = []
        told: list[dict[str, Any]] = []
        for number, plan in enumerate(info.shards):
            if split not in (None, plan.split) or not shard_path(folder, number).exists():
                continue
            told += _stories(shard_path(folder, number), plan)
            index += [(number, place) for place in range(plan.performances)]
        return Corpus(folder, info, index, [s["name"] for s in told], [s["info"] for s in told])

    def __len__(self) -> int:
        return len(self._index)

    @property
    def complete(self) -> bool:
        """Whether every planned shard is there."""
        return all(shard_path(self.folder, number).exists() for number in range(len(self.info.shards)))

    def __getitem__(self, i: int) -> Performance:
        if not -len(self) <= i < len(self):
            raise IndexError(f"performance {i} of {len(self)}")
        number, place = self._index[i]
        path = shard_path(self.folder, number)
        with open_safetensors(path, "a shard", MAX_SHARD) as file:
            story = _read_stories(file, path)[place]
            arrays = {name: _rows(file, path, f"{place}/{name}") for name in ARRAYS}
            samples = file.get_tensor(f"{place}/{SOUND}") if f"{place}/{SOUND}" in file.keys() else None  # noqa: SIM118
        self._check(path, place, arrays)
        return Performance(str(story["name"]), **arrays, info=story["info"], audio=_sound(samples, path))

    def __iter__(self) -> Iterator[Performance]:
        for i in range(len(self)):
            yield self[i]

    def _check(self, path: Path, place: int, arrays: Mapping[str, np.ndarray]) -> None:
        frames = len(arrays["motion"])
        widths = {"motion": self.info.space.width, "amplitude": SAMPLES_PER_FRAME}
        for name, array in arrays.items():
            expected = (frames, widths.get(name, array.shape[1]))
            if array.shape != expected:
                raise FormatError(path, f"has shape {array.shape}, expected {expected}", f"{place}/{name}")


def shard_path(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05d}.safetensors"


def write_shard(folder: Path, number: int, performances: Sequence[Performance]) -> None:
    """In one step: a shard is whole or absent."""
    arrays: dict[str, np.ndarray] = {}
    for place, performance in enumerate(performances):
        for name in ARRAYS:
            half = np.ascontiguousarray(getattr(performance, name)).astype(np.float16)
            if not np.isfinite(half).all():
                raise InputError(f"{performance.name}: {name} has NaN, infinite or too large numbers")
            arrays[f"{place}/{name}"] = half
        if performance.audio is not None:
            pcm = np.clip(np.rint(performance.audio.samples * 32768.0), -32768, 32767)
            arrays[f"{place}/{SOUND}"] = pcm.astype(np.int16)
    stories = [{"name": p.name, "info": dict(p.info)} for p in performances]
    story = {STORY: json.dumps(stories, allow_nan=False, ensure_ascii=False)}
    write_safetensors(shard_path(folder, number), arrays, story)


def write_info(folder: Path, info: CorpusInfo) -> None:
    text = json.dumps(info_to_json(info), indent=1, allow_nan=False, ensure_ascii=False)
    with atomic_path(folder / INFO_FILE) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def info_to_json(info: CorpusInfo) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "seed": info.seed,
        "space": info.space.to_json(),
        "made_for": info.made_for,
        "fps": info.fps,
        "features": dict(info.features),
        "settings": dict(info.settings),
        "splits": {split: info.count(split) for split in SPLITS},
        "shards": [[plan.split, plan.performances] for plan in info.shards],
    }


def read_info(folder: PathLike) -> CorpusInfo:
    """The description of a corpus; a folder that is none is refused."""
    path = Path(folder).expanduser() / INFO_FILE
    if not path.exists():
        raise FileError(
            folder, f"is no corpus (it has no {INFO_FILE}); make one with `flametalk corpus make`"
        )
    try:
        value = json.loads(existing_file(path, MAX_JSON).read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            raise FormatError(path, f"is of format {value['format']!r}, expected '{FORMAT}'")
        if value["version"] > VERSION:
            raise FormatError(
                path, f"is version {value['version']}; this flametalk reads up to {VERSION}: upgrade"
            )
        shards = tuple(ShardPlan(str(split), int(count)) for split, count in value["shards"])
        if not all(plan.split in SPLITS and plan.performances > 0 for plan in shards):
            raise FormatError(path, f"names a split that is none of {', '.join(SPLITS)}, or an empty shard")
        return CorpusInfo(
            MotionSpace.from_json(value["space"]),
            str(value["made_for"]),
            float(value["fps"]),
            {str(part): str(what) for part, what in value["features"].items()},
            shards,
            int(value["seed"]),
            dict(value["settings"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(path, f"is damaged ({type(error).__name__}: {error})") from error


def _stories(path: Path, plan: ShardPlan) -> list[dict[str, Any]]:
    with open_safetensors(path, "a shard", MAX_SHARD) as file:
        stories = _read_stories(file, path)
    if len(stories) != plan.performances:
        raise FormatError(path, f"holds {len(stories)} performances, {INFO_FILE} says {plan.performances}")
    return stories


def _read_stories(file: Any, path: Path) -> list[dict[str, Any]]:
    text = (file.metadata() or {}).get(STORY)
    if text is None or len(text) > MAX_JSON:
        raise FormatError(path, f"has no list of performances ('{STORY}' in its metadata), or too long a one")
    try:
        stories = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"is damaged ({error})", STORY) from error
    if not isinstance(stories, list) or not all(
        isinstance(s, dict) and isinstance(s.get("name"), str) and isinstance(s.get("info"), dict)
        for s in stories
    ):
        raise FormatError(path, "is not a list of names and stories", STORY)
    return stories


def _rows(file: Any, path: Path, name: str) -> np.ndarray:
    array = file.get_tensor(name)
    if array.dtype != np.float16 or array.ndim != 2:
        raise FormatError(path, f"is {array.dtype} {array.shape}, expected float16 rows", name)
    if not np.isfinite(array).all():
        raise FormatError(path, "has a NaN or infinite value", name)
    return array.astype(np.float32)


def _sound(samples: np.ndarray | None, path: Path) -> Audio | None:
    if samples is None:
        return None
    if samples.dtype != np.int16 or samples.ndim != 1:
        raise FormatError(path, f"is {samples.dtype} {samples.shape}, expected 16-bit samples", SOUND)
    return Audio(samples.astype(np.float32) / np.float32(32768.0), SAMPLE_RATE)
