"""Where wrinkles run on the left side (millimetres, as in `shape.py`; z need only be near the skin)."""

import numpy as np

FOREHEAD_ROWS = (29.0, 36.0, 43.0, 50.5, 58.0)
CROWS_FEET = (34, 17, 0, -17, -34)  # degrees of the rays beside the eye, upward


def forehead(row, side):
    """One of the lines across the forehead: its left, middle or right part; arched like the brows."""
    x = {"left": (13, 24, 36, 47), "middle": (-19, -7, 7, 19), "right": (-13, -24, -36, -47)}[side]
    height = FOREHEAD_ROWS[row]
    arch = [2.2 * np.sin(abs(v) / 13) - 0.0022 * v * v + 0.5 * np.sin(v / 5 + row) for v in x]
    return [(v, height + rise, 92 - abs(v) / 3) for v, rise in zip(x, arch, strict=True)]


def crows_foot(number):
    angle = np.radians(CROWS_FEET[number])
    start = np.array([50.0, 0.5])
    ray = np.array([np.cos(angle), np.sin(angle)])
    bend = 0.012 * np.sign(angle) * np.array([-ray[1], ray[0]])
    places = [start + r * ray + bend * r * r for r in (1.0, 6.0, 11.0, 15.5)]
    return [(x, y, 68 - 0.9 * (x - 50)) for x, y in places]


FROWN = {
    "inner": ((5.2, 3.5, 92), (5.6, 10, 94), (6.8, 17, 95), (8.6, 24, 94)),
    "outer": ((10.5, 9, 90), (12, 15, 92), (14, 21, 93), (16.5, 27, 92)),
    "oblique": ((12, 4, 86), (14.5, 9, 88), (18, 14, 89)),
}
FROWN_MIDDLE = ((0, 8, 95), (0.6, 14, 96), (-0.4, 20, 96), (0.5, 27, 95))
NOSE_ROOT = tuple(((-8, y - 1.2, 88), (-3, y, 92), (3, y, 92), (8, y - 1.2, 88)) for y in (4.5, 0.0))
UNDER_EYE = (
    ((17, -7.0, 80), (23, -10.0, 80), (31, -11.5, 80), (39, -10.5, 77), (46, -6.5, 70)),
    ((18, -10.5, 79), (25, -14.0, 79), (33, -15.5, 78), (41, -14.5, 74), (48, -10.5, 68)),
    ((16, -9.0, 80), (21, -15.5, 80), (28, -21.5, 80), (36, -25.0, 79)),
)
LID_FOLD = ((19, 8.0, 83), (26, 11.5, 84), (35, 12.0, 82), (44, 8.0, 76))
BUNNY = tuple(
    ((4.5, y, 97), (8.0, y - 1.6, 93), (11.5, y - 4.6, 88), (14.5, y - 8.4, 84)) for y in (2, -3, -8, -13)
)
NASOLABIAL = (
    (18.5, -40, 92),
    (22.5, -45.5, 90),
    (28, -54, 88),
    (32.5, -63, 85),
    (34.5, -72, 81),
    (33.5, -80, 78),
)
CHEEK_LINES = (
    ((40, -46, 80), (41.5, -55, 78), (42, -65, 75), (40, -75, 71)),
    ((46, -42, 74), (48, -53, 71), (48.5, -65, 67), (46, -76, 62)),
    ((35, -32, 82), (42, -31, 79), (49, -34, 73)),
)
MARIONETTE = (
    ((27.5, -69, 83), (29.5, -75, 82), (30.0, -82, 80), (28.5, -90, 76)),
    ((33.5, -73, 80), (35.0, -81, 77), (34.5, -90, 72)),
)
CHIN_CREASE = {
    "left": ((5, -83.5, 92), (12, -82.5, 90), (19, -80.5, 87)),
    "middle": ((-9, -84, 92), (0, -84.5, 93), (9, -84, 92)),
}
CHIN_CLEFT = ((0, -92, 96), (0, -98, 96), (0, -104, 92))
JOWL = ((32, -88, 72), (37, -84, 66), (43, -78, 58))
LIP_LINES = (2.6, 6.8, 11.2, 16.0)  # x of pairs of lines across the red of the lips
LIP_PAIR = 1.9  # mm between the two
PERIORAL = (4.8, 10.0, 16.0)
NECK = (-124.0, -140.0, -156.0)


def neck(row):
    y = NECK[row]
    return [(x, y + 0.006 * x * x, 20 - abs(x) / 3) for x in (-38, -22, -8, 8, 22, 38)]
