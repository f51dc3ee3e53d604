"""A first guess of where the head is and how it is turned: the mean face under an affine camera."""

import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from .observed import Observed
from .points import place
from .residuals import Problem
from .unknowns import joint_rotations


def first_guess(problem: Problem, seen: Observed) -> Float[Tensor, "b x"]:
    """Turn and place by frame, everything else at rest.

    The best affine camera is found by linear least squares; the nearest turn with one scale is taken from it.
    """
    layout, lens = problem.layout, problem.lens
    frames = problem.prior.rest.repeat(len(seen), 1)
    rest = frames[:1]
    neutral = torch.zeros(1, layout.n_shape + layout.n_expression, dtype=frames.dtype)
    points = place(problem.marks.points, neutral, joint_rotations(rest[:, layout.angles]))[0]
    root = problem.marks.points.joints[0]
    plane = seen.points - torch.tensor(lens.centre, dtype=frames.dtype)
    plane = plane * torch.tensor([1.0, -1.0], dtype=frames.dtype)
    for i in range(len(seen)):
        used = seen.weights[i] > 0
        if int(used.sum()) < 8:
            frames[i, layout.place.stop - 1] = -1.0
            continue
        known = torch.cat([points[used] - root, torch.ones(int(used.sum()), 1, dtype=frames.dtype)], 1)
        affine = torch.linalg.lstsq(known, plane[i, used]).solution.T  # 2 × 4
        u, s, vt = torch.linalg.svd(affine[:, :3], full_matrices=False)
        scale = s.mean()
        first, second = u @ vt
        matrix = torch.stack([first, second, torch.linalg.cross(first, second)])
        depth = (lens.focal[i] if isinstance(lens.focal, Tensor) else lens.focal) / scale
        frames[i, layout.head] = torch.from_numpy(Rotation.from_matrix(matrix.numpy()).as_rotvec())
        middle = affine[:, 3] / scale
        before = matrix[2] @ (points[used] - root).mean(0)  # the landmarks lie nearer than the root
        frames[i, layout.place] = torch.stack([middle[0], middle[1], -depth - before]) - root
    return frames
