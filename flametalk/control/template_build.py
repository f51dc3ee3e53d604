"""Emotion templates from lifted sessions of MEAD: 3DXTalker's table 7.

For each emotion, the expression codes of all frames of all its sessions are put together, and their mean is
the template. A session's emotion, and its level where it has one, is read from the names of its folders and
file: `M003/video/front/angry/level_3/001`, `M003_front_angry_level_3_001`, `V1-MEAD/W009_happy_3_012`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..clip import Clip
from ..errors import FlametalkError, InputError
from ..files import PathLike
from ..formats.threedxtalker import CODES
from .emotion import EMOTIONS, NEUTRAL, Template, Templates

SPELLINGS = {
    "anger": "angry", "disgusted": "disgust", "fearful": "fear", "happiness": "happy", "sadness": "sad",
    "surprised": "surprise", "contemptuous": "contempt",
}  # fmt: skip
ENDINGS = (".npz", ".safetensors", ".npy", ".pkl", ".pt")
DEEPEST = 12  # folders below the one given


def build_templates(
    folder: PathLike,
    level: int | None = None,
    layout: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Templates:
    """The mean expression of every frame of each emotion's sessions below `folder`.

    `level` takes only sessions of that level (MEAD has 1 to 3). `layout` names the sessions' file layout.
    Sessions that cannot be read are an error that names them, never left out in silence.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{root} is not a folder of lifted sessions")
    sums: dict[str, np.ndarray] = {}
    frames: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    heads: set[str] = set()
    passed_over = 0
    for path in find_sessions(root):
        emotion, its_level = label_of(path.relative_to(root))
        if emotion is None or (level is not None and its_level != level):
            passed_over += 1
            continue
        clip = _read(path, layout)
        total = clip.expression.sum(0, dtype=np.float64)
        if emotion in sums and len(sums[emotion]) != len(total):
            raise InputError(f"{path} has {len(total)} expression coefficients, others {len(sums[emotion])}")
        sums[emotion] = sums.get(emotion, 0.0) + total
        frames[emotion] += clip.n_frames
        sessions[emotion] += 1
        heads.add(clip.made_for or "flame")
        if progress:
            progress(f"{emotion:<9} {path.relative_to(root)}: {clip.n_frames} frames")
    if not set(sums) - {NEUTRAL}:
        raise InputError(
            f"no session below {root} is named after one of {', '.join(EMOTIONS)}"
            + (f" at level {level}" if level is not None else "")
        )
    if len(heads) > 1:
        raise InputError(f"the sessions were made for different heads: {', '.join(sorted(heads))}")
    means = {name: (total / frames[name]).astype(np.float32) for name, total in sums.items()}
    neutral = means.pop(NEUTRAL, None)
    emotions = {name: Template(mean, np.zeros(3, np.float32)) for name, mean in sorted(means.items())}
    info = {
        "source": f"mean of lifted sessions in {root.name}",
        "level": level,
        "frames": dict(frames),
        "sessions": dict(sessions),
        "passed_over": passed_over,
    }
    return Templates(heads.pop(), emotions, neutral, info)


def find_sessions(root: Path) -> Iterator[Path]:
    """Clip files, and folders of 3DXTalker codes, in order; links that lead out are not followed."""
    pending = [root]
    while pending:
        folder = pending.pop()
        inside = sorted(entry for entry in folder.iterdir() if not entry.is_symlink())
        if any((folder / f"{code}.npy").is_file() for code in CODES[1:2]):
            yield folder
            continue
        yield from (p for p in inside if p.is_file() and p.suffix.lower() in ENDINGS)
        if len(folder.relative_to(root).parts) < DEEPEST:
            pending += [p for p in reversed(inside) if p.is_dir()]


def label_of(path: Path) -> tuple[str | None, int | None]:
    """Emotion and level in the names of a session's path; of two emotions the last, nearest to the file."""
    words = [w for part in path.parts for w in re.split(r"[^a-z0-9]+", part.lower()) if w]
    emotion, level = None, None
    for k, word in enumerate(words):
        name = SPELLINGS.get(word, word)
        if name in EMOTIONS:
            emotion, level = name, None
            if k + 1 < len(words) and words[k + 1] in ("1", "2", "3"):
                level = int(words[k + 1])
        elif word == "level" and k + 1 < len(words) and words[k + 1].isdigit():
            level = int(words[k + 1])
        elif (found := re.fullmatch(r"level([0-9])", word)) is not None:
            level = int(found[1])
    return emotion, level


def _read(path: Path, layout: str | None) -> Clip:
    try:
        return Clip.load(path, layout)
    except FlametalkError as error:
        raise InputError(f"the session {path} cannot be used: {error}") from error
