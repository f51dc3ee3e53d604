"""An emotion asked of a learned generator: its reference frame feels before it samples."""

from dataclasses import dataclass

from ..audio.features import AudioFeatures
from ..clip import Clip
from ..errors import InputError
from .emotion import WEIGHT, Mixture, check_intensity, emotional_reference, templates_for
from .emotion_overlay import read_keys


@dataclass(frozen=True)
class Reference:
    """`weight · intensity · template + (1 − weight) · reference`, 3DXTalker's section 3.3.

    A condition of the sampler, for `animate(controls=[…])` with a learned generator; `Emotion` is what
    finished clips take. `emotion` is a name or a mixture {name: part}.
    """

    emotion: str | Mixture
    intensity: float = 1.0
    weight: float = WEIGHT
    templates: str | None = None

    def __post_init__(self) -> None:
        check_intensity(self.intensity)
        if not 0.0 <= self.weight <= 1.0:
            raise InputError(f"weight is {self.weight:g}, expected 0 to 1")
        if self.emotion == "auto":
            raise InputError("one reference frame cannot follow a voice: say emotion='auto' instead")
        read_keys(self.emotion)

    def condition(self, reference: Clip) -> Clip:
        """The reference frame that feels."""
        templates = templates_for(reference.made_for, self.templates)
        return emotional_reference(reference, self.emotion, self.intensity, self.weight, templates)

    def __call__(self, clip: Clip, features: AudioFeatures | None = None) -> Clip:
        raise InputError(
            "'reference' conditions a learned generator before it samples, this clip is finished: "
            "use the control 'emotion'"
        )
