"""Skinning: world transforms of the joints, and vertices as their weighted mixture.

`skin` is differentiable and runs on every device. `skin_in_place` does the same in one pass over memory
for plain values on the CPU, several times faster; the tests compare the two and `reference.py`.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import no_type_check

import torch
from jaxtyping import Float
from torch import Tensor

from ..conventions import JOINT_PARENTS


def skinning_transforms(
    rotations: Float[Tensor, "#b 5 3 3"], joints: Float[Tensor, "#b 5 3"]
) -> Float[Tensor, "b 5 3 4"]:
    """Per joint the world rotation, and the translation that keeps its rest position in place."""
    (batch,) = torch.broadcast_shapes(rotations.shape[:1], joints.shape[:1])
    rotations, joints = rotations.expand(batch, -1, -1, -1), joints.expand(batch, -1, -1)
    turns: list[Tensor] = []
    places: list[Tensor] = []
    for joint, parent in enumerate(JOINT_PARENTS):
        if parent < 0:
            turns.append(rotations[:, joint])
            places.append(joints[:, joint])
            continue
        offset = joints[:, joint] - joints[:, parent]
        turns.append(turns[parent] @ rotations[:, joint])
        places.append((turns[parent] @ offset[..., None])[..., 0] + places[parent])
    turn, place = torch.stack(turns, 1), torch.stack(places, 1)
    shift = place - (turn @ joints[..., None])[..., 0]
    return torch.cat([turn, shift[..., None]], dim=-1)


def skin(
    vertices: Float[Tensor, "b v 3"], weights: Float[Tensor, "v 5"], transforms: Float[Tensor, "b 5 3 4"]
) -> Float[Tensor, "b v 3"]:
    """Every vertex moved by the mixture of its joints' transforms."""
    rows = transforms.flatten(2).mT.flatten(0, 1) @ weights.T  # b·12 v: every step below sweeps long rows
    x, y, z = vertices.unbind(-1)
    mixed = rows.unflatten(0, (len(vertices), 3, 4)).unbind(1)
    return torch.stack([row[:, 3] + row[:, 0] * x + row[:, 1] * y + row[:, 2] * z for row in mixed], -1)


def skin_in_place(
    vertices: Float[Tensor, "b v 3"], weights: Float[Tensor, "v 5"], transforms: Float[Tensor, "b 5 3 4"]
) -> None:
    """`skin` for values that need no gradient, written over `vertices`, on as many threads as torch uses."""
    kernel = _kernel()
    frames, mixture, matrices = vertices.numpy(), weights.numpy(), transforms.flatten(2).contiguous().numpy()
    threads = min(torch.get_num_threads(), len(frames))
    if threads <= 1:
        kernel(frames, mixture, matrices)
        return
    cuts = [len(frames) * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        parts = itertools.pairwise(cuts)
        list(pool.map(lambda part: kernel(frames[slice(*part)], mixture, matrices[slice(*part)]), parts))


@cache
def _kernel() -> Callable[..., None]:
    """`_mix`, compiled on first use and kept on disk."""
    from ..jit import compiled_fast  # numba loads only where it is used

    return compiled_fast(_mix)


@no_type_check
def _mix(vertices, weights, transforms):
    """Every vertex over itself; joints without weight cost nothing."""
    for b in range(vertices.shape[0]):
        t = transforms[b]
        for v in range(vertices.shape[1]):
            x, y, z = vertices[b, v, 0], vertices[b, v, 1], vertices[b, v, 2]
            p = q = r = vertices.dtype.type(0)
            for j in range(weights.shape[1]):
                w = weights[v, j]
                if w != 0:
                    p += w * (t[j, 0] * x + t[j, 1] * y + t[j, 2] * z + t[j, 3])
                    q += w * (t[j, 4] * x + t[j, 5] * y + t[j, 6] * z + t[j, 7])
                    r += w * (t[j, 8] * x + t[j, 9] * y + t[j, 10] * z + t[j, 11])
            vertices[b, v, 0], vertices[b, v, 1], vertices[b, v, 2] = p, q, r
