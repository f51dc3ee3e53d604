"""Names for parts of the skin: ordered rings, lines and regions, found on the left half and mirrored."""

import numpy as np
from scipy.spatial import cKDTree

from .fit import curve_at
from .grid import EYE_MARGIN, LIP_LINE, MOUTH_CORNER, RIM_ROWS
from .lids import LOWER, UPPER

# Rows that bound the regions, by column.
NECK_ROW = ((0, 9), (8, 9.5), (14, 11.5), (20, 16.5), (24, 21), (28, 23.5), (38, 23.5))
HAIR_ROW = ((0, 62), (8, 62), (13, 60.5), (17, 57), (19, 53), (20.5, 47), (21, 43), (22, 38), (26, 30),
    (27, 28), (29, 26), (38, 24))  # fmt: skip


def _across(half_rows, right):
    """Rows over the left half, from the midline on -> rows from the right end to the left end."""
    return np.concatenate([right[half_rows[:, :0:-1]], half_rows], axis=1)


def _mouth(half, right):
    rings = half.rings["mouth"]
    lower = _across(rings[:, : MOUTH_CORNER + 1], right)
    upper = _across(rings[:, MOUTH_CORNER:][:, ::-1], right)
    names = {
        "mouth_skin_rings": slice(0, 4),
        "lip_rings": slice(4, LIP_LINE + 1),
        "mouth_sack_rings": slice(LIP_LINE, None),
    }
    out = {}
    for side, rows in (("upper", upper), ("lower", lower)):
        for name, part in names.items():
            out[f"{name}_{side}"] = rows[part]
        out[f"lip_vermilion_{side}"], out[f"lip_seam_{side}"] = rows[4], rows[LIP_LINE]
    out["lip_corners"] = np.array([upper[LIP_LINE, 0], upper[LIP_LINE, -1]])
    out["mouth_sack"] = np.unique(np.r_[upper[LIP_LINE + 1 :].ravel(), lower[LIP_LINE + 1 :].ravel()])
    out["lips"] = np.unique(np.r_[upper[4 : LIP_LINE + 2].ravel(), lower[4 : LIP_LINE + 2].ravel()])
    return out


def _sided(name, left, right):
    return {f"{name}_left": left, f"{name}_right": right[left]}


def _eyes(half, right):
    rings = half.rings["eye"]
    out = {}
    for lid, order in (("upper", UPPER), ("lower", LOWER)):
        out |= _sided(f"lid_rings_{lid}", rings[:, order], right)
        out |= _sided(f"lid_margin_{lid}", rings[EYE_MARGIN, order], right)
    out |= _sided("eye_rings", rings, right)
    out |= _sided("lid_tuck", rings[EYE_MARGIN + 1 :].ravel(), right)
    out |= _sided("canthus_inner", rings[EYE_MARGIN, UPPER[:1]], right)
    out |= _sided("canthus_outer", rings[EYE_MARGIN, UPPER[-1:]], right)
    return out


def _nose(half, right, grid):
    c, r = grid
    out = _sided("nostril_rings", half.rings["nostril"], right)
    inside = np.r_[half.rings["nostril"].ravel(), half.nostril_cap.ravel()]
    out |= _sided("nostril", np.unique(inside), right)
    out |= _sided("ala", np.flatnonzero((c >= 3) & (c <= 6) & (r >= 33) & (r <= 39)), right)
    top = np.interp(c, [0, 3, 4, 5, 6], [51, 50, 47, 44, 40])
    outer = (c >= 0) & (c <= 6) & (r >= 30) & (r <= top) & ~((c == 6) & (r > 39))
    nose = np.unique(np.r_[np.flatnonzero(outer), inside])
    out["nose"] = np.unique(np.r_[nose, right[nose]])
    out["nose_tip"] = np.flatnonzero((c == 0) & (r == 37))
    out["nose_bridge"] = np.flatnonzero((c == 0) & (r >= 36) & (r <= 51))
    return out


def _grid_coordinates(half):
    """Column and row per half vertex; -1 where the vertex is not on the grid (crown: row 67 and more)."""
    c, r = np.full(half.count, -1), np.full(half.count, -9)
    for column in range(half.columns.shape[0]):
        ids = half.columns[column]
        c[ids[ids >= 0]] = column
        r[ids[ids >= 0]] = np.flatnonzero(ids >= 0) - RIM_ROWS
    return c, r


def _nearest_line(points, curve, n, candidates):
    """Distinct vertices nearest to a curve, in its order."""
    found = candidates[cKDTree(points[candidates]).query(curve_at(curve, np.linspace(0, 1, n)))[1]]
    return found[np.sort(np.unique(found, return_index=True)[1])]


