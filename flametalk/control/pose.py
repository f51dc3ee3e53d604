"""Head pose from words, a script, or the voice, laid over a clip's own motion or in its place."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..files import existing_file
from .accents import Accents, hear_accents, silent
from .curves import angles_of, rotations_of, soft_limit
from .language import LanguageModel, LanguageModelError, Written, write_script
from .phrases import read_phrase
from .pose_play import ANATOMY, AXES, Limits, play
from .posescript import PoseScript, posescript_from_text

MODES = ("add", "replace")
FROM_VOICE = "audio"
SCRIPT_BYTES = 2**20
USUAL = Limits()
GAZE_KEPT = 0.6  # of an added turn that the eyes take back, as when one looks at somebody
GAZE_FURTHEST = np.radians(18.0)


@dataclass(frozen=True)
class Pose:
    """Moves the head.

    `pose` is a description ("energetic presentation, nods on the key words"), "audio" for motion led by the
    voice, a PoseScript, or the path of one (x.json). `by` writes descriptions: "phrases" (offline, the
    default), "endpoint" or "endpoint:URL", "local:FOLDER"; with `fallback`, "phrases" steps in when a model
    fails. `mode` "add" keeps the clip's own motion underneath, "replace" does not.
    """

    pose: str | PoseScript
    mode: str = "add"
    strength: float = 1.0
    by: str = "phrases"
    fallback: bool = False
    limits: Limits = USUAL

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownNameError("pose mode", self.mode, MODES)
        if not 0.0 <= self.strength <= 3.0:
            raise InputError(f"pose strength is {self.strength:g}, expected 0 to 3")
        if self.by.partition(":")[0] not in ("phrases", "endpoint", "local"):
            raise UnknownNameError(
                "writer of poses", self.by, ["phrases", "endpoint", "endpoint:URL", "local:FOLDER"]
            )

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        accents = accents_for(clip, features)
        if self.pose == FROM_VOICE:
            from .voice_pose import pose_from_voice

            if features is None:
                raise InputError("pose 'audio' follows the voice: the clip has no sound")
            return with_pose(
                clip, self.strength * pose_from_voice(accents, self.limits), self.mode, self.limits
            )
        written = script_for(self.pose, accents, self.by, self.fallback)
        moved = with_pose(
            clip, self.strength * play(written.script, accents, self.limits), self.mode, self.limits
        )
        story = {"by": written.by, "script": written.script.to_json()}
        if written.unknown:
            story["not_understood"] = list(written.unknown)
        return moved.replace(provenance={**moved.provenance, "pose": story})


def accents_for(clip: Clip, features: AudioFeatures | None) -> Accents:
    """The speech's moments, fitted to the clip; without sound, none."""
    if features is None:
        return silent(clip.n_frames, clip.fps)
    return hear_accents(features).fitted(clip.n_frames, clip.fps)


def script_for(
    pose: str | PoseScript, accents: Accents, by: str = "phrases", fallback: bool = False
) -> Written:
    """The script of a description, and who wrote it."""
    if isinstance(pose, PoseScript):
        return Written(pose, "given")
    if pose.strip().lower().endswith(".json"):
        path = existing_file(pose.strip(), SCRIPT_BYTES)
        return Written(posescript_from_text(_text(path)), f"file {path.name}")
    if by == "phrases":
        reading = read_phrase(pose)
        return Written(reading.script, "phrase parser (offline rules)", reading.unknown)
    try:
        return write_script(_model(by), pose, accents)
    except LanguageModelError as error:
        if not fallback:
            raise
        reading = read_phrase(pose)
        return Written(
            reading.script, f"phrase parser (offline rules), since a model failed: {error}", reading.unknown
        )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8") from error


def _model(by: str) -> LanguageModel:
    kind, _, place = by.partition(":")
    if kind == "endpoint":
        from .endpoint import endpoint_from

        return endpoint_from(place or None)
    if not place:
        raise InputError("a local chat model needs its folder: pose_by='local:FOLDER'")
    from .chat_model import load_chat_model

    return load_chat_model(place)


def with_pose(
    clip: Clip, curves: Float[np.ndarray, "t 4"], mode: str = "add", limits: Limits | None = None
) -> Clip:
    """The clip with pitch, yaw, roll (degrees) and lean (cm) added, or in place of its own.

    The sum stays within what a neck can do; what the clip itself did below 0.8 of that is untouched.
    """
    if mode not in MODES:
        raise UnknownNameError("pose mode", mode, MODES)
    added = np.asarray(curves[:, :3], np.float64)
    if mode == "replace":
        head = rotations_of(added)
    elif not added.any():
        head = clip.head
    else:
        most = np.array([ANATOMY[name] for name in AXES[:3]])
        head = rotations_of(soft_limit(angles_of(clip.head) + added, most))
    lean = np.asarray(curves[:, 3], np.float64) / 100.0
    translation = clip.translation
    if lean.any():
        forward = np.stack([np.zeros_like(lean), np.zeros_like(lean), lean], 1)
        translation = forward if translation is None else translation + forward
    return clip.replace(head=head, translation=translation, eyes=_steadied(clip, added, mode))


def _steadied(clip: Clip, added: Float[np.ndarray, "t 3"], mode: str) -> np.ndarray | None:
    """Eyes that keep to what they looked at while the head turns under them."""
    if clip.eyes is None or not added.any():
        return clip.eyes
    turned = added - (angles_of(clip.head) if mode == "replace" else 0.0)
    back = soft_limit(GAZE_KEPT * np.radians(turned), GAZE_FURTHEST)
    eyes = clip.eyes.astype(np.float64)
    for first in (0, 3):  # left and right: pitch, then yaw
        eyes[:, first] -= back[:, 0]
        eyes[:, first + 1] -= back[:, 1]
    return eyes
