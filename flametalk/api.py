"""The whole way in one call: speech in, a talking head out."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .audio.decode import load_audio
from .audio.features import AudioFeatures, extract_features
from .audio.resample import resample
from .audio.signal import Audio
from .clip import Clip
from .control.compose import Control, compose
from .control.emotion_overlay import Wish
from .control.plan import plan
from .control.pose import Pose
from .control.posescript import PoseScript
from .conventions import FPS, SAMPLE_RATE
from .errors import InputError, UnknownNameError
from .files import PathLike
from .head import Head
from .mend import mend
from .perform import perform
from .render.moves import check_move

GENERATORS = ("builtin", "performer")
DEFAULT = "builtin"
CHECKPOINT = ".safetensors"
SHORTEST = 0.1  # seconds: less is no speech


def animate(
    audio: Audio | PathLike,
    image: PathLike | None = None,
    text: str | None = None,
    seed: int = 0,
    emotion: Wish | None = None,
    intensity: float = 1.0,
    generator: PathLike = DEFAULT,
    shape: Clip | PathLike | np.ndarray | Sequence[float] | None = None,
    steps: int | None = None,
    linguistic: str = "auto",
    emotion_features: str = "auto",
    progress: bool = False,
    pose: str | PoseScript | None = None,
    controls: Sequence[Control] = (),
    camera: str | None = None,
    pose_by: str = "phrases",
    pose_mode: str = "add",
    pose_fallback: bool = False,
) -> Clip:
    """A talking head for a sound file or an `Audio`, with the sound attached.

    `text` is the English transcript, where there is one. `seed` decides on head motion, brows and blinks, not
    on the lips. `emotion` is one of the head's ("happy", "sad", …), a mixture {name: part}, keyframes
    [(seconds, name, intensity), …] or "auto" (what the voice tells), at `intensity` 0 … 1.5. `pose` is a
    description of the head's motion, "audio", a PoseScript or its file; `controls` come after it, in their
    order (docs/control.md); `camera` is the move with which the clip is filmed. `image` is a
    photo of who speaks (extra "lift"; only the shape of the face is taken), `shape` a clip of theirs (or its
    file), or shape coefficients. `generator` is "builtin" (learned, ships with the package),
    "performer" (rules), or a checkpoint of `flametalk train`, which may ask for the features "wavlm:FOLDER"
    and "emotion2vec:FOLDER"; `steps` are its solver's. What ran, and for how long, is in `provenance`.
    """
    learned = _checkpoint(generator)
    moved = None if pose is None else Pose(pose, pose_mode, by=pose_by, fallback=pose_fallback)
    wanted = plan(learned is not None, emotion, intensity, moved, controls)
    if camera is not None:
        check_move(camera)
    if image is not None and shape is not None:
        raise InputError("image and shape both say who speaks: leave one of them out")
    if seed < 0:
        raise InputError(f"seed is {seed}, expected 0 or more")
    clock = _Clock()
    sound = audio if isinstance(audio, Audio) else load_audio(audio)
    if sound.duration < SHORTEST:
        raise InputError(
            f"the sound lasts {sound.duration * 1000:.0f} ms, expected {SHORTEST * 1000:.0f} ms at least"
        )
    heard = resample(sound, SAMPLE_RATE)
    clock.mark("sound")
    model = None if learned is None else _model(learned)
    head = Head.load(None if model is None else model.made_for)
    whose = shape if image is None else image
    identity = None if whose is None else _identity(whose, head)
    clock.mark("head")
    features = extract_features(heard, FPS, linguistic, emotion_features, text)
    clock.mark("features")
    if model is None:
        if steps is not None:
            raise InputError(
                "the performer takes no solver steps: leave steps out, or choose another generator"
            )
        clip = perform(features, head, seed)
        clip = clip.replace(shape=clip.shape if identity is None else identity)
    else:
        reference = wanted.condition(_reference(head, identity))
        clip = _sample(model, features, reference, seed, steps, progress)
        clip = mend(clip, features, head, seed)
        if wanted.conditions:
            clip = clip.replace(provenance={**clip.provenance, "controls": wanted.told()})
    clock.mark("generator")
    clip = clip.replace(audio=sound)
    if wanted.laid:
        clip = compose(clip, wanted.laid, features)
        clock.mark("control")
    filmed = {} if camera is None else {"camera": camera}
    return clip.replace(provenance={**clip.provenance, **filmed, "seconds": clock.seconds})


def _checkpoint(generator: PathLike) -> Path | None:
    """The file of a learned generator; None for the rules."""
    from .generate.shipped import BUILTIN

    if generator == "performer":
        return None
    if generator == "builtin":
        return BUILTIN
    if str(generator).endswith(CHECKPOINT):
        return Path(generator)
    raise UnknownNameError("generator", str(generator), [*GENERATORS, f"x{CHECKPOINT}"])


def _model(path: Path):  # a MotionModel, whose import is heavy
    from .generate.checkpoint import load_model
    from .generate.shipped import BUILTIN, builtin_model

    return builtin_model() if path == BUILTIN else load_model(path)


def _reference(head: Head, identity: np.ndarray | None) -> Clip:
    """One frame of the person at rest."""
    return Clip.neutral(1, made_for=head.name, **({} if identity is None else {"shape": identity}))


def _sample(
    model, features: AudioFeatures, reference: Clip, seed: int, steps: int | None, progress: bool
) -> Clip:
    import torch
    from tqdm import tqdm

    from .generate.model import generate_clip
    from .generate.sample import SampleSettings
    from .generate.schedules import EvenSchedule

    if steps is not None and not 1 <= steps <= 1000:
        raise InputError(f"steps is {steps}, expected 1 to 1000")
    steps = steps or int(model.info.get("sample_steps", EvenSchedule().steps))
    settings = SampleSettings(schedule=EvenSchedule(steps))
    with tqdm(
        total=features.n_frames, desc="generating", unit="frame", delay=2.0, disable=not progress
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.update(done - bar.n)

        clip = generate_clip(
            model,
            features,
            reference,
            torch.Generator().manual_seed(seed),
            settings,
            progress=show,
        )
    weights = f"{model.info.get('parameters', 0) / 1e6:.1f} M, {model.info.get('steps', '?')} training steps"
    return clip.replace(provenance={**clip.provenance, "weights": weights, "solver_steps": steps})


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
        from .lift.pictures import is_picture
        from .lift.sources import lift

        given = lift(given, head) if is_picture(given) else Clip.load(given)
    if isinstance(given, Clip):
        given.check_made_for(head.name)
        return given.shape if given.shape.ndim == 1 else given.shape[0]
    values = np.asarray(given, dtype=np.float32)
    if values.ndim != 1 or not 1 <= len(values) <= head.n_shape:
        raise InputError(
            f"shape has the form {values.shape}, expected 1 to {head.n_shape} coefficients in a row"
        )
    return values
