"""Figures of the rig: `python -m scripts.build_head.rig.check`."""

import time

import numpy as np

from ..storage import cached_template
from . import MOUTH_NAMES, build_mouth_expressions, build_rig, speech_actions
from .build import SIDED
from .face import MM
from .measure import apertures, behind_teeth, crossings, lip_to_upper_teeth, opening, stretch, teeth_gap
from .speech import Speaker


def check_rig(template, rig):
    """Sums, symmetry, joints."""
    m = template.mirror
    swap = [0, 1, 2, 4, 3]
    print(f"skinning: rows sum to 1 within {np.abs(rig.skinning.sum(1) - 1).max():.1e}, "
          f"mirror within {np.abs(rig.skinning[m][:, swap] - rig.skinning).max():.1e}, "
          f"least {rig.skinning.min():.3f}")  # fmt: skip
    error = np.abs(rig.joint_regressor @ template.vertices - template.joints).max()
    print(f"joints: reproduced within {error * MM:.1e} mm; {(rig.joint_regressor != 0).sum(1)} vertices each")
    flipped = rig.pose_basis[m] * np.array([-1, 1, 1])[:, None]
    print(f"pose basis: largest {np.abs(rig.pose_basis).max() * MM:.1f} mm a unit, "
          f"mirror within {np.abs(flipped - rig.pose_basis).max() * MM:.1e} mm")  # fmt: skip


def check_pairs(template, expressions):
    """Left and right shapes mirror each other; symmetric and antisymmetric ones mirror themselves."""
    m, flip = template.mirror, np.array([-1, 1, 1])
    odd = ("jaw_side", "mouth_side", "tongue_side")
    worst = 0.0
    for name in MOUTH_NAMES:
        other = name.replace("_left", "_right") if "_left" in name else name.replace("_right", "_left")
        sign = -1 if name in odd else 1
        worst = max(worst, np.abs(expressions[name][m] * flip * sign - expressions[other]).max())
    print(f"mirror of {len(MOUTH_NAMES)} expressions: within {worst * MM:.1e} mm")


def _row(face, label, points):
    gaps = apertures(face, points)
    low, high = stretch(face, points)
    return (
        f"{label:26s} gap middle {gaps[3:-3].max():6.2f}  open {opening(face, points).max():5.1f}  "
        f"crossed {max(-gaps.min(), 0):5.2f}  behind teeth {behind_teeth(face, points):5.2f}  "
        f"stretch {low:4.2f} … {high:4.2f}  crossings {len(crossings(face, points))}"
    )


def check_shapes(speaker, speech):
    """One line a pose: lips, teeth, stretch, self-intersection."""
    face = speaker.face
    both = [(name, {f"{name}_left": 1.0, f"{name}_right": 1.0}, 0.0) for name in SIDED]
    jaws = {"mouth_close": 20.0, "tongue_out": 12.0}
    single = [(name, {name: 1.0}, jaws.get(name, 0.0)) for name in MOUTH_NAMES if "left" not in name]
    sweep = [(f"jaw {angle}", {}, float(angle)) for angle in range(0, 31, 5)]
    for label, strengths, degrees in sweep + both + single:
        print(_row(face, label, speaker.posed(strengths, degrees)))
    print("speech")
    for name, (strengths, jaw) in speech.items():
        points = speaker.posed(strengths, np.asarray(jaw))
        more = f"  teeth apart {teeth_gap(face, points):5.2f}"
        if name == "FV":
            more += f"  lip to teeth {np.round(lip_to_upper_teeth(face, points), 2)}"
        if name in ("TH", "TDN", "L"):
            more += f"  tongue tip y, z {np.round(speaker.tip(points).mean(0)[1:], 1)}"
        print(_row(face, name, points) + more)


def main():
    template = cached_template()
    start = time.time()
    rig = build_rig(template)
    expressions = build_mouth_expressions(template, rig)
    speech = speech_actions(template, rig, expressions)
    print(f"built in {time.time() - start:.1f} s")
    check_rig(template, rig)
    check_pairs(template, expressions)
    check_shapes(Speaker(template, rig, expressions), speech)


if __name__ == "__main__":
    main()
