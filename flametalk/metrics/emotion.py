"""Emotion of a clip: likeness to a template of expression, and what a recogniser sees."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, UInt8

from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..head import Head
from .score import Score
from .vertices import head_of

Pictures = UInt8[np.ndarray, "n h w 3"]  # sRGB
Recogniser = Callable[[Pictures], Float[np.ndarray, "n classes"]]  # a row of scores each
PREFIX = "emotion/"
TEMPLATE_VARIANTS = {
    "mean": "cosine of the clip's mean expression with the template",
    "frames": "mean over frames of the cosine of each frame with the template",
}


def template_cosine(
    clip: Clip,
    template: str | Float[np.ndarray, "e"],
    head: Head | None = None,
    neutral: Clip | None = None,
    variant: str = "mean",
) -> Score:
    """Cosine in expression space with an emotion of the head, or with expression coefficients.

    `neutral` is the same speech without emotion: its mean expression is taken off first, so that speech does
    not count.
    """
    if variant not in TEMPLATE_VARIANTS:
        raise UnknownNameError("variant of template cosine", variant, TEMPLATE_VARIANTS)
    wanted, name = _template(clip, template, head)
    expression = clip.expression.astype(np.float64)
    if neutral is not None:
        expression = expression - _fitted(neutral.expression.mean(0, dtype=np.float64), expression.shape[1])
    wanted = _fitted(wanted, expression.shape[1])
    rows = expression.mean(0, keepdims=True) if variant == "mean" else expression
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(wanted)
    cosines = np.where(lengths > 1e-12, rows @ wanted / np.maximum(lengths, 1e-12), 0.0)
    over = "neutral speech taken off" if neutral is not None else "speech included"
    return Score(float(cosines.mean()), "template cosine", "", f"{name}; {variant}; {over}")


def _template(clip: Clip, template: str | np.ndarray, head: Head | None) -> tuple[np.ndarray, str]:
    if not isinstance(template, str):
        return np.asarray(template, np.float64).ravel(), "your template"
    head = head_of(clip, head=head)
    assert head is not None
    names = [name.removeprefix(PREFIX) for name in head.actions if name.startswith(PREFIX)]
    if not names:
        raise InputError(
            f"the head '{head.name}' names no emotions: give expression coefficients as the template"
        )
    if template not in names:
        raise UnknownNameError(f"emotion of {head.name}", template, names)
    return head.actions[PREFIX + template].expression.double().cpu().numpy(), template


def _fitted(values: np.ndarray, width: int) -> np.ndarray:
    """As wide as the expressions it is compared with; what is cut off must be zero."""
    if np.any(values[width:]):
        raise InputError(
            f"the template has {len(values)} coefficients that are not zero, the clip has {width}"
        )
    return np.pad(values[:width], (0, max(0, width - len(values))))


def emotion_accuracy(
    pictures: Pictures,
    wanted: int | Sequence[int],
    recogniser: Recogniser,
    variant: str = "frames",
) -> Score:
    """EmoACC: part of the pictures in which your recogniser sees the wanted class, or whether most do.

    `wanted` is a class number for all pictures, or one for each.
    """
    seen = recognised(pictures, recogniser)
    labels = np.broadcast_to(np.asarray(wanted), (len(pictures),))
    if labels.min() < 0 or labels.max() >= seen.shape[1]:
        raise InputError(f"wanted class {wanted}, the recogniser knows 0 to {seen.shape[1] - 1}")
    right = seen.argmax(1) == labels
    value = float(right.mean()) if variant == "frames" else float(right.mean() > 0.5)
    return Score(value, "EmoACC", "", f"{variant}; {len(pictures)} pictures, {seen.shape[1]} classes")


def emotion_distance(prediction: Pictures, truth: Pictures, recogniser: Recogniser) -> Score:
    """DEmo: mean over pictures of the L1 distance between the emotion vectors of prediction and truth."""
    if len(prediction) != len(truth):
        raise InputError(f"{len(prediction)} predicted pictures, {len(truth)} of the truth: give pairs")
    apart = np.abs(recognised(prediction, recogniser) - recognised(truth, recogniser)).sum(1)
    return Score(float(apart.mean()), "DEmo", "", f"L1 over the recogniser's outputs; {len(truth)} pictures")


def recognised(pictures: Pictures, recogniser: Recogniser) -> Float[np.ndarray, "n classes"]:
    """What the recogniser says, checked."""
    if not len(pictures):
        raise InputError("there are no pictures to recognise anything in")
    seen = np.asarray(recogniser(pictures), np.float64)
    if seen.ndim != 2 or len(seen) != len(pictures) or not np.isfinite(seen).all():
        raise InputError(
            f"the recogniser gave {seen.shape} for {len(pictures)} pictures, expected finite rows of numbers"
        )
    return seen
