"""What is asked of `animate`, by when it is done: before a learned generator samples, or afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..clip import Clip
from ..errors import InputError
from .compose import Control, control_to_json
from .emotion import WEIGHT, check_intensity
from .emotion_overlay import Emotion, Wish
from .pose import Pose
from .reference import Reference


@dataclass(frozen=True)
class Plan:
    """`conditions` are for the reference frame, `laid` is applied to the finished clip."""

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
    """Emotion, then pose, then `controls`, laid over the clip in this order.

    A learned generator has a single emotion or a mixture in its reference frame, and what the weight of the
    reference leaves out is laid over. What changes over time is laid over alone.
    """
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
    if emotion is not None:
        share = 1.0
        if learned and isinstance(emotion, str | Mapping) and emotion != "auto":
            conditions.insert(0, Reference(emotion, intensity))
            share = 1.0 - WEIGHT
        laid.insert(0, Emotion(emotion, share * intensity))
    return Plan(tuple(conditions), tuple(laid))
