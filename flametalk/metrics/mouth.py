"""How far the mouth is open, per frame, as a metric of any clip."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32

from ..clip import Clip
from ..errors import InputError
from ..head import Head
from ..head.lips import face_height, lip_gap, lip_height

CLOSED = 1.5e-3  # metres between the lips below which they count as closed


def mouth_aperture(clip: Clip, head: Head | None = None) -> Float32[np.ndarray, "t"]:
    """Gap of the inner lips at their middle over the height of the face at rest (nose root to chin).

    The gap is the one that a camera in front of the face sees, as trackers of real mouths measure it.
    """
    head = head or Head.load(clip.made_for)
    gaps = [lip_height(head, vertices) for vertices in _upright(clip).vertex_chunks(head)]
    seen = torch.cat(gaps).clamp_min(0.0).cpu().numpy()
    return (seen / _height(clip, head)).astype(np.float32)


def lip_gaps(clip: Clip, head: Head | None = None) -> Float32[np.ndarray, "t"]:
    """Metres between the inner lips at their middle, in height and depth; overlapping lips are not apart."""
    head = head or Head.load(clip.made_for)
    gaps = [lip_gap(head, vertices) for vertices in _upright(clip).vertex_chunks(head)]
    return torch.cat(gaps).cpu().numpy().astype(np.float32)


def _upright(clip: Clip) -> Clip:
    """Without the motion of the head and eyes."""
    return clip.replace(head=np.zeros((clip.n_frames, 3)), neck=None, eyes=None, translation=None)


def closure_rate(
    clip: Clip,
    spans: Sequence[tuple[float, float]],
    head: Head | None = None,
    closed: float = CLOSED,
) -> float:
    """Part of the spans (start, end in seconds; those of p, b and m) with a frame whose lips are closed.

    A frame counts to a span when the time it is shown, k / fps … (k + 1) / fps, overlaps it.
    """
    if not spans:
        raise InputError("no spans were given: closures are looked for within (start, end) in seconds")
    shut = lip_gaps(clip, head) < closed
    starts = clip.times
    met = [bool(shut[(starts < end) & (starts + 1.0 / clip.fps > start)].any()) for start, end in spans]
    return float(np.mean(met))


def _height(clip: Clip, head: Head) -> np.ndarray:
    shapes = clip.shape[None] if clip.shape.ndim == 1 else clip.shape
    changing = shapes if (shapes != shapes[:1]).any() else shapes[:1]
    rest = Clip.neutral(len(changing), shape=changing, made_for=clip.made_for)
    heights = [face_height(head, vertices) for vertices in rest.vertex_chunks(head)]
    return torch.cat(heights).cpu().numpy()