NASOLABIAL = ((18, -35, 92), (22.5, -41, 89), (27, -49, 86), (31, -58, 83), (34, -67, 79), (34.5, -74, 78))
JAW_BORDER = ((0, -111.5, 83), (14, -109.5, 78), (26, -104.5, 67), (36, -98, 48), (44, -89, 26),
    (50, -80, 8), (55, -66, 0), (58, -52, 4))  # fmt: skip
BROW = ((9, 16, 95), (18, 19.5, 92.5), (28, 21.8, 89), (38, 22, 82), (46, 19, 74), (52.5, 13, 65))


def _lines_and_patches(half, points, right, grid):
    c, r = grid
    face = np.flatnonzero((c >= 0) & (c <= 22) & (r >= 4))
    face = np.union1d(face, np.r_[half.rings["mouth"][:5].ravel(), half.rings["eye"][:5].ravel()])
    out = _sided("nasolabial", _nearest_line(points, NASOLABIAL, 14, face), right)
    jaw = _nearest_line(points, JAW_BORDER, 40, face)
    out |= _sided("jaw_border", jaw, right)
    out["jaw_line"] = np.r_[right[jaw[:0:-1]], jaw]
    curve = curve_at(BROW, np.linspace(0, 1, 60))
    near = cKDTree(curve).query(points[face])[0]
    out |= _sided("brow", face[near < 5.5], right)
    out |= _sided("brow_line", _nearest_line(points, BROW, 14, face), right)

    def within(centre, radii):
        return face[(((points[face] - centre) / radii) ** 2).sum(1) < 1]

    out |= _sided("cheek_apple", within((37, -33, 75), (15, 14, 22)), right)
    chin = within((0, -98, 88), (19, 14, 24))
    out["chin"] = np.unique(np.r_[chin, right[chin]])
    return out


def _flame_regions(half, right, grid, named):
    """Vertex sets under FLAME's mask names (left is the subject's left, +x)."""
    c, r = grid

    def both(ids):
        return np.unique(np.r_[ids, right[ids]])

    on = c >= 0
    neck_row, hair_row = (np.interp(c, *np.transpose(table)) for table in (NECK_ROW, HAIR_ROW))
    neck = np.flatnonzero(on & (r >= 1) & ((r <= neck_row) | ((c >= 25) & (r < hair_row))))
    boundary = np.flatnonzero(on & (r <= 1))
    crown = half.crown.ravel()
    scalp = np.union1d(np.flatnonzero(on & (r >= hair_row)), crown)
    forehead = np.flatnonzero(on & (c <= 19) & (r >= 55) & (r < hair_row))
    ear = half.rings["ear"][1:].ravel()
    eye = np.union1d(
        np.flatnonzero(on & (c >= 2) & (c <= 17) & (r >= 42) & (r <= 56) & ~((c <= 5) & (r <= 43))),
        half.rings["eye"].ravel(),
    )
    centre = np.flatnonzero(on & (c <= 2) & (r >= 49) & (r <= 56))
    not_face = np.unique(
        np.r_[
            scalp,
            neck[(r[neck] < neck_row[neck] - 0.5) | (c[neck] >= 25)],
            boundary,
            ear,
            half.rings["mouth"][LIP_LINE + 1 :].ravel(),
        ]
    )
    everything = np.arange(half.count)
    out = {
        "neck": both(neck),
        "boundary": both(boundary),
        "scalp": both(scalp),
        "forehead": both(forehead),
        "left_ear": np.unique(ear),
        "right_ear": np.unique(right[ear]),
        "left_eye_region": eye,
        "right_eye_region": right[eye],
        "eye_region": both(np.union1d(eye, centre)),
        "face": both(np.setdiff1d(everything, not_face)),
    }
    return out | {"lips": named["lips"], "nose": named["nose"]}


def skin_names(half, points, right):
    """Every named index array of the skin, in the whole skin's vertex ids."""
    grid = _grid_coordinates(half)
    out = (
        _mouth(half, right)
        | _eyes(half, right)
        | _nose(half, right, grid)
        | _lines_and_patches(half, points, right, grid)
    )
    out |= _sided("ear_rings", half.rings["ear"], right)
    out["midline_front"] = half.columns[0][half.columns[0] >= 0]
    out["midline_back"], out["midline_crown"] = half.columns[-1], half.crown[0]
    out["rim"] = np.unique(
        np.r_[half.columns[:, :RIM_ROWS].ravel(), right[half.columns[:, :RIM_ROWS].ravel()]]
    )
    return out | _flame_regions(half, right, grid, out)


def skin_materials(parts, bands):
    """Material per skin face of one half."""
    material = np.full(len(parts), "skin", dtype="<U8")
    mouth = parts == "mouth"
    material[mouth & (bands >= 4) & (bands <= LIP_LINE)] = "lips"
    material[mouth & (bands > LIP_LINE)] = "mouth"
    material[(parts == "nostril") & (bands >= 2)] = "mouth"
    return material
