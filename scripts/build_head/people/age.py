# ruff: noqa: RUF005 (sums of arrays, not lists)
"""Folds and sagging of the skin."""

from .attribute import Attribute
from .fields import along, both, move, swell, total


def attributes(a):
    fold = a.nasolabial
    marionette = [
        a.corner + [1.5, -1, -1],
        a.corner + [5, -9, -2],
        a.corner + [6.5, -17, -3],
        a.corner + [6, -26, -4],
    ]
    jowl = a.jaw[int(len(a.jaw) * 0.42)]
    return [
        Attribute(
            "folds",
            both(
                total(
                    along(marionette, 3.4, -1.0),
                    along(fold + [-1.6, 0, 0.5], 2.9, -1.2),
                    along(fold + [4.0, 1.5, -1.5], 4.8, 1.3),
                )
            ),
        ),
        Attribute("jowl", both(swell(jowl + [0.5, 1.0, 2], (10, 10, 14), 1.9, (0, -1.2, 0)))),
        Attribute("cheek sag", both(move(a.apple + [2, -18, -4], (15, 15, 20), (0, -1.9, 0.4)))),
    ]
