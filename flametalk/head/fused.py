"""Expressions, pose correctives and skinning in one pass over memory, for plain values on the CPU.

Most vertices answer to few coefficients: the bases are kept as lists of what is not zero, frames are taken
sixteen at a time so that every step is a vector instruction, and each vertex is written once. The tests hold
it against the differentiable path of `model.py` and against `reference.py`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

LANES = 16  # frames of a block


@dataclass(frozen=True, eq=False)
class SparseMotion:
    """What of a basis is not zero, vertex after vertex; likewise the skinning weights."""

    first: np.ndarray  # (v + 1,) where each vertex's entries begin
    column: np.ndarray  # (n,) the coefficient of each entry
    value: np.ndarray  # (n, 3) what it adds
    joint_first: np.ndarray  # (v + 1,)
    joint: np.ndarray  # (m,)
    weight: np.ndarray  # (m,)


def sparse_motion(basis: Float[Tensor, "v 3 k"], skinning: Float[Tensor, "v 5"]) -> SparseMotion:
    """The lists of a motion basis and of skinning weights."""
    rows, columns = basis.ne(0).any(1).nonzero(as_tuple=True)
    vertices, joints = skinning.ne(0).nonzero(as_tuple=True)
    return SparseMotion(
        first=_starts(rows, len(basis)),
        column=columns.int().numpy(),
        value=basis[rows, :, columns].contiguous().numpy(),
        joint_first=_starts(vertices, len(basis)),
        joint=joints.int().numpy(),
        weight=skinning[vertices, joints].contiguous().numpy(),
    )


def _starts(rows: Tensor, count: int) -> np.ndarray:
    return np.r_[0, np.cumsum(np.bincount(rows.numpy(), minlength=count))].astype(np.int64)


def blend_and_skin(
    shaped: Float[Tensor, "#b v 3"],
    sparse: SparseMotion,
    motion: Float[Tensor, "b k"],
    transforms: Float[Tensor, "b 5 3 4"],
) -> Float[Tensor, "b v 3"]:
    """Vertices of every frame, on as many threads as torch uses."""
    frames = len(motion)
    out = torch.empty((frames, *shaped.shape[1:]), dtype=shaped.dtype)
    threads = max(1, min(torch.get_num_threads(), frames // LANES))
    blocks = -(-frames // LANES)
    padding = blocks * LANES - frames
    coefficients = _in_blocks(motion, padding)
    matrices = _in_blocks(transforms.flatten(1), padding)
    given, target, kernel = shaped.numpy(), out.numpy(), _kernel()

    def part(number: int) -> None:
        low, high = blocks * number // threads, blocks * (number + 1) // threads
        kernel(
            given, sparse.first, sparse.column, sparse.value, sparse.joint_first, sparse.joint, sparse.weight,
            coefficients, matrices, low, high, target,
        )  # fmt: skip

    if threads == 1:
        part(0)
        return out
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))
    return out


def _in_blocks(values: Tensor, padding: int) -> np.ndarray:
    """(blocks, numbers, LANES): the frames of a block side by side."""
    padded = torch.nn.functional.pad(values, (0, 0, 0, padding))
    return padded.unflatten(0, (-1, LANES)).mT.contiguous().numpy()


@cache
def _kernel() -> Callable[..., None]:
    """`_fuse`, compiled on first use and kept on disk."""
    from ..jit import compiled_fast  # numba loads only where it is used

    return compiled_fast(_fuse)


@no_type_check
def _fuse(shaped, first, column, value, joint_first, joint, weight, motion, matrices, low, high, out):
    """Blocks `low` … `high` of frames. `shaped` has one row for all frames, or one for each."""
    frames, own = out.shape[0], shaped.shape[0] > 1
    moved = np.empty((6, LANES), out.dtype)
    for block in range(low, high):
        start = block * LANES
        count = min(LANES, frames - start)
        for v in range(out.shape[1]):
            x, y, z, p, q, r = moved[0], moved[1], moved[2], moved[3], moved[4], moved[5]
            for i in range(LANES):
                b = min(start + i, frames - 1) if own else 0
                x[i], y[i], z[i] = shaped[b, v, 0], shaped[b, v, 1], shaped[b, v, 2]
                p[i] = q[i] = r[i] = 0
            for k in range(first[v], first[v + 1]):
                strength = motion[block, column[k]]
                dx, dy, dz = value[k, 0], value[k, 1], value[k, 2]
                for i in range(LANES):
                    x[i] += dx * strength[i]
                    y[i] += dy * strength[i]
                    z[i] += dz * strength[i]
            for k in range(joint_first[v], joint_first[v + 1]):
                w, m = weight[k], matrices[block, 12 * joint[k] : 12 * joint[k] + 12]
                for i in range(LANES):
                    p[i] += w * (m[0, i] * x[i] + m[1, i] * y[i] + m[2, i] * z[i] + m[3, i])
                    q[i] += w * (m[4, i] * x[i] + m[5, i] * y[i] + m[6, i] * z[i] + m[7, i])
                    r[i] += w * (m[8, i] * x[i] + m[9, i] * y[i] + m[10, i] * z[i] + m[11, i])
            for i in range(count):
                out[start + i, v, 0], out[start + i, v, 1], out[start + i, v, 2] = p[i], q[i], r[i]
