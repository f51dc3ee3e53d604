"""Topology of one half of the skin: columns (front to back) by rows (neck to crown) with ring blocks.

Column 0 is the front midline and column 38 the back midline. Inside each rectangular block the grid is
replaced by rings that run counter-clockwise seen from outside; ring 0 is the block's perimeter. The mouth
block crosses the midline, so here it is half a ring: lower middle, corner, upper middle.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

COLUMNS, ROWS, RIM_ROWS = 39, 67, 2
CROWN_WIDTH, CROWN_DEPTH = 9, 20


@dataclass(frozen=True)
class Block:
    c0: int
    c1: int
    r0: int
    r1: int
    rings: int

    def perimeter(self, closed):
        """(column, row) pairs counter-clockwise from the lower left corner."""
        bottom = [(c, self.r0) for c in range(self.c0, self.c1)]
        right = [(self.c1, r) for r in range(self.r0, self.r1)]
        top = [(c, self.r1) for c in range(self.c1, self.c0, -1)]
        left = [(self.c0, r) for r in range(self.r1, self.r0, -1)]
        return bottom + right + top + (left if closed else [(self.c0, self.r1)])

    def inside(self, c, r, closed):
        return (self.c0 < c < self.c1 or (not closed and c == self.c0)) and self.r0 < r < self.r1


MOUTH = Block(0, 9, 20, 28, 14)
NOSTRIL = Block(1, 5, 30, 34, 6)
EYE = Block(5, 15, 44, 52, 12)
EAR = Block(21, 27, 32, 50, 15)
BLOCKS = {"mouth": (MOUTH, False), "nostril": (NOSTRIL, True), "eye": (EYE, True), "ear": (EAR, True)}
MOUTH_CORNER = 13
LIP_LINE = 7
"""Mouth ring of the seam: its upper and lower vertices are separate, its corner vertex is shared."""
EYE_MARGIN = 6
"""Eye ring of the outer lid margin."""


def cells(ids, plain=False):
    """Quads (I, J, 4) of a 2-D id array [i, j], i to the right and j up.

    The first corner alternates like a chess board, so that diagonals drawn from it balance at every vertex;
    where `plain` (I, J) is true it stays the lower left one.
    """
    quads = np.stack([ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]], -1)
    i, j = np.indices(quads.shape[:2])
    return np.where((((i + j) % 2 == 1) & ~np.asarray(plain))[..., None], np.roll(quads, -1, axis=-1), quads)


@dataclass
class HalfSkin:
    count: int = 0
    quads: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    bands: list = field(default_factory=list)
    columns: np.ndarray = None
    crown: np.ndarray = None
    rings: dict = field(default_factory=dict)
    nostril_cap: np.ndarray = None
    midline: np.ndarray = None

    def new(self, shape):
        n = int(np.prod(shape))
        ids = np.arange(self.count, self.count + n).reshape(shape)
        self.count += n
        return ids

    def add(self, faces, part, band=0):
        """Appends faces; the part's name and the band (their first ring) later tell material and region."""
        self.quads.append(faces)
        self.parts.append(np.full(len(faces), part))
        self.bands.append(np.broadcast_to(band, len(faces)))

    def sheet(self, ids, part, band=None):
        """Quads of a 2-D id array [i, j], i to the right and j up; the band defaults to j."""
        quads = cells(ids)
        j = np.broadcast_to(np.arange(ids.shape[1] - 1), quads.shape[:2]).ravel() if band is None else band
        self.add(quads.reshape(-1, 4), part, j)

    def ring_sheet(self, rings, closed, part):
        rings = np.asarray(rings)
        self.sheet((np.c_[rings, rings[:, :1]] if closed else rings).T, part)


def _grid(half):
    """Columns [c, row + RIM_ROWS]; block interiors are -1."""
    ids = np.full((COLUMNS, ROWS + RIM_ROWS), -1)
    for r in range(-RIM_ROWS, ROWS):
        for c in range(COLUMNS):
            if not any(b.inside(c, r, closed) for b, closed in BLOCKS.values()):
                ids[c, r + RIM_ROWS] = half.new(1)[0]
    return ids


def _grid_quads(half, ids):
    """Like sheet, but a cell inside a block stays empty even if all its corners exist."""
    c, row = np.indices((COLUMNS - 1, ROWS + RIM_ROWS - 1))
    quads = cells(
        ids, plain=(c >= 4) & (row < 30 + RIM_ROWS)
    )  # sheared there: this diagonal is the short one
    keep = (quads >= 0).all(-1)
    for block, _ in BLOCKS.values():
        keep[block.c0 : block.c1, block.r0 + RIM_ROWS : block.r1 + RIM_ROWS] = False
    half.add(quads[keep], "grid")


def _crown(half, ids):
    top = ids[:, -1]
    w, d = CROWN_WIDTH, CROWN_DEPTH
    patch = np.full((w + 1, d + 1), -1)
    patch[:, 0] = top[: w + 1]
    patch[w, :] = top[w : w + d + 1]
    patch[:, d] = top[w + d :][::-1]
    patch[:w, 1:d] = half.new((w, d - 1))
    half.sheet(patch, "crown", 0)
    return patch


def zip_ring(ring, start):
    """Quads and two end triangles that close a ring of even length by pairing start - m with start + m."""
    n = len(ring)
    pairs = [(ring[(start - m) % n], ring[(start + m) % n]) for m in range(n // 2 + 1)]
    faces = []
    for (l0, r0), (l1, r1) in pairwise(pairs):
        if l0 == r0:
            faces.append((l0, r1, l1, -1))
        elif l1 == r1:
            faces.append((l0, r0, l1, -1))
        else:
            faces.append((l0, r0, r1, l1))
    return np.array(faces)


def build_half():
    """The half skin's vertex ids and faces; positions come later."""
    half = HalfSkin()
    half.columns = ids = _grid(half)
    _grid_quads(half, ids)
    half.crown = _crown(half, ids)
    midline = [ids[0][ids[0] >= 0], ids[-1], half.crown[0]]
    for name, (block, closed) in BLOCKS.items():
        outer = np.array([ids[c, r + RIM_ROWS] for c, r in block.perimeter(closed)])
        rings = np.vstack([outer, half.new((block.rings - 1, len(outer)))])
        half.rings[name] = rings
        half.ring_sheet(rings, closed, name)
        if not closed:
            midline += [rings[:, 0], rings[:, -1]]
    half.nostril_cap = _cap(half, half.rings["nostril"][-1])
    half.add(zip_ring(half.rings["ear"][-1], 3), "ear", EAR.rings)
    half.add(_zip_half_mouth(half.rings["mouth"][-1]), "mouth", MOUTH.rings)
    half.midline = np.unique(np.concatenate(midline))
    return half


def _cap(half, ring):
    """Fills a ring of 16 with a 4 x 4 cell grid."""
    patch = np.full((5, 5), -1)
    for (c, r), v in zip(Block(0, 4, 0, 4, 0).perimeter(True), ring, strict=True):
        patch[c, r] = v
    patch[1:4, 1:4] = half.new((3, 3))
    half.sheet(patch, "nostril", NOSTRIL.rings)
    return patch


def _zip_half_mouth(ring):
    lower, upper = ring[: MOUTH_CORNER + 1], ring[MOUTH_CORNER:][::-1]
    faces = [(lower[i], lower[i + 1], upper[i + 1], upper[i]) for i in range(MOUTH_CORNER - 1)]
    faces.append((lower[-2], lower[-1], upper[-2], -1))
    return np.array(faces)
