"""Emotion templates: where each emotion lies in a head's expression space, and how strong a level is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from ..audio.mood import EMOTIONS
from ..clip import Clip
from ..errors import HeadMismatchError, InputError, UnknownNameError
from ..files import PathLike
from ..head import Head

NEUTRAL = "neutral"
FEELINGS = tuple(name for name in EMOTIONS if name != NEUTRAL)  # the seven
LEVELS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # intensities of the levels 1 … 6
MOST = LEVELS[-1]
WEIGHT = 0.75  # of the template against the reference, 3DXTalker's
Mixture = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Template:
    """One emotion at intensity 1."""

    expression: Float32[np.ndarray, "e"]
    jaw: Float32[np.ndarray, "3"]  # axis-angle


@dataclass(frozen=True, eq=False)
class Templates:
    """The emotions of one head."""

    made_for: str | None
    emotions: Mapping[str, Template]
    neutral: Float32[np.ndarray, "e"] | None = None  # of the same corpus; None: the head at rest
    info: Mapping[str, Any] = field(default_factory=dict)  # where they come from

    def __getitem__(self, name: str) -> Template:
        if name not in self.emotions:
            check_emotion(name)
            raise UnknownNameError("emotion of these templates", name, self.emotions)
        return self.emotions[name]

    def offset(self, name: str) -> Template:
        """What the emotion adds to a neutral face."""
        template = self[name]
        if self.neutral is None:
            return template
        return Template(template.expression - self.neutral, template.jaw)

    def mixed(self, mixture: Mixture) -> Template:
        """The weighted sum; neutral adds nothing."""
        parts = [(self[name], w) for name, w in mixture.items() if name != NEUTRAL and w]
        some = next(iter(self.emotions.values()))
        expression, jaw = np.zeros(len(some.expression)), np.zeros(3)
        for template, weight in parts:
            expression += weight * template.expression
            jaw += weight * template.jaw
        return Template(expression.astype(np.float32), jaw.astype(np.float32))

    def fit(self, clip: Clip) -> None:
        """Refuse templates of another head."""
        own = self.made_for
        if None not in (own, clip.made_for) and own != clip.made_for:
            family = {own, clip.made_for}
            if "flame" not in family or not all(str(name).startswith("flame") for name in family):
                raise HeadMismatchError(
                    f"these emotion templates were made for the head '{own}', the clip for "
                    f"'{clip.made_for}': build them from clips of that head with `flametalk templates build`"
                )
        width = len(next(iter(self.emotions.values())).expression)
        if width > clip.expression.shape[1]:
            raise InputError(
                f"the templates have {width} expression coefficients, the clip {clip.expression.shape[1]}"
            )


def check_emotion(name: str) -> None:
    if name not in EMOTIONS:
        raise UnknownNameError("emotion", name, [*EMOTIONS, "auto"])


def check_intensity(value: float) -> float:
    if not 0.0 <= value <= MOST:
        raise InputError(f"intensity is {value:g}, expected 0 to {MOST:g} (levels 1 to 6 are {LEVELS})")
    return float(value)


def intensity_of(level: int) -> float:
    """The intensity of one of the six levels."""
    if level not in range(1, len(LEVELS) + 1):
        raise InputError(f"level is {level}, expected 1 to {len(LEVELS)}")
    return LEVELS[level - 1]


def templates_for(made_for: str | None, file: PathLike | None = None) -> Templates:
    """Those of `file`, or those kept for that head, or the built-in head's own."""
    from .template_files import load_templates, template_file

    if file is not None:
        return load_templates(file)
    if made_for is None or made_for.startswith("builtin"):
        return authored(Head.load(made_for))
    kept = template_file(made_for)
    if not kept.is_file():
        raise InputError(
            f"there are no emotion templates for the head '{made_for}': build them from lifted sessions "
            f"of MEAD with `flametalk templates build DIR --keep`, or name a file of templates"
        )
    return load_templates(kept)


@lru_cache(maxsize=2)
def authored(head: Head) -> Templates:
    """The seven that a head brings along as named actions."""
    found = {}
    for name in FEELINGS:
        action = head.actions.get(f"emotion/{name}")
        if action is None:
            raise InputError(f"the head '{head.name}' has no emotions of its own: name a file of templates")
        found[name] = Template(action.expression.float().cpu().numpy(), action.jaw.float().cpu().numpy())
    return Templates(head.name, found, None, {"source": f"authored for {head.name}"})


def emotional_reference(
    reference: Clip,
    emotion: str | Mixture,
    intensity: float = 1.0,
    weight: float = WEIGHT,
    templates: Templates | None = None,
) -> Clip:
    """`weight · intensity · template + (1 − weight) · reference`, for every expression of `reference`.

    Give it the reference frame before sampling: the generator then adds its motion to a feeling face.
    """
    if not 0.0 <= weight <= 1.0:
        raise InputError(f"weight is {weight:g}, expected 0 to 1")
    check_intensity(intensity)
    templates = templates or templates_for(reference.made_for)
    templates.fit(reference)
    mixture = {emotion: 1.0} if isinstance(emotion, str) else emotion
    for name in mixture:
        check_emotion(name)
    target = padded(templates.mixed(mixture).expression, reference.expression.shape[1])
    blended = weight * intensity * target + (1.0 - weight) * reference.expression
    return reference.replace(expression=blended)


def padded(values: Float[np.ndarray, "n"], width: int) -> Float[np.ndarray, "w"]:
    return np.pad(values, (0, width - len(values)))
