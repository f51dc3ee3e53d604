# ruff: noqa: RUF005 (sums of arrays, not lists)
"""The nose."""

from .attribute import Attribute
from .fields import both, move, stretch, total, turn


def attributes(a):
    middle = 0.5 * (a.sellion + a.tip)
    wall = middle * [0, 1, 0] + [12.5, -3.0, a.sellion[2] + 2.0]
    return [
        Attribute(
            "nose length",
            total(
                move(a.tip + [0, -3, -14], (16, 13, 24), (0, -1.9, 0)),
                move(middle, (14, 14, 20), (0, -0.6, 0)),
            ),
        ),
        Attribute("nose protrusion", move(a.tip + [0, 3, -2], (13, 15, 17), (0, 0, 2.4))),
        Attribute("nose bridge height", move(middle + [0, 8, -3], (9, 17, 17), (0, 0, 1.8))),
        Attribute("nose root depth", move(a.sellion + [0, 1, 0], (10, 8, 13), (0, 0, -1.4))),
        Attribute("nose root height", move(a.sellion, (12, 10, 15), (0, 1.7, 0))),
        Attribute(
            "nose bridge width",
            both(
                total(
                    move(middle + [8, 9, -6], (5.5, 16, 12), (0.8, 0, 0.1)),
                    move(wall, (5.5, 10, 10), (0.45, 0, 0.2)),
                )
            ),
        ),
        Attribute("nose hump", move(middle + [0, 3, 0], (8, 8.5, 15), (0, 0, 1.35))),
        Attribute("nose width", both(move(a.ala, (8, 8.5, 14), (0.95, 0, 0)))),
        Attribute(
            "nose wing size",
            both(
                total(
                    stretch(a.ala + [-5, 1, 1], (7.5, 8, 10), (0.07, 0.09, 0.05)),
                    stretch(a.nostril, (6, 5, 7), (0.06, 0.0, 0.04)),
                )
            ),
        ),
        Attribute("nose wing height", both(move(a.ala + [-2, -3, 0], (6.5, 6.5, 10), (0, 1.1, 0)))),
        Attribute("nose tip width", both(move(a.tip + [7, 0, -8], (5.5, 7, 9), (1.0, 0, 0)))),
        Attribute("nose tip bulb", stretch(a.tip + [0, 0, -8], (9.5, 9, 9.5), (0.10, 0.10, 0.08))),
        Attribute("nose tip turn", turn(a.tip + [0, 4, -17], (12.5, 12, 17), (-1, 0, 0), 5.5)),
        Attribute("columella", move(a.nostril * [0, 1, 1] + [0, -0.5, 5], (4.5, 5.5, 10), (0, -1.0, 0))),
    ]
