"""Rotations as three angles, for formats that know nothing better.

One order is used everywhere: x first, then y, then z about the fixed axes, R = Rz·Ry·Rx. FBX calls it XYZ,
a BVH channel list spells it Zrotation Yrotation Xrotation.
"""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation


def euler_angles(matrices: Float[np.ndarray, "t 3 3"]) -> Float64[np.ndarray, "t 3"]:
    """Angles about x, y, z in degrees, without jumps from frame to frame.

    (x, y, z) and (x + 180, 180 − y, z + 180) are one rotation. asin keeps y within 90°, so a turn past it
    flips to the other triple; neighbours that are nearer to each other's flipped triples tell where.
    """
    plain = _angles(matrices)
    other = np.stack([plain[:, 0] + 180.0, 180.0 - plain[:, 1], plain[:, 2] + 180.0], 1)
    near = np.abs(_half_turn(plain[1:] - plain[:-1])).sum(1)
    far = np.abs(_half_turn(plain[1:] - other[:-1])).sum(1)
    flips = np.concatenate([[0], np.cumsum(far < near)]) % 2 == 1
    return np.unwrap(np.where(flips[:, None], other, plain), period=360.0, axis=0)


def matrices_from_euler(angles: Float[np.ndarray, "t 3"]) -> Float64[np.ndarray, "t 3 3"]:
    """The rotations of angles in degrees."""
    return Rotation.from_euler("xyz", angles, degrees=True).as_matrix()


def _angles(matrices: Float[np.ndarray, "t 3 3"]) -> Float64[np.ndarray, "t 3"]:
    m = matrices.astype(np.float64)
    flat = np.hypot(m[:, 0, 0], m[:, 1, 0])
    locked = flat < 1e-9  # x and z turn about one axis: all of it is given to x
    x = np.where(locked, np.arctan2(-m[:, 1, 2], m[:, 1, 1]), np.arctan2(m[:, 2, 1], m[:, 2, 2]))
    y = np.arctan2(-m[:, 2, 0], flat)
    z = np.where(locked, 0.0, np.arctan2(m[:, 1, 0], m[:, 0, 0]))
    return np.degrees(np.stack([x, y, z], 1))


def _half_turn(degrees: Float64[np.ndarray, "t 3"]) -> Float64[np.ndarray, "t 3"]:
    return (degrees + 180.0) % 360.0 - 180.0
