"""The sheet of poses: nothing that is seen runs through anything else, but for what is named here."""

import numpy as np
import pytest
import torch

from flametalk.conventions import MILLIMETRES, N_EXPRESSION, N_SHAPE
from flametalk.head import Head
from scripts.build_head.crossing import candidates, crossings
from scripts.check_head.arkit import errors, meanings
from scripts.check_head.crossing import crossing_pairs
from scripts.check_head.depth import behind, closest_points, sunk
from scripts.check_head.kinds import SEEN, Parts, crossings_by_kind, parts_of, vertex_normals
from scripts.check_head.measures import Skin, Watcher, face_of_head, lips, skin_of, stretch, volume
from scripts.check_head.poses import Pose, acted, people, posed, sheet

FAST = ("rest", "speech", "emotions × 1", "emotions × 1.5", "blink", "jaw 5° to 30°")
# (start of the pose's name, kind) -> millimetres; what is seen and not named here must not cross at all
KNOWN = {
    ("emotion/happy", "skin"): 0.3,  # at 1.5: a fold beside the mouth
    ("jaw 30", "skin"): 0.15,
    ("person", "skin"): 0.3,  # F, V, a happy and a disgusted face: a fold at the upper lip's peaks
}
CONTACT = {"lip on lip": 0.3, "lid on lid": 0.9, "tongue on teeth": 0.6, "bite": 0.5,
           "mouth's inside": 5.5, "lid tucks": 1.4}  # fmt: skip
STRONGER = {"lip on lip": 1.8, "bite": 1.7}  # at 1.5, and single expressions
FLESH = (0.98, 1.01)
EDGES = (0.4, 2.3)  # the middle 99 %


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


@pytest.fixture(scope="module")
def parts(head: Head) -> Parts:
    return parts_of(head)


@pytest.fixture(scope="module")
def skin(head: Head) -> Skin:
    return skin_of(head)


def check(pose: Pose, head: Head, parts: Parts, skin: Skin, rest: np.ndarray) -> None:
    vertices = posed(head, pose)
    name = "person" if pose.group.startswith("32") else pose.name
    strong = pose.group in ("expressions", "emotions × 1.5")
    for kind, (count, depth, pairs) in crossings_by_kind(parts, vertices).items():
        if kind in SEEN:
            limit = next((v for (start, k), v in KNOWN.items() if k == kind and name.startswith(start)), 0.0)
        else:
            limit = STRONGER.get(kind, CONTACT[kind]) if strong else CONTACT[kind]
        where = (vertices[parts.tris[pairs[:3, 0]]].mean(1) * MILLIMETRES).round(1).tolist()
        said = f"{pose.group}, {pose.name}: {kind} {count} triangles, {depth:.2f} mm near {where}"
        assert depth < limit or not count, said
    low, high = stretch(skin, vertices, rest)[1:3]
    assert EDGES[0] < low and high < EDGES[1], (pose.name, low, high)
    flesh = volume(skin.whole, vertices) / volume(skin.whole, rest)
    assert FLESH[0] < flesh < FLESH[1], (pose.name, flesh)


@pytest.mark.parametrize("group", FAST)
def test_the_sheet_holds_together(group: str, head: Head, parts: Parts, skin: Skin) -> None:
    rest = head.template.double().numpy()
    chosen = [pose for pose in sheet(head) if pose.group == group]
    assert chosen
    for pose in chosen:
        check(pose, head, parts, skin, rest)


@pytest.mark.slow
def test_the_whole_sheet_holds_together(head: Head, parts: Parts, skin: Skin) -> None:
    rest = head.template.double().numpy()
    rests = [posed(head, acted(head, "", "rest", shape=shape)) for shape in people()]
    for pose in sheet(head):
        person = pose.group.startswith("32")
        check(pose, head, parts, skin, rests[int(pose.name.split()[-1])] if person else rest)


