# ruff: noqa: RUF005 (sums of arrays, not lists)
"""Eyes, lids and brows. What lies on the eyeball is made tangential to it afterwards (see carry.py)."""

from .attribute import Attribute
from .fields import along, both, move, stretch, total


def attributes(a):
    brow = a.brow[len(a.brow) // 2]
    brow_in, brow_out = a.brow[1], a.brow[-2]
    mid_in, mid_out = (a.inner + a.lid_upper) / 2, (a.outer + a.lid_upper) / 2
    trough = [
        a.inner + [1, -8, -1],
        a.inner + [7, -15, -1],
        a.inner + [16, -20.5, -2],
        a.inner + [25, -22, -5],
    ]
    return [
        Attribute("eye spacing", both(move(a.eye + [1, 0, 6], (17, 17, 32), (0.78, 0, 0))), broad=True),
        Attribute("eye height", both(move(a.eye, (25, 14, 32), (0, 1.5, 0))), broad=True),
        Attribute("eye depth", both(move(a.eye + [0, 1, 6], (16, 11, 24), (0, 0, -1.4))), broad=True),
        Attribute("eye size", both(stretch(a.eye, (21, 17, 30), (0.034,) * 3)), eye_growth=1.0, lid_share=1),
        Attribute(
            "eye width",
            both(
                total(move(a.outer, (8, 7, 16), (0.8, 0, -0.8)), move(a.inner, (5.5, 5, 12), (-0.55, 0, 0)))
            ),
            eye_growth=0,
            lid_share=1,
        ),
        Attribute(
            "eye tilt",
            both(total(move(a.outer, (10, 8.5, 18), (0, 0.9, 0)), move(a.inner, (7, 7, 12), (0, -0.45, 0)))),
            eye_growth=0,
            lid_share=1,
        ),
        Attribute(
            "upper lid height",
            both(move(a.lid_upper + [0, 1, 0], (9, 4.5, 14), (0, 0.45, 0))),
            eye_growth=0,
            lid_share=1,
        ),
        Attribute(
            "lower lid height",
            both(move(a.lid_lower + [0, -1, 0], (9, 5, 14), (0, 0.42, 0))),
            eye_growth=0,
            lid_share=1,
        ),
        Attribute(
            "upper lid peak",
            both(
                total(
                    move(mid_in + [0, 1, 0], (5.5, 4.5, 12), (0, 0.35, 0)),
                    move(mid_out + [0, 1, 0], (6, 4.5, 12), (0, -0.35, 0)),
                )
            ),
            eye_growth=0,
            lid_share=1,
        ),
        Attribute("lid crease height", both(move(a.crease + [0, 1.5, 0], (13, 4.8, 14), (0, 0.85, 0)))),
        Attribute("lid hood", both(move(a.crease + [2.5, 3.6, 1], (13, 5.2, 14), (0, -1.2, 1.45)))),
        Attribute("lid hood outside", both(move(a.crease + [12, 1.5, -6], (9, 6, 14), (0, -1.5, 1.1)))),
        Attribute("inner eye fold", both(move(a.inner + [1.5, 3.0, 2], (4.8, 5.2, 9), (0.3, -0.9, 1.2)))),
        Attribute("upper lid hollow", both(move(a.crease + [-5, 4.0, 2], (10.5, 5.4, 12), (0, 0.1, -1.3)))),
        Attribute(
            "eye bags",
            both(
                total(
                    move(a.lid_lower + [0, -9.5, 0], (12, 5.2, 14), (0, -0.4, 1.2)),
                    along(trough, 4.0, 0.6, (0, 0, -1)),
                )
            ),
        ),
        Attribute(
            "brow ridge", both(along(a.brow + [0, -3.0, 0], 8.0, 1.5, (0.1, -0.15, 1.0), 0.3)), broad=True
        ),
        Attribute("brow height", both(move(brow, (20, 10, 24), (0, 1.6, 0)))),
        Attribute(
            "brow tilt",
            both(
                total(move(brow_out, (13, 11, 21), (0, 1.3, 0)), move(brow_in, (10, 8, 18), (0, -0.9, 0.1)))
            ),
        ),
        Attribute(
            "brow arch",
            both(
                total(
                    move(brow + [6, 0, 0], (10, 9, 19), (0, 1.1, 0.3)),
                    move(brow_out + [4, 0, 0], (8, 8, 16), (0, -0.5, 0)),
                )
            ),
        ),
        Attribute("glabella", move(a.sellion + [0, 13, -1], (9, 9, 12), (0, 0, 1.2))),
    ]
