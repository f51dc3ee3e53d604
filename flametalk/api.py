"""The whole way in one call: speech in, a talking head out."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .audio.decode import load_audio
from .audio.features import extract_features
from .audio.resample import resample
from .audio.signal import Audio
from .clip import Clip
from .conventions import SAMPLE_RATE
from .errors import InputError, UnknownNameError
from .files import PathLike
from .head import Head
from .perform import perform

GENERATORS = ("performer",)
SHORTEST = 0.1  # seconds: less is no speech


def animate(
    audio: Audio | PathLike,
    image: PathLike | None = None,
    text: str | None = None,
    seed: int = 0,
    emotion: str | None = None,
    intensity: float = 1.0,
    generator: str = "performer",
    shape: Clip | PathLike | np.ndarray | Sequence[float] | None = None,
) -> Clip:
    """A talking head for a sound file or an `Audio`, with the sound attached.

    `text` is the English transcript, where there is one. `seed` decides on head motion, brows and blinks, not
    on the lips. `emotion` is one of the head's ("happy", "sad", …) at `intensity` 0 … 1.5. `shape` gives the
    identity: a clip (or its file), or shape coefficients. What ran, and for how long, is in `provenance`.
    """
    if generator not in GENERATORS:
        raise UnknownNameError("generator", generator, GENERATORS)
    if image is not None:
        raise InputError(
            "a face cannot be read from a photo yet: leave image out, and give shape= "
            "(a clip with the identity, or its shape coefficients)"
        )
    clock = _Clock()
    sound = audio if isinstance(audio, Audio) else load_audio(audio)
    if sound.duration < SHORTEST:
        raise InputError(
            f"the sound lasts {sound.duration * 1000:.0f} ms, expected {SHORTEST * 1000:.0f} ms at least"
        )
    heard = resample(sound, SAMPLE_RATE)
    clock.mark("sound")
    head = Head.load()
    identity = None if shape is None else _identity(shape, head)
    clock.mark("head")
    features = extract_features(heard, text=text)
    clock.mark("features")
    clip = perform(features, head, seed, emotion, intensity)
    clock.mark("generator")
    return clip.replace(
        shape=clip.shape if identity is None else identity,
        audio=sound,
        provenance={**clip.provenance, "seconds": clock.seconds},
    )


class _Clock:
    """Seconds of each stage, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def mark(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage], self._last = round(now - self._last, 3), now


def _identity(given: Clip | PathLike | np.ndarray | Sequence[float], head: Head) -> np.ndarray:
    """Shape coefficients that stay the same over the clip."""
    if isinstance(given, str | Path):
        given = Clip.load(given)
    if isinstance(given, Clip):
        given.check_made_for(head.name)
        return given.shape if given.shape.ndim == 1 else given.shape[0]
    values = np.asarray(given, dtype=np.float32)
    if values.ndim != 1 or not 1 <= len(values) <= head.n_shape:
        raise InputError(
            f"shape has the form {values.shape}, expected 1 to {head.n_shape} coefficients in a row"
        )
    return values