def crowd(count: int) -> torch.Tensor:
    """Other people than the sheet's."""
    return torch.randn(count, N_SHAPE, generator=torch.Generator().manual_seed(7))


def check_lips(head: Head, shapes: torch.Tensor) -> None:
    face = face_of_head(head)
    for k, shape in enumerate(shapes):
        closed = lips(face, posed(head, acted(head, "", "speech/MBP", shape=shape)))
        assert closed.gap < 0.2 and closed.pressed < 0.3, (k, closed)
        bitten = lips(face, posed(head, acted(head, "", "speech/FV", shape=shape)))
        assert bitten.to_teeth < 0.6, (k, bitten)


def test_lips_touch_and_the_lower_one_meets_the_teeth(head: Head) -> None:
    face = face_of_head(head)
    closed, bitten = (lips(face, posed(head, acted(head, "", f"speech/{name}"))) for name in ("MBP", "FV"))
    assert closed.gap < 0.2 and closed.pressed < 0.3
    assert bitten.to_teeth < 0.2
    check_lips(head, people())


def test_closed_eyes_show_no_eyeball(head: Head) -> None:
    """Not a pixel of the mean head's, of the 32 people's, or of another 24's."""
    watcher = Watcher(head)
    assert watcher.pixels(posed(head, acted(head, "", "blink"))) == 0
    assert watcher.pixels(head.template.double().numpy()) > 20_000
    check_lids(head, watcher, torch.cat([people(), crowd(24)]))


def check_lids(head: Head, watcher: Watcher, shapes: torch.Tensor) -> None:
    seen = [watcher.pixels(posed(head, acted(head, "", "blink", shape=shape))) for shape in shapes]
    assert max(seen) == 0, {k: count for k, count in enumerate(seen) if count}


@pytest.mark.slow
def test_lips_and_eyes_close_in_300_people(head: Head) -> None:
    check_lips(head, crowd(300))
    check_lids(head, Watcher(head), crowd(300))


def test_people_s_eyes_still_differ(head: Head) -> None:
    """Openings, widths, tilts and spacings of the left eye, in millimetres, over people at rest."""
    ids = {name: value.long().numpy() for name, value in head.regions.items()}
    faces = np.stack([posed(head, acted(head, "", "rest", shape=shape)) for shape in people()]) * MILLIMETRES
    upper, lower = (faces[:, ids[f"lid_margin_{lid}_left"][9]] for lid in ("upper", "lower"))
    inner, outer = (faces[:, ids[f"canthus_{end}_left"][0]] for end in ("inner", "outer"))
    assert (upper - lower)[:, 1].std() > 0.35
    assert (outer - inner)[:, 0].std() > 0.9
    assert (outer - inner)[:, 1].std() > 0.8
    assert inner[:, 0].std() > 0.6


def test_arkit_there_and_back(head: Head) -> None:
    assert dict(meanings(head))["jawOpen"] == "jaw 20.0° 0.0° 0.0°"
    left = {name: (mean, worst) for name, _, mean, worst, _ in errors(head)}
    assert left["each of the 52 at 1"][1] < 0.01 and left["random mixtures of the 52"][1] < 0.01
    assert left["speech shapes"][0] < 0.1 and left["emotions"][0] < 0.1
    assert left["the 50 expressions at 1"][0] < 0.1


def test_both_searches_find_the_same(head: Head, parts: Parts) -> None:
    """The fast search against the plain one, on a pose that does cross."""
    vertices = posed(head, acted(head, "", "emotion/happy", 1.5)) * MILLIMETRES
    chosen = parts.tris[np.isin(parts.group, [0, 2, 3])]
    chosen = chosen[(np.abs(vertices[chosen].mean(1)) < [60, 120, 200]).all(1)]
    near = chosen[vertices[chosen].mean(1)[:, 1] < -20]
    a, b = candidates(vertices, near)
    plain = set(crossings(vertices, near, (a, b))) | set(crossings(vertices, near, (b, a)))
    pairs = crossing_pairs(vertices, near, np.zeros(len(near), int), np.ones((1, 1), bool))
    fast = {int(f) for f in pairs.ravel()}
    assert plain and plain <= fast
    one_sided = {int(a) for a, b in pairs} | {int(b) for a, b in pairs}
    assert fast == one_sided


