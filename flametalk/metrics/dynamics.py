"""Upper-face dynamics deviation (FDD, UFDD): how much the upper face moves, prediction against truth."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ..clip import Clip
from ..errors import InputError, UnknownNameError
from ..head import Head
from ..motion.statistics import Moments
from .distance import MM2, MaskLike
from .masks import Mask, mask_of
from .score import Score
from .vertices import Motion, Space, check_pair, described, head_of, in_space, vertex_chunks

VARIANTS = {
    "signed": "truth minus prediction of the std over time of squared displacement (CodeTalker's FDD)",
    "absolute": "the same without its sign, clip by clip (FaceDiffuser)",
    "artalk": "unbiased std over time of x + y + z, absolute difference, times 100",
    "over_vertices": "std over vertices instead of over time: 3DXTalker's code, a slip; to reproduce it only",
}
UNITS = {"signed": "mm²", "absolute": "mm²", "artalk": "cm", "over_vertices": "mm²"}
SCALES = {"signed": MM2, "absolute": MM2, "artalk": 100.0, "over_vertices": MM2}


def fdd(
    prediction: Motion,
    truth: Motion,
    head: Head | None = None,
    variant: Literal["signed", "absolute", "artalk", "over_vertices"] = "signed",
    mask: MaskLike = "upper_face",
    space: Space | None = None,
    template: Float[np.ndarray, "v 3"] | None = None,
) -> Score:
    """How much livelier (signed: positive) the truth's upper face is than the prediction's.

    Displacements are from `template`, by default the truth's own face at rest. `space` is "face" unless
    given, "canonical" for "artalk".
    """
    if variant not in VARIANTS:
        raise UnknownNameError("variant of FDD", variant, VARIANTS)
    check_pair(prediction, truth)
    head = head_of(prediction, truth, head)
    space = space or ("canonical" if variant == "artalk" else "face")
    chosen = mask_of(mask, head)
    rest = _template(truth, head, space, template)
    ours, theirs = (liveliness(motion, head, variant, chosen, space, rest) for motion in (prediction, truth))
    apart = (theirs - ours) * SCALES[variant]
    value = apart if variant == "signed" else abs(apart)
    name = "FDD" if variant in ("signed", "absolute") else "UFDD"
    return Score(value, name, UNITS[variant], f"{variant}; {chosen}; {described(truth, space)}")


def liveliness(
    motion: Motion,
    head: Head | None,
    variant: str,
    mask: Mask,
    space: Space,
    template: Float[Tensor, "v 3"],
) -> float:
    """The number whose difference FDD is: of one motion."""
    if variant == "over_vertices":
        spread = [rows.std(1) for rows in _displacements(motion, head, mask, space, template)]
        return float(np.concatenate(spread).mean())
    moments = None
    rows = _sums(motion, head, mask, space) if variant == "artalk" else None
    for part in rows or _displacements(motion, head, mask, space, template):
        moments = Moments.of(part) if moments is None else moments + Moments.of(part)
    assert moments is not None
    freedom = moments.count - 1 if variant == "artalk" else moments.count
    return float(np.sqrt(moments.squares / max(freedom, 1)).mean())


def _displacements(
    motion: Motion, head: Head | None, mask: Mask, space: Space, template: Tensor
) -> Iterator[Float64[np.ndarray, "b n"]]:
    """Squared distance from the template."""
    for vertices in vertex_chunks(motion, head, space):
        squared = (vertices - template.to(vertices)).square().sum(-1).double().cpu().numpy()
        yield squared if mask.indices is None else squared[:, mask.indices]


def _sums(
    motion: Motion, head: Head | None, mask: Mask, space: Space
) -> Iterator[Float64[np.ndarray, "b n"]]:
    for vertices in vertex_chunks(motion, head, space):
        sums = vertices.double().sum(-1).cpu().numpy()
        yield sums if mask.indices is None else sums[:, mask.indices]


def _template(truth: Motion, head: Head | None, space: Space, given: np.ndarray | None) -> Tensor:
    if given is not None:
        return torch.as_tensor(given)
    return rest_of(truth, head, space)


def rest_of(truth: Motion, head: Head | None, space: Space) -> Float[Tensor, "v 3"]:
    """The face of a clip at rest, with the shape of its first frame."""
    if not isinstance(truth, Clip):
        raise InputError("FDD measures displacement from a face at rest: give it as template (vertices, 3)")
    shape = truth.shape if truth.shape.ndim == 1 else truth.shape[0]
    still = Clip.neutral(1, shape=shape, made_for=truth.made_for)
    return in_space(still, space).vertices(head)[0]
