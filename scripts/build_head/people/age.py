# ruff: noqa: RUF005 (sums of arrays, not lists)
"""Folds and sagging of the skin."""

from .attribute import Attribute
from .fields import along, both, move, swell, total


def attributes(a):
    # The fold's far side hangs over, its near side is drawn in: a soft step rather than a groove.
    hang = a.nasolabial + [8.0, 0.0, -4.0]
    drawn = a.nasolabial + [-2.5, -0.5, 0.0]
    corner = a.corner + [[0.5, -2, -1], [3, -8, -2], [4, -15, -3], [3.5, -23, -4]]
    jowl = a.jaw[int(len(a.jaw) * 0.42)]
    return [
        Attribute(
            "folds", both(total(along(hang, 7.5, 1.0), along(drawn, 5.2, -0.95), along(corner, 5.0, -0.9)))
        ),
        Attribute("jowl", both(swell(jowl + [0.5, 1.0, 2], (15, 13, 21), 1.2, (0, -1.3, 0)))),
        Attribute("cheek sag", both(move(a.apple + [2, -18, -4], (16, 16, 22), (0, -2.3, 0.5)))),
    ]
