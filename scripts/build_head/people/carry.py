"""Makes a displacement field fit for a head that blinks and speaks.

Linear in the field, so whatever holds for each attribute holds for every mixture of them.
"""

from dataclasses import dataclass

import numpy as np

from .carry_ears import Ear, carry_ear, even_notch, make_ear
from .carry_eyes import Eye, carry_eye, make_eye
from .carry_mouth import Mouth, carry_mouth, make_mouth
from .fields import step


@dataclass(frozen=True)
class Carrier:
    points: np.ndarray  # (V, 3) millimetres
    skin: np.ndarray
    mirror: np.ndarray
    stay: np.ndarray  # (V,) 0 at the bust's rim, which stays, 1 on the head
    eyes: tuple[Eye, Eye]
    ears: tuple[Ear, Ear]
    mouth: Mouth


def make_carrier(template):
    p, n = template.vertices * 1e3, template.names
    rim = p[n["rim"]][:, 1].max()
    return Carrier(
        points=p,
        skin=n["skin"],
        mirror=template.mirror,
        stay=step(p[:, 1], rim - 14, rim + 34),
        eyes=(make_eye(template, "left"), make_eye(template, "right")),
        ears=(make_ear(template, "left"), make_ear(template, "right")),
        mouth=make_mouth(template),
    )


def displacement(c, attribute):
    """(V, 3) millimetres for one standard deviation of an attribute."""
    p, d = c.points, np.zeros_like(c.points)
    field = attribute.field(p[c.skin])
    if attribute.part == "ear":
        d[c.skin] = sum(ear.pull[:, None] * field for ear in c.ears)
        for ear in c.ears:
            even_notch(ear, p, d)
        return d * c.stay[:, None]
    d[c.skin] = field
    for eye in c.eyes:
        carry_eye(eye, p, d, attribute.eye_growth, attribute.lid_share)
    for ear in c.ears:
        carry_ear(ear, p, d)
    carry_mouth(c.mouth, p, d)
    return d * c.stay[:, None]


def parity(c, d):
    """Makes a nearly (anti)symmetric displacement exactly so; returns it and whether it is symmetric."""
    mirrored = d[c.mirror] * [-1, 1, 1]
    symmetric = ((d - mirrored) ** 2).sum() < ((d + mirrored) ** 2).sum()
    return 0.5 * (d + mirrored) if symmetric else 0.5 * (d - mirrored), bool(symmetric)
