"""What `animate` and the command line offer, as one function over a finished clip."""

from collections.abc import Sequence

from ..audio.features import AudioFeatures
from ..clip import Clip
from .compose import Control, compose
from .emotion_overlay import Emotion, Wish
from .pose import Pose
from .posescript import PoseScript


def apply_controls(
    clip: Clip,
    emotion: Wish | None = None,
    intensity: float = 1.0,
    pose: str | PoseScript | None = None,
    controls: Sequence[Control] = (),
    features: AudioFeatures | None = None,
    pose_by: str = "phrases",
    pose_mode: str = "add",
    pose_fallback: bool = False,
) -> Clip:
    """Emotion, then pose, then `controls` in their order; what was applied stands in the provenance.

    `emotion`: a name, a mixture, keyframes or "auto" (see `Emotion`). `pose`: words, "audio", a PoseScript or
    its file (see `Pose`). `features` saves listening to the clip's sound again.
    """
    wanted: list[Control] = []
    if emotion is not None:
        wanted.append(Emotion(emotion, intensity))
    if pose is not None:
        wanted.append(Pose(pose, pose_mode, by=pose_by, fallback=pose_fallback))
    return compose(clip, [*wanted, *controls], features)
