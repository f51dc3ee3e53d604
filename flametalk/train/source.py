"""Where performances come from: a protocol, the corpus on disk, and a copy of it in memory."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float16, Float32

from ..audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from ..conventions import FPS
from ..data.shards import Corpus, Performance
from ..errors import InputError
from ..generate.amplitude import pool
from ..motion.space import MotionSpace
from .portrait import Portraits

STEPS = 4  # parts of a frame in which phones are told


@runtime_checkable
class Source(Protocol):
    """What training needs of a data set."""

    @property
    def space(self) -> MotionSpace: ...

    @property
    def made_for(self) -> str:
        """Name of the head whose coefficients the motion has."""
        ...

    @property
    def fps(self) -> float: ...

    @property
    def features(self) -> dict[str, str]:
        """What the features are, as in AudioFeatures.provenance."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> Performance: ...


class CorpusSource:
    """One split of a corpus made by `flametalk corpus make`."""

    def __init__(self, folder: Path, split: str):
        self.corpus = Corpus.open(folder, split)
        if not len(self.corpus):
            raise InputError(f"{folder} has no complete shard of the split '{split}': make the corpus first")
        info = self.corpus.info
        self.space, self.made_for, self.fps = info.space, info.made_for, info.fps
        self.features = {k: v for k, v in info.features.items() if k in ("linguistic", "emotion")}

    def __len__(self) -> int:
        return len(self.corpus)

    def __getitem__(self, i: int) -> Performance:
        return self.corpus[i]


class Remembered:
    """A source that is read from disk once: in half precision, and the envelope as the network hears it."""

    def __init__(self, source: Source, bins: int, portraits: Portraits):
        self.source, self.bins, self.portraits = source, bins, portraits
        self._kept: dict[int, tuple[Float16[np.ndarray, "t _"], ...]] = {}

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> tuple[Float16[np.ndarray, "t _"], ...]:
        """Motion, linguistic features heard and told, envelope in bins, emotion features, what is felt."""
        if i not in self._kept:
            p = self.source[i]
            envelope = pool(
                torch.from_numpy(np.ascontiguousarray(p.amplitude, np.float32)), self.bins
            ).numpy()
            felt = self.portraits.strengths(p.info, p.n_frames, self.source.fps)
            told = told_phones(p)
            arrays = (p.motion, p.linguistic, told, envelope, p.emotion, felt)
            self._kept[i] = tuple(np.asarray(a, np.float16) for a in arrays)
        return self._kept[i]


def told_phones(p: Performance) -> Float32[np.ndarray, "t dl"]:
    """Linguistic features of an ear that errs in nothing: the phones spoken, where they are known."""
    if p.linguistic.shape[1] != N_PHONES or not p.info.get("phones"):
        return p.linguistic
    steps = np.zeros((p.n_frames * STEPS, N_PHONES), np.float32)
    rate = STEPS * FPS
    for name, start, end in p.info["phones"]:
        span = slice(round(start * rate), max(round(start * rate) + 1, round(end * rate)))
        steps[span] = 0.0
        steps[span, PHONE_INDEX[name]] = 1.0
    steps[steps.sum(1) == 0, SILENCE] = 1.0
    return steps.reshape(p.n_frames, STEPS, N_PHONES).mean(1)


def open_source(folder: Path, split: str, features: dict[str, str] | None = None) -> Source:
    """The data set in `folder`: a corpus of ours, or the released 3DXTalker layout."""
    from .threedxtalker import ReleasedSource, looks_released

    if (folder / "corpus.json").is_file():
        return CorpusSource(folder, split)
    if looks_released(folder):
        return ReleasedSource(folder, split, features or {})
    raise InputError(
        f"{folder} holds neither a corpus (corpus.json) nor the 3DXTalker layout (SET/CLIP/expcode.npy): "
        "make one with `flametalk corpus make`, or give the folder with trainset and testset"
    )
