"""Anatomical points of a template (millimetres, left side), found from its named vertices and landmarks."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Anchors:
    eye: np.ndarray  # centre of the left eyeball
    eye_radius: float
    inner: np.ndarray  # inner canthus
    outer: np.ndarray  # outer canthus
    lid_upper: np.ndarray  # middle of the upper lid's margin
    lid_lower: np.ndarray
    crease: np.ndarray  # middle of the upper lid crease
    brow: np.ndarray  # (n, 3) brow line, inner end first
    sellion: np.ndarray
    tip: np.ndarray
    subnasale: np.ndarray
    ala: np.ndarray  # the most lateral point of the nose wing
    nostril: np.ndarray  # middle of the nostril's rim
    lip_top: np.ndarray  # middle of the upper vermilion border
    lip_bow: np.ndarray  # peak of the cupid's bow
    stomion: np.ndarray
    corner: np.ndarray
    lip_low: np.ndarray
    mentolabial: np.ndarray
    pogonion: np.ndarray  # most forward point of the chin
    menton: np.ndarray  # lowest point of the chin's edge
    gonion: np.ndarray
    jaw: np.ndarray  # (n, 3) jaw border, chin first
    zygion: np.ndarray
    apple: np.ndarray
    nasolabial: np.ndarray  # (n, 3) fold, nose first
    tragion: np.ndarray
    ear: np.ndarray  # middle of the auricle
    ear_top: np.ndarray
    ear_low: np.ndarray
    vertex: np.ndarray
    occiput: np.ndarray
    side: np.ndarray  # the widest point of the skull
    throat: np.ndarray  # where chin floor and neck meet, on the midline


def _at_fraction(line, fraction):
    s = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    return np.array([np.interp(fraction * s[-1], s, line[:, k]) for k in range(3)])


def find_anchors(template):
    p, n = template.vertices * 1e3, template.names
    triangle, weights = template.landmarks["ibug68"][:2]
    ibug = np.einsum("nkc,nk->nc", p[template.triangles[triangle]], weights)
    ball = p[n["left_eyeball"]]
    eye = np.array(template.joints[3] * 1e3)
    front, back, crown = p[n["midline_front"]], p[n["midline_back"]], p[n["midline_crown"]]
    scalp, ala, ear = p[n["scalp"]], p[n["ala_left"]], p[n["ear_rings_left"]][3:].reshape(-1, 3)
    chin = front[(front[:, 1] < ibug[57, 1] - 8) & (front[:, 1] > ibug[57, 1] - 40)]
    under = chin[np.argmin(chin[:, 2] + 2 * np.abs(chin[:, 1] - ibug[57, 1] + 9))]
    below = front[(front[:, 1] < ibug[8, 1] + 4) & (front[:, 2] < 60)]
    jaw = p[n["jaw_border_left"]]
    lid_up, lid_low = p[n["lid_rings_upper_left"]], p[n["lid_margin_lower_left"]]
    tragion = ibug[15] * [0, 1, 0] + [ear[:, 0].min() + 10, 4.0, ear[:, 2].max() - 12]
    outer = p[n["canthus_outer_left"]][0]
    zygion = 0.5 * (outer + tragion) + [4.0, -17.0, 0.0]
    return Anchors(
        eye=eye,
        eye_radius=float(np.median(np.linalg.norm(ball - eye, axis=1))),
        inner=p[n["canthus_inner_left"]][0],
        outer=outer,
        lid_upper=p[n["lid_margin_upper_left"]][9],
        lid_lower=lid_low[9],
        crease=lid_up[4, 9],
        brow=p[n["brow_line_left"]],
        sellion=ibug[27],
        tip=p[n["nose_tip"]][0],
        subnasale=ibug[33],
        ala=ala[np.argmax(ala[:, 0])],
        nostril=p[n["nostril_rings_left"]][0].mean(0),
        lip_top=ibug[51],
        lip_bow=ibug[52],
        stomion=0.5 * (ibug[62] + ibug[66]),
        corner=p[n["lip_corners"]][np.argmax(p[n["lip_corners"]][:, 0])],
        lip_low=ibug[57],
        mentolabial=under,
        pogonion=chin[np.argmax(chin[:, 2] - 0.4 * np.abs(chin[:, 1] - ibug[8, 1] - 14))],
        menton=ibug[8],
        gonion=_at_fraction(jaw, 0.84),
        jaw=jaw,
        zygion=zygion,
        apple=p[n["cheek_apple_left"]].mean(0),
        nasolabial=p[n["nasolabial_left"]],
        tragion=tragion,
        ear=ear.mean(0),
        ear_top=ear[np.argmax(ear[:, 1])],
        ear_low=ear[np.argmin(ear[:, 1])],
        vertex=np.array([0, crown[:, 1].max(), crown[np.argmax(crown[:, 1]), 2]]),
        occiput=back[np.argmin(back[:, 2] + 1e3 * (back[:, 1] < -40))],
        side=scalp[np.argmax(scalp[:, 0])],
        throat=below[np.argmax(below[:, 1] - 0.8 * np.abs(below[:, 2] - 40))] if len(below) else ibug[8],
    )