def plane(z: float, size: float = 30.0, n: int = 13) -> tuple[np.ndarray, np.ndarray]:
    """A grid that faces +z."""
    x, y = np.meshgrid(*2 * [np.linspace(-size, size, n)], indexing="ij")
    ids = np.arange(n * n).reshape(n, n)
    a, b, c, d = (part.ravel() for part in (ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]))
    points = np.stack([x, y, 0 * x + z], -1).reshape(-1, 3)
    return points, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def ball(centre: tuple[float, float, float], radius: float) -> tuple[np.ndarray, np.ndarray]:
    from scipy.spatial import ConvexHull

    k = np.arange(500) + 0.5
    z, turn = 1 - 2 * k / 500, np.pi * (1 + 5**0.5) * k
    points = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], 1)
    tris = ConvexHull(points).simplices
    away = np.linalg.det(points[tris]) < 0
    tris[away] = tris[away][:, ::-1]
    return points * radius + centre, tris


@pytest.mark.parametrize("depth", [0.5, 2.0, 4.0])
def test_a_ball_in_a_plane_is_as_deep_as_it_was_put(depth: float) -> None:
    floor, below = plane(0.0)
    points, tris = ball((1.3, -0.7, 6.0 - depth), 6.0)
    points, tris = np.concatenate([floor, points]), np.concatenate([below, tris + len(floor)])
    group = np.r_[np.zeros(len(below), int), np.ones(len(tris) - len(below), int)]
    pairs = crossing_pairs(points, tris, group, np.array([[False, True], [True, False]]))
    assert len(pairs)
    found = sunk(points, vertex_normals(points, tris), tris, group == 1, group == 0, pairs)
    assert found == pytest.approx(depth, abs=0.05)
    lifted = points + np.where(np.arange(len(points)) < len(floor), 0, depth + 0.1)[:, None] * [0, 0, 1]
    assert not len(crossing_pairs(lifted, tris, group, np.ones((2, 2), bool)))


def test_nearest_points_of_a_triangle() -> None:
    triangle = np.array([[0.0, 0, 0], [2, 0, 0], [0, 2, 0]])
    places = np.array([[0.5, 0.5, 1], [1, -1, 0], [-1, -1, 3], [3, 0, 0], [2, 2, 0]])
    weights = closest_points(places, np.tile(triangle, (5, 1, 1)))
    expected = [[0.5, 0.5, 0], [1, 0, 0], [0, 0, 0], [2, 0, 0], [1, 1, 0]]
    np.testing.assert_allclose(weights @ triangle, expected, atol=1e-12)
    floor, tris = plane(0.0)
    normals = vertex_normals(floor, tris)
    np.testing.assert_allclose(behind(np.array([[1.0, 2, -3], [1, 2, 3]]), floor, tris, normals), [3, 0])
    beyond = np.array([[31.0, 2, -3], [40, 40, -3], [29.9, 2, -3]])  # of the rim, and just not
    np.testing.assert_allclose(behind(beyond, floor, tris, normals), [0, 0, 3])


def test_the_volume_of_a_ball_and_the_sheet_s_size(head: Head) -> None:
    points, tris = ball((5.0, 1.0, 2.0), 3.0)
    assert volume(tris, points) == pytest.approx(4 / 3 * np.pi * 27, rel=0.02)
    poses = [*sheet(head)]
    groups = {pose.group for pose in poses}
    assert len(poses) > 300 and {"speech", "gaze", "emotions × 0.5", "32 people, blink"} <= groups
    assert sum(pose.group == "expressions" for pose in poses) >= N_EXPRESSION
