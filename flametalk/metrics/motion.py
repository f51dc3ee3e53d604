"""Motion without a partner: jerk, variance of the head's pose, diversity across samples."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ..clip import Clip
from ..conventions import MILLIMETRES
from ..errors import InputError, UnknownNameError
from ..head import Head
from .distance import MM, MaskLike
from .masks import Mask, mask_of
from .score import Score
from .vertices import Motion, Space, check_pair, described, head_of, vertex_chunks, vertex_pairs

POSE_VARIANTS = {
    "rotation": "variance over time of the head's axis-angle, summed over the axes",
    "face_centre": "variance over time of the centre of the face, summed over the axes (XTalker, in space)",
}


def jerk(
    motion: Motion,
    head: Head | None = None,
    fps: float | None = None,
    mask: MaskLike = "face",
    space: Space = "face",
) -> Score:
    """Mean length of the third derivative of the vertices' paths, m/s³: trembling has much of it."""
    head = head_of(motion, head=head)
    chosen = mask_of(mask, head)
    rate = motion.fps if isinstance(motion, Clip) else fps
    if rate is None:
        raise InputError("jerk counts in seconds: give fps with plain vertices")
    total = JerkSum(chosen)
    for part in vertex_chunks(motion, head, space):
        total.add(part)
    return Score(total.result(rate), "jerk", "m/s³", f"{chosen}; {described(motion, space)}")


class JerkSum:
    """Gathers third differences over chunks of frames."""

    def __init__(self, mask: Mask) -> None:
        self._pick = None if mask.indices is None else torch.from_numpy(mask.indices)
        self._held: Tensor | None = None
        self._total, self._count = 0.0, 0

    def add(self, vertices: Float[Tensor, "b v 3"]) -> None:
        """The next frames."""
        picked = (vertices if self._pick is None else vertices[:, self._pick]).double()
        joined = picked if self._held is None else torch.cat([self._held, picked])
        third = joined.diff(n=3, dim=0)
        self._total += float(third.norm(dim=-1).sum())
        self._count += third.shape[0] * third.shape[1]
        self._held = joined[-3:]

    def result(self, fps: float) -> float:
        """Mean length, m/s³."""
        if not self._count:
            raise InputError("jerk needs 4 frames at least")
        return self._total / self._count * fps**3


def pose_variance(clip: Clip, head: Head | None = None, variant: str = "rotation") -> Score:
    """How much the head moves about; more is livelier, the truth's own value is the goal."""
    if variant not in POSE_VARIANTS:
        raise UnknownNameError("variant of pose variance", variant, POSE_VARIANTS)
    if variant == "rotation":
        degrees = np.degrees(np.unwrap(clip.head.astype(np.float64), axis=0))
        return Score(float(degrees.var(0).sum()), "pose variance", "°²", variant)
    head = head_of(clip, head=head)
    path = centre_path(clip, head) * MILLIMETRES
    return Score(float(path.var(0).sum()), "pose variance", "mm²", variant)


def centre_path(clip: Clip, head: Head | None) -> Float64[np.ndarray, "t 3"]:
    """Middle of the face in space, metres."""
    chosen = torch.from_numpy(_face(head).indices)
    parts = [v[:, chosen].double().mean(1) for v in vertex_chunks(clip, head)]
    return torch.cat(parts).cpu().numpy()


def _face(head: Head | None) -> Mask:
    mask = mask_of("face", head)
    assert mask.indices is not None
    return mask


def diversity(
    samples: Sequence[Motion], head: Head | None = None, mask: MaskLike = "all", space: Space = "world"
) -> Score:
    """Mean distance between the vertices of every two samples of one input, over frames: 0 when all agree."""
    if len(samples) < 2:
        raise InputError(f"diversity compares samples of the same input: got {len(samples)}, 2 are needed")
    head = head_of(samples[0], samples[1], head)
    chosen = mask_of(mask, head)
    pick = None if chosen.indices is None else torch.from_numpy(chosen.indices)
    apart = []
    for first, second in combinations(samples, 2):
        check_pair(first, second)
        total, count = 0.0, 0
        for ours, theirs in vertex_pairs(first, second, head, space):
            lengths = (ours - theirs).square().sum(-1).sqrt()
            lengths = lengths if pick is None else lengths[:, pick]
            total += float(lengths.sum(dtype=torch.float64))
            count += lengths.numel()
        apart.append(total / count)
    how = f"{len(samples)} samples; {chosen}; {described(samples[0], space)}"
    return Score(float(np.mean(apart)) * MM, "diversity", "mm", how)
