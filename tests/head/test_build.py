"""The built-in head: a fresh build of `scripts/build_head` is the shipped file and keeps its promises."""

import numpy as np
import pytest
import torch

from flametalk.conventions import MILLIMETRES, N_EXPRESSION, N_SHAPE
from flametalk.head import Head
from flametalk.head.storage import BASES
from scripts.build_head.assemble import build_head
from scripts.build_head.check import figures, sizes
from scripts.build_head.crossing import candidates, crossings
from scripts.build_head.template import Template, build_template

HALF = 2.0**-10  # a step of half precision, relative
LIPS, LIDS = ("lip_vermilion_{}", "lip_seam_{}"), ("lid_margin_{}_left", "lid_margin_{}_right")
POSES = {  # action, degrees that the jaw opens besides
    "neutral": (None, 0.0),
    "AH": ("speech/AH", 0.0),
    "MBP": ("speech/MBP", 0.0),
    "smile": ("emotion/happy", 0.0),
    "blink": ("blink", 0.0),
    "jaw 25": (None, 25.0),
}
EAR_CROSSINGS = 0  # triangles on each side
CANTHUS_CROSSINGS = 2  # on each side, where a blink folds the outer corner


@pytest.fixture(scope="module")
def template() -> Template:
    return build_template()


@pytest.fixture(scope="module")
def shipped() -> Head:
    return Head.load()


def test_a_fresh_build_is_the_shipped_file(template: Template, shipped: Head) -> None:
    built = build_head(template)
    for name in ("name", "material_names", "expression_names", "shape_names", "info"):
        assert getattr(built, name) == getattr(shipped, name), name
    for name in ("faces", "quads", "uv_faces", "uv_quads", "materials", "mirror"):
        assert torch.equal(getattr(built, name), getattr(shipped, name)), name
    assert (built.template - shipped.template).abs().max() < 1e-5
    for name in BASES:
        ours, theirs = getattr(built, name), getattr(shipped, name)
        assert ((ours - theirs).abs() <= HALF * ours.abs() + 2e-6).all(), name
    for name, tolerance in (("uv", 1e-5), ("joint_regressor", 1e-4), ("skinning", 1e-4), ("occlusion", 0.02)):
        torch.testing.assert_close(getattr(built, name), getattr(shipped, name), rtol=0, atol=tolerance)
    assert built.regions.keys() == shipped.regions.keys()
    assert all(torch.equal(built.regions[name], shipped.regions[name]) for name in built.regions)
    assert built.actions.keys() == shipped.actions.keys()
    for name, action in built.actions.items():
        for part in ("expression", "jaw", "eyes"):
            torch.testing.assert_close(
                getattr(action, part), getattr(shipped.actions[name], part), rtol=0, atol=1e-3
            )
    assert built.landmarks.keys() == shipped.landmarks.keys()
    for name in ("ibug68", "mediapipe"):
        points = [head.landmark_points(head.template[None], name) for head in (built, shipped)]
        assert (points[0] - points[1]).abs().max() < 1e-4
        assert built.landmarks[name].ids == shipped.landmarks[name].ids


def test_the_template_is_sound(template: Template) -> None:
    found = figures(template)
    assert found["symmetry error, mm"] < 1e-9
    for name in (
        "vertices whose mirror's mirror is another",
        "edges of more than two faces",
        "edges run along twice",
        "texture corners outside 0…1",
        "texture overlap, %",
        "flipped texture triangles",
    ):
        assert found[name] == 0, name
    assert found["open edges"] == 372  # neck, lid tucks, roots of the teeth
    assert found["folded quads"] <= 10
    assert found["smallest face, mm2"] > 0.02


def test_the_template_is_of_human_size(template: Template) -> None:
    expected = {
        "length": 190, "breadth": 152, "face height": 118, "mouth": 51, "nose": 33, "bizygomatic": 138,
    }  # fmt: skip
    for name, value in sizes(template).items():
        assert abs(value - expected[name]) < 4, (name, value)


def posed(head: Head, action: str | None, jaw: float) -> np.ndarray:
    expression, pose = torch.zeros(1, N_EXPRESSION), torch.zeros(1, 5, 3)
    if action is not None:
        expression, pose[0, 2] = head.actions[action].expression[None], head.actions[action].jaw
    pose[0, 2, 0] += np.radians(jaw)
    return head.vertices(torch.zeros(1, N_SHAPE), expression, pose)[0].double().numpy()


def inside(head: Head, *regions: str) -> np.ndarray:
    """Which vertices belong to any of the regions."""
    mask = np.zeros(head.n_vertices, bool)
    for name in regions:
        mask[head.regions[name].long().numpy()] = True
    return mask


@pytest.mark.parametrize("pose", POSES)
def test_what_is_seen_does_not_cut_through_itself(shipped: Head, pose: str) -> None:
    """Left out: the mouth's inside and the lids' tucks, which nobody sees, and closed lips and lids, whose
    upper half presses into the lower one."""
    faces = shipped.faces.long().numpy()
    hidden = inside(shipped, "mouth_sack", "lid_tuck_left", "lid_tuck_right")[faces].any(1)
    skin = inside(shipped, "skin")[faces].all(1)
    faces, skin = faces[~(hidden & skin)], skin[~(hidden & skin)]
    vertices = posed(shipped, *POSES[pose])
    a, b = candidates(vertices, faces)
    among_skin, with_skin = skin[a] & skin[b], skin[a] != skin[b]
    for kind in (LIPS, LIDS):
        upper, lower = (
            inside(shipped, *(n.format(s) for n in kind))[faces].any(1) for s in ("upper", "lower")
        )
        among_skin &= ~((upper[a] & lower[b]) | (lower[a] & upper[b]))
    found = faces[crossings(vertices, faces, (a[among_skin], b[among_skin]))]
    ears = inside(shipped, "left_ear", "right_ear")[found].any(1)
    middles = vertices[found].mean(1) * MILLIMETRES
    allowed = 2 * CANTHUS_CROSSINGS if pose == "blink" else 0
    assert (~ears).sum() <= allowed, f"near {middles[~ears][:5].round(1).tolist()} mm"
    assert ears.sum() <= 2 * EAR_CROSSINGS
    through = faces[crossings(vertices, faces, (a[with_skin], b[with_skin]))]
    middles = vertices[through].mean(1) * MILLIMETRES
    assert len(through) == 0, f"teeth, tongue or eyes near {middles[:5].round(1).tolist()} mm"
