"""Vertices of two motions side by side, a few frames at a time, so that memory does not grow with length."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..clip import Clip
from ..conventions import ROOT
from ..errors import HeadMismatchError, InputError, UnknownNameError
from ..head import Head
from ..rotations import matrix_from_axis_angle

Vertices = Float[np.ndarray, "_ _ 3"] | Float[Tensor, "_ _ 3"]  # metres
Motion = Clip | Vertices
Space = str  # one of SPACES

SPACES = {
    "world": "as posed, with the motion of the head",
    "face": "head, neck and translation at rest",
    "canonical": "also the eyes at rest, and the mean shape",
}
FRAMES = 64  # looked at together


def in_space(clip: Clip, space: Space) -> Clip:
    """The clip without what `space` leaves out."""
    if space not in SPACES:
        raise UnknownNameError("space", space, SPACES)
    if space == "world":
        return clip
    still = np.zeros((clip.n_frames, 3), np.float32)
    clip = clip.replace(head=still, neck=None, translation=None)
    return clip if space == "face" else clip.replace(shape=np.zeros_like(clip.shape), eyes=None)


def head_of(prediction: Motion, truth: Motion | None = None, head: Head | None = None) -> Head | None:
    """The head that both were made for; None for plain vertices."""
    clips = [one for one in (truth, prediction) if isinstance(one, Clip)]
    if head is None and clips:
        named = [clip.made_for for clip in clips if clip.made_for not in (None, "flame")]
        family = [clip.made_for for clip in clips if clip.made_for]
        if len(set(named)) > 1:
            raise HeadMismatchError(
                f"the prediction was made for the head '{clips[-1].made_for}', the truth for "
                f"'{clips[0].made_for}': their vertices cannot be compared"
            )
        head = Head.load(next(iter(named + family), None))
    for clip in clips:
        assert head is not None
        clip.check_made_for(head.name)
    return head


def check_pair(prediction: Motion, truth: Motion) -> None:
    """Same length and rate; nothing is cut in silence."""
    sizes = [one.n_frames if isinstance(one, Clip) else len(one) for one in (prediction, truth)]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"the prediction has {sizes[0]} frames, the truth {sizes[1]}: cut both to what you want compared"
        )
    if isinstance(prediction, Clip) and isinstance(truth, Clip) and prediction.fps != truth.fps:
        raise InputError(
            f"the prediction runs at {prediction.fps:g} frames a second, the truth at {truth.fps:g}: "
            "bring one to the other's rate with clip.resample"
        )


def vertex_chunks(
    motion: Motion, head: Head | None, space: Space = "world"
) -> Iterator[Float[Tensor, "b v 3"]]:
    """Vertices of a clip in `space`, or of an array as they are."""
    if isinstance(motion, Clip):
        yield from in_space(motion, space).vertex_chunks(head, FRAMES)
        return
    array = torch.as_tensor(motion)
    if array.ndim != 3 or array.shape[2] != 3 or not len(array):
        raise InputError(f"vertices have shape {tuple(array.shape)}, expected (frames, vertices, 3)")
    for start in range(0, len(array), FRAMES):
        part = array[start : start + FRAMES]
        if not bool(torch.isfinite(part).all()):
            raise InputError("vertices have NaN or infinite values")
        yield part


def vertex_pairs(
    prediction: Motion, truth: Motion, head: Head | None, space: Space
) -> Iterator[tuple[Float[Tensor, "b v 3"], Float[Tensor, "b v 3"]]]:
    """The same frames of both."""
    check_pair(prediction, truth)
    pairs = zip(vertex_chunks(prediction, head, space), vertex_chunks(truth, head, space), strict=True)
    for ours, theirs in pairs:
        if ours.shape != theirs.shape:
            raise InputError(
                f"the prediction has {ours.shape[1]} vertices, the truth {theirs.shape[1]}: different meshes"
            )
        yield ours, theirs


def to_world(clip: Clip, head: Head, face: Float[Tensor, "b v 3"], start: int) -> Float[Tensor, "b v 3"]:
    """Vertices in world space of those in face space, whose first is frame `start`.

    They are turned about the root joint as a whole, which spares a second pass through the head. Only a clip
    that moves its neck bends, and needs one.
    """
    stop = start + len(face)
    if clip.neck is not None:
        return clip.vertices(head, start, stop)
    shape = torch.from_numpy(np.array(clip.shapes()[start:stop])).to(face)
    expression = torch.from_numpy(np.array(clip.expression[start:stop])).to(face)
    root = head.joints(shape, expression)[:, ROOT, None]
    turn = matrix_from_axis_angle(torch.from_numpy(np.array(clip.head[start:stop])).to(face))
    world = (face - root) @ turn.transpose(1, 2) + root
    if clip.translation is None:
        return world
    return world + torch.from_numpy(np.array(clip.translation[start:stop])).to(face)[:, None]


def described(motion: Motion, space: Space) -> str:
    """Which space a score was taken in; arrays are as they were given."""
    return f"{space} space" if isinstance(motion, Clip) else "vertices as given"
