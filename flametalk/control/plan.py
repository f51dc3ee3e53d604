"""What is asked of `animate`, by when it is done: felt by the rules, before sampling, or afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..clip import Clip
from ..errors import InputError
from .compose import Control, control_to_json
from .emotion import check_emotion, check_intensity
from .emotion_overlay import Emotion, Wish
from .pose import Pose
from .reference import Reference


@dataclass(frozen=True)
class Plan:
    """`felt` is what the performer feels by itself, `laid` what is applied to the finished clip."""

    felt: str | None
    intensity: float
    conditions: tuple[Reference, ...]
    laid: tuple[Control, ...]

    def condition(self, reference: Clip) -> Clip:
        """The reference frame of a learned generator."""
        for one in self.conditions:
            reference = one.condition(reference)
        return reference

    def told(self) -> list[dict]:
        """The conditions, for the clip's provenance; what is laid over tells itself."""
        return [control_to_json(one) for one in self.conditions]


def plan(
    learned: bool,
    emotion: Wish | None = None,
    intensity: float = 1.0,
    pose: Pose | None = None,
    controls: Sequence[Control] = (),
) -> Plan:
    """One emotion conditions a learned generator, or is felt by the rules; a track, which changes over time,
    and what the voice tells are laid over the finished clip, before pose and `controls`."""
    check_intensity(intensity)
    conditions = [one for one in controls if isinstance(one, Reference)]
    if conditions and not learned:
        raise InputError(
            "the performer has no reference frame to condition: use the control 'emotion', or a learned "
            "generator"
        )
    laid = [one for one in controls if not isinstance(one, Reference)]
    if pose is not None:
        laid.insert(0, pose)
    felt = None
    if isinstance(emotion, str) and emotion != "auto" and not learned:
        check_emotion(emotion)
        felt = emotion
    elif emotion is not None:
        lasting = isinstance(emotion, str | Mapping) and emotion != "auto"
        if learned and lasting:
            conditions.insert(0, Reference(emotion, intensity))  # type: ignore[arg-type]
        else:
            laid.insert(0, Emotion(emotion, intensity))
    return Plan(felt, float(intensity), tuple(conditions), tuple(laid))
