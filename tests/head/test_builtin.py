"""The built-in head: its mesh, its names, what its mouth and eyes can do."""

import numpy as np
import pytest
import torch

from flametalk.conventions import MILLIMETRES, N_EXPRESSION, N_SHAPE
from flametalk.head import Head
from flametalk.head.store import builtin_file

pytestmark = pytest.mark.core
FLAME_REGIONS = (
    "eye_region neck left_eyeball right_eyeball right_ear right_eye_region forehead lips nose scalp "
    "boundary face left_ear left_eye_region"
).split()
SPEECH = "MBP FV TH TDN SZ SHCH R L W EE AH OH".split()
EMOTIONS = "angry contempt disgust fear happy sad surprise".split()


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


def ids(head: Head, region: str) -> np.ndarray:
    return head.regions[region].long().numpy()


def pose(head: Head, action: str, strength: float = 1.0) -> np.ndarray:
    """Vertices in millimetres of one named action on the mean identity."""
    act = head.actions[action]
    joints = torch.zeros(1, 5, 3)
    joints[0, 2] = act.jaw * strength
    joints[0, 3], joints[0, 4] = act.eyes[:3] * strength, act.eyes[3:] * strength
    expression = act.expression[None] * strength
    return head.vertices(torch.zeros(1, N_SHAPE), expression, joints)[0].numpy() * MILLIMETRES


def lip_gap(head: Head, vertices: np.ndarray) -> np.ndarray:
    """Distance between the seams of upper and lower lip along the middle half of the mouth, mm."""
    upper, lower = (vertices[ids(head, f"lip_seam_{side}")] for side in ("upper", "lower"))
    quarter = len(upper) // 4
    return np.linalg.norm(upper - lower, axis=1)[quarter:-quarter]


def test_sizes_and_names(head: Head) -> None:
    assert 5_000 <= head.n_vertices <= 12_000
    assert (head.n_shape, head.n_expression) == (N_SHAPE, N_EXPRESSION)
    assert len(set(head.expression_names)) == N_EXPRESSION and len(set(head.shape_names)) == N_SHAPE
    assert set(FLAME_REGIONS) <= set(head.regions)
    assert {f"speech/{s}" for s in SPEECH} | {f"emotion/{e}" for e in EMOTIONS} <= set(head.actions)
    assert sum(name.startswith("arkit/") for name in head.actions) == 52
    assert builtin_file().stat().st_size <= 10_000_000


def test_it_has_the_size_of_a_human_head_and_looks_forward(head: Head) -> None:
    face = head.template.numpy() * MILLIMETRES
    skull = face[ids(head, "scalp")]
    assert 140 < np.ptp(skull[:, 0]) < 165
    eyes = [face[ids(head, f"{side}_eyeball")].mean(0) for side in ("left", "right")]
    assert 55 < eyes[0][0] - eyes[1][0] < 70  # +x is the subject's left
    nose = face[ids(head, "nose_tip")].mean(0)
    chin = face[ids(head, "chin")].mean(0)
    assert nose[2] > eyes[0][2] and chin[1] < nose[1] < eyes[0][1]


def test_it_is_symmetric(head: Head) -> None:
    flipped = head.template[head.mirror.long()] * torch.tensor([-1.0, 1.0, 1.0])
    assert (flipped - head.template).abs().max() < 1e-6
    assert torch.equal(head.mirror[head.mirror.long()].long(), torch.arange(head.n_vertices))
    names = list(head.expression_names)
    for name in names:
        if name.endswith("_left"):
            left = head.expression_basis[..., names.index(name)]
            right = head.expression_basis[..., names.index(name.removesuffix("left") + "right")]
            mirrored = left[head.mirror.long()] * torch.tensor([-1.0, 1.0, 1.0])
            assert (mirrored - right).abs().max() < 2e-5, name  # half precision on disk


def test_the_mesh_is_sound(head: Head) -> None:
    corners = head.template[head.faces.long()].double()
    areas = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).norm(dim=1) / 2
    assert (areas > 1e-10).all()
    assert len(torch.unique(head.faces)) == head.n_vertices
    edges = torch.stack([head.faces, head.faces.roll(-1, 1)], -1).reshape(-1, 2).long()
    _, counts = torch.unique(edges[:, 0] * head.n_vertices + edges[:, 1], return_counts=True)
    assert counts.max() == 1, "two triangles run along an edge in the same direction: flipped winding"
    quads = head.quads.long()
    triangles = (quads[:, 3] < 0).sum().item()
    assert triangles + 2 * (len(quads) - triangles) == len(head.faces)
    assert triangles < 0.2 * len(quads)
    assert head.uv.min() >= 0 and head.uv.max() <= 1
    assert head.uv_faces.shape == head.faces.shape


