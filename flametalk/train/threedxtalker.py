"""The released 3DXTalker data set as a source: SET/CLIP folders of codes and sound, 25 frames a second.

Features are taken from each `audio.wav` once and kept beside it in `flametalk-features.npz`, since encoders
cost far more than everything else in training. A folder that cannot be read is an error, never another clip.
"""

import hashlib
from pathlib import Path

import numpy as np

from ..audio.features import extract_features
from ..clip import Clip
from ..conventions import FPS
from ..data.shards import Performance
from ..errors import FormatError, InputError
from ..files import atomic_path
from ..motion.space import FLAME_284

MARK = "expcode.npy"
KEPT = "flametalk-features.npz"
FOLDERS = {"train": "trainset", "valid": "testset", "test": "testset"}
HELD_OUT = 50  # without a testset, one of so many clips is for validation
MOST_MISSING = 5  # frames that sound and codes may differ by


def looks_released(folder: Path) -> bool:
    """trainset/SET/CLIP, SET/CLIP or just clips."""
    return bool(_clips(folder, "train"))


class ReleasedSource:
    """Clips of the released layout. `features` may name "linguistic" and "emotion" front ends."""

    space, made_for, fps = FLAME_284, "flame2020", FPS

    def __init__(self, folder: Path, split: str, features: dict[str, str]):
        self.folders = _clips(folder, split)
        if not self.folders:
            raise InputError(f"{folder} has no clip for '{split}': folders with {MARK} are looked for")
        self.front_ends = {"linguistic": "auto", "emotion": "auto"} | features
        first = self[0].info["features"]
        self.features = {k: first[k] for k in ("linguistic", "emotion")}

    def __len__(self) -> int:
        return len(self.folders)

    def __getitem__(self, i: int) -> Performance:
        folder = self.folders[i]
        clip = Clip.load(folder, "3dxtalker")
        if clip.audio is None:
            raise FormatError(folder, "has no audio.wav: training needs the sound")
        kept = self._features(folder, clip)
        frames = min(clip.n_frames, len(kept["amplitude"]))
        if abs(clip.n_frames - len(kept["amplitude"])) > MOST_MISSING:
            raise FormatError(
                folder,
                f"codes have {clip.n_frames} frames, the sound has {len(kept['amplitude'])}: "
                "frames are missing, so that picture and sound do not run together",
            )
        story = {k: str(v) for k, v in zip(kept["names"], kept["story"], strict=True)}
        return Performance(
            folder.name,
            FLAME_284.pack(clip)[:frames],
            kept["linguistic"][:frames],
            kept["amplitude"][:frames],
            kept["emotion"][:frames],
            {"features": story},
        )

    def _features(self, folder: Path, clip: Clip) -> dict[str, np.ndarray]:
        """From beside the clip, or taken now; other front ends or another sound make them anew."""
        assert clip.audio is not None
        sound = hashlib.sha256(clip.audio.samples.tobytes()).hexdigest()
        ask = f"{sound} {self.front_ends['linguistic']} {self.front_ends['emotion']}"
        path = folder / KEPT
        if path.is_file():
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
            if str(kept.get("ask")) == ask:
                return {k: v.astype(np.float32) if v.dtype == np.float16 else v for k, v in kept.items()}
        heard = extract_features(clip.audio, FPS, self.front_ends["linguistic"], self.front_ends["emotion"])
        kept = {
            "ask": np.array(ask),
            "names": np.array(list(heard.provenance)),
            "story": np.array(list(heard.provenance.values())),
            "linguistic": heard.linguistic.astype(np.float16),
            "amplitude": heard.envelope.astype(np.float16),
            "emotion": heard.emotion.astype(np.float16),
        }
        with atomic_path(path) as temporary:
            np.savez(temporary, **kept)
        return {k: v.astype(np.float32) if v.dtype == np.float16 else v for k, v in kept.items()}


def _clips(folder: Path, split: str) -> list[Path]:
    """In order of their names. Without trainset and testset, every fiftieth clip validates."""
    own = folder / FOLDERS[split]
    if own.is_dir():
        return _below(own)
    if (folder / FOLDERS["train"]).is_dir():
        return _split(_below(folder / FOLDERS["train"]), split)
    return _split(_below(folder), split)


def _split(clips: list[Path], split: str) -> list[Path]:
    return [c for i, c in enumerate(clips) if (i % HELD_OUT == HELD_OUT - 1) == (split != "train")]


def _below(folder: Path) -> list[Path]:
    """Clips at most two folders deep."""
    return sorted(path.parent for pattern in (f"*/{MARK}", f"*/*/{MARK}") for path in folder.glob(pattern))
