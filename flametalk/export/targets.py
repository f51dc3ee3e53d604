"""Morph targets: displacements of the rest mesh, and how strongly each acts in every frame.

A head's motion is not only its expressions. The correctives of its joints are linear too, in the entries of
R − I, so each entry that matters becomes a target of its own: that is what makes an exported head the same
head. Targets that would do the same are merged, those that never act are dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from ..clip import Clip
from ..conventions import JOINT_NAMES, ROOT
from ..head import Head

NOTHING: Final = 1e-8  # metres that no one sees, and float32 does not keep
SAME: Final = 1e-6  # relative: two columns are one and the same


@dataclass(frozen=True, eq=False)
class Targets:
    """k targets over v vertices and t frames."""

    names: tuple[str, ...]
    offsets: Float64[np.ndarray, "k v 3"]  # metres at weight 1
    weights: Float64[np.ndarray, "t k"]


def joined(parts: Sequence[Targets]) -> Targets:
    """One after the other."""
    return Targets(
        tuple(name for part in parts for name in part.names),
        np.concatenate([part.offsets for part in parts]),
        np.concatenate([part.weights for part in parts], axis=1),
    )


def expression_targets(clip: Clip, head: Head) -> Targets:
    """All of the head's expressions that the clip has room for, used or not: an animator wants them too."""
    n = min(clip.expression.shape[1], head.n_expression)
    basis = head.expression_basis[..., :n].double().numpy()
    names = head.expression_names or tuple(f"expression_{k:02d}" for k in range(n))
    return Targets(names[:n], basis.transpose(2, 0, 1), clip.expression[:, :n].astype(np.float64))


def corrective_targets(head: Head, rotations: Float64[np.ndarray, "t j 3 3"]) -> Targets:
    """The pose correctives that act in these frames."""
    basis = head.pose_basis.double().numpy().transpose(2, 0, 1)  # 36 v 3
    turned = rotations[:, ROOT + 1 :] - np.eye(3)
    weights = turned.reshape(len(turned), -1)
    names = [f"{joint}_r{r + 1}{c + 1}" for joint in JOINT_NAMES[1:] for r in range(3) for c in range(3)]
    felt = np.abs(basis).max((1, 2)) * np.abs(weights).max(0)
    acting = np.flatnonzero(felt > NOTHING)
    everything = Targets(tuple(names[k] for k in acting), basis[acting], weights[:, acting])
    return _merged(everything)


def pose_targets(head: Head, joints: Sequence[int]) -> Targets:
    """Correctives of these joints for any pose. The 36 "frames" of the weights are the entries of R − I of
    joints 1 to 4, so that `entries @ weights` gives the targets' weights."""
    basis = head.pose_basis.double().numpy().transpose(2, 0, 1)
    felt = np.abs(basis).max((1, 2), initial=0) > NOTHING
    wanted = [k for k in range(len(basis)) if felt[k] and ROOT + 1 + k // 9 in joints]
    return _merged(Targets(tuple(f"entry_{k}" for k in wanted), basis[wanted], np.eye(len(basis))[:, wanted]))


def identity_targets(head: Head, shapes: Float[np.ndarray, "t s"], mean: Float64[np.ndarray, "s"]) -> Targets:
    """What a varying identity adds to its mean, by as few targets as its coefficients have directions."""
    basis = head.shape_basis[..., : len(mean)].double().numpy()
    left, scale, right = np.linalg.svd(shapes - mean, full_matrices=False)
    kept = np.flatnonzero(scale > SAME * max(1.0, float(np.abs(shapes).max())))
    offsets = np.einsum("ks,vcs->kvc", right[kept], basis)
    weights = left[:, kept] * scale[kept]
    names = tuple(f"identity_{k:02d}" for k in range(len(kept)))
    return Targets(names, offsets, weights)


def _merged(targets: Targets) -> Targets:
    """Columns that are multiples of one another, in space or in time, become one."""
    names, offsets, weights = list(targets.names), targets.offsets.copy(), targets.weights.copy()
    k = 0
    while k < len(names):
        for other in range(k):
            ratio = _multiple(offsets[k].ravel(), offsets[other].ravel())
            if ratio is not None:
                weights[:, other] += ratio * weights[:, k]
                break
            ratio = _multiple(weights[:, k], weights[:, other])
            if ratio is not None:
                offsets[other] += ratio * offsets[k]
                break
        else:
            k += 1
            continue
        del names[k]
        offsets, weights = np.delete(offsets, k, 0), np.delete(weights, k, 1)
    return Targets(tuple(names), offsets, weights)


def _multiple(a: np.ndarray, b: np.ndarray) -> float | None:
    """r where a = r·b, else None."""
    ratio = float(a @ b / max(float(b @ b), 1e-300))
    return ratio if np.abs(a - ratio * b).max() <= SAME * np.abs(a).max() else None
