"""Upper-face dynamics deviation (FDD, UFDD): how much the upper face moves, prediction against truth."""

import numpy as np
import torch
from jaxtyping import Float
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
    variant: str = "signed",
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
    ours, theirs = (_liveliness(motion, head, variant, chosen, space, rest) for motion in (prediction, truth))
    apart = (theirs - ours) * SCALES[variant]
    value = apart if variant == "signed" else abs(apart)
    name = "FDD" if variant in ("signed", "absolute") else "UFDD"
    return Score(value, name, UNITS[variant], f"{variant}; {chosen}; {described(truth, space)}")


class Liveliness:
    """Gathers, over chunks of frames, the number whose difference FDD is: of one motion."""

    def __init__(self, variant: str, mask: Mask, template: Float[Tensor, "v 3"]) -> None:
        self._variant = variant
        self._pick = None if mask.indices is None else torch.from_numpy(mask.indices)
        self._template = template if self._pick is None else template[self._pick]
        self._moments: Moments | None = None
        self._spread: list[np.ndarray] = []

    def add(self, vertices: Float[Tensor, "b v 3"]) -> None:
        """The next frames."""
        picked = vertices if self._pick is None else vertices[:, self._pick]
        if self._variant == "artalk":
            rows = picked.double().sum(-1)
        else:
            rows = (picked - self._template.to(picked)).square().sum(-1).double()
        values = rows.cpu().numpy()
        if self._variant == "over_vertices":
            self._spread.append(values.std(1))
        else:
            moments = Moments.of(values)
            self._moments = moments if self._moments is None else self._moments + moments

    def result(self) -> float:
        if self._variant == "over_vertices":
            return float(np.concatenate(self._spread).mean())
        assert self._moments is not None
        count = self._moments.count - (self._variant == "artalk")
        return float(np.sqrt(self._moments.squares / max(count, 1)).mean())


def _liveliness(
    motion: Motion, head: Head | None, variant: str, mask: Mask, space: Space, template: Tensor
) -> float:
    gathered = Liveliness(variant, mask, template)
    for vertices in vertex_chunks(motion, head, space):
        gathered.add(vertices)
    return gathered.result()


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
