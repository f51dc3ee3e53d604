"""One eye in its own coordinates: u along the fissure, and distance and elevation about that axis.

A lid that sweeps round the ball keeps u and its distance to the ball's centre and changes its elevation.
"""

from dataclasses import dataclass

import numpy as np

from .skin import smoothstep

MARGIN, INNER_MARGIN = 6, 7  # ring numbers in `eye_rings`
LEFT_EYE = 3  # joint
POINTS = 19  # on each lid, canthi included


@dataclass(frozen=True)
class Eye:
    """The left eye (the right one is its mirror image)."""

    points: np.ndarray  # (V, 3) the template, millimetres
    centre: np.ndarray
    radius: float  # of the ball without the cornea
    cornea: float  # greatest radius, at the cornea's tip
    frame: np.ndarray  # rows: along the fissure to the outer canthus, up, forward
    upper: np.ndarray  # (rings, 19) from the inner to the outer canthus
    lower: np.ndarray
    rings: np.ndarray  # (rings, 36) both lids

    def polar(self, points):
        """u, elevation (0 forward, positive up) and distance to the ball's centre."""
        u, up, forward = np.moveaxis((points - self.centre) @ self.frame.T, -1, 0)
        return u, np.arctan2(up, forward), np.sqrt(u**2 + up**2 + forward**2)

    def place(self, u, elevation, distance):
        """The inverse of `polar`."""
        across = np.sqrt(np.maximum(distance**2 - u**2, 1e-6))
        local = np.stack([u, across * np.sin(elevation), across * np.cos(elevation)], -1)
        return self.centre + local @ self.frame


def left_eye(template):
    points = template.vertices * 1e3
    names = template.names
    centre = template.joints[LEFT_EYE] * 1e3
    reach = np.linalg.norm(points[names["left_eyeball"]] - centre, axis=1)
    inner, outer = (points[names[f"canthus_{end}_left"][0]] for end in ("inner", "outer"))
    axis = (outer - inner) / np.linalg.norm(outer - inner)
    forward = np.array([0, 0, 1.0]) - axis[2] * axis
    forward /= np.linalg.norm(forward)
    frame = np.stack([axis, np.cross(forward, axis), forward])
    rings = names["lid_rings_upper_left"], names["lid_rings_lower_left"], names["eye_rings_left"]
    return Eye(points, centre, float(np.median(reach)), float(reach.max()), frame, *rings)


def middle_of_lid(power=1.0):
    """0 at the canthi, 1 along the middle, per point of a lid."""
    t = np.arange(POINTS) / (POINTS - 1)
    return np.sin(np.pi * t) ** power


def away_from_canthus(low=0.04, high=0.30):
    t = np.arange(POINTS) / (POINTS - 1)
    return smoothstep(np.minimum(t, 1 - t), low, high)