def test_weights_and_joints(head: Head) -> None:
    assert torch.allclose(head.skinning.sum(1), torch.ones(head.n_vertices), atol=1e-5)
    assert (head.skinning >= 0).all()
    assert torch.allclose(head.joint_regressor.sum(1), torch.ones(5), atol=1e-4)
    joints = head.joint_regressor @ head.template
    for joint, side in ((3, "left"), (4, "right")):
        ball = head.template[ids(head, f"{side}_eyeball")]
        assert (head.skinning[ids(head, f"{side}_eyeball"), joint] > 0.99).all()
        radii = (ball - joints[joint]).norm(dim=1) * MILLIMETRES
        assert radii.max() - radii.min() < 2.5  # round but for the cornea


def test_lips_close_and_open(head: Head) -> None:
    neutral = lip_gap(head, head.template.numpy() * MILLIMETRES)
    assert neutral.max() < 0.3
    assert lip_gap(head, pose(head, "speech/MBP")).max() < 0.3
    for wide in ("AH", "OH"):
        assert lip_gap(head, pose(head, f"speech/{wide}")).max() > 6.0
    assert lip_gap(head, pose(head, "arkit/jawOpen")).max() > 15.0


def test_rounded_vowels_are_narrower_and_ee_is_wider(head: Head) -> None:
    def width(vertices: np.ndarray) -> float:
        corners = vertices[ids(head, "lip_corners")]
        return float(np.linalg.norm(corners[0] - corners[1]))

    rest = width(head.template.numpy() * MILLIMETRES)
    assert width(pose(head, "speech/W")) < 0.85 * rest
    assert width(pose(head, "speech/EE")) > 1.03 * rest
    assert width(pose(head, "emotion/happy")) > 1.08 * rest


def test_a_blink_closes_and_the_ball_stays_inside(head: Head) -> None:
    closed = pose(head, "blink")
    assert lid_opening(head, head.template.numpy() * MILLIMETRES) > 7.0
    assert lid_opening(head, closed) < 0.1  # below zero: the upper lid lies in front of the lower one
    for side, joint in (("left", 3), ("right", 4)):
        centre = (head.joint_regressor @ head.template)[joint].numpy() * MILLIMETRES
        ball = np.linalg.norm(closed[ids(head, f"{side}_eyeball")] - centre, axis=1).max()
        rings = np.concatenate(
            [ids(head, f"lid_rings_{lid}_{side}").reshape(-1, 19)[4:7] for lid in ("upper", "lower")]
        )
        assert np.linalg.norm(closed[rings] - centre, axis=-1).min() > ball - 1.5  # the cornea bulges by 1 mm


def lid_opening(head: Head, vertices: np.ndarray) -> float:
    """Largest height of the upper margin over the lower one, left eye, mm."""
    upper, lower = (vertices[ids(head, f"lid_margin_{lid}_left")] for lid in ("upper", "lower"))
    across = np.linspace(lower[2, 0], lower[-3, 0], 40)
    heights = [np.interp(across, *part[np.argsort(part[:, 0])][:, :2].T) for part in (upper, lower)]
    return float((heights[0] - heights[1]).max())


def test_random_people_differ_and_keep_their_lips_sealed(head: Head) -> None:
    shapes = torch.randn(16, N_SHAPE, generator=torch.Generator().manual_seed(1))
    rest = torch.zeros(1, 5, 3)
    people = head.vertices(shapes, torch.zeros(1, N_EXPRESSION), rest).numpy() * MILLIMETRES
    for person in people:
        assert lip_gap(head, person).max() < 0.4
    skin = people[:, ids(head, "face")]
    distances = [np.linalg.norm(a - b, axis=1).mean() for i, a in enumerate(skin) for b in skin[:i]]
    assert min(distances) > 1.5 and max(distances) < 20


def test_landmarks_lie_where_they_should(head: Head) -> None:
    points = head.landmark_points(head.template[None], "ibug68")[0].numpy() * MILLIMETRES
    assert points.shape == (68, 3)
    assert points[0, 0] < 0 < points[16, 0]  # contour from the right ear to the left
    assert points[8, 1] == points[:17, 1].min()  # chin
    assert points[30, 2] == points[:, 2].max()  # tip of the nose
    assert points[36:42, 0].max() < 0 < points[42:48, 0].min()
    lips = points[48:68, 1].mean()
    assert points[8, 1] < lips < points[33, 1]
    mirrored = points[[16 - i for i in range(17)]] * [-1, 1, 1]
    assert np.abs(mirrored - points[:17]).max() < 0.5
    assert len(head.landmarks["mediapipe"].ids) >= 105
    assert tuple(head.landmarks["contour"].faces.shape) == (79, 17)
