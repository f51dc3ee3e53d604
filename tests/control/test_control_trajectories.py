"""Drawn curves: the ten families, even pace, return to the centre, and variance that grows with γ²."""

import numpy as np
import pytest
from control.spoken_clips import spoken

from flametalk.clip import Clip
from flametalk.control.curves import angles_of
from flametalk.control.trajectories import FAMILIES, Curve, draw, evenly, follow
from flametalk.errors import InputError, UnknownNameError

pytestmark = pytest.mark.core


def test_ten_families_of_a_hundred_variants() -> None:
    assert len(FAMILIES) == 10
    for family in FAMILIES:
        curves = np.stack([draw(family, seed) for seed in range(100)])
        assert curves.shape == (100, 100, 2) and np.abs(curves).max() <= 1.0 + 1e-9
        assert np.array_equal(draw(family, 7), curves[7])
        apart = np.abs(curves[:, None] - curves[None]).max((2, 3)) + np.eye(100)
        assert apart.min() > 1e-4, f"two variants of {family} are the same"


@pytest.mark.parametrize("family", FAMILIES)
def test_points_are_equidistant(family: str) -> None:
    """Along the line; a step across a sharp bend is shorter as the crow flies."""
    steps = np.linalg.norm(np.diff(draw(family, 3, 400), axis=0), axis=1)
    assert steps.max() / np.percentile(steps, 5) < 1.05


def test_forms() -> None:
    """What the names promise, in closed form."""
    for seed in range(20):
        straight = draw("straight", seed) - draw("straight", seed)[0]
        assert np.linalg.svd(straight)[1][1] < 1e-6
        circle, half = draw("circle", seed), draw("half circle", seed)
        assert np.ptp(np.linalg.norm(circle, axis=1)) < 1e-3 and np.linalg.norm(circle[0] - circle[-1]) < 1e-3
        assert np.ptp(np.linalg.norm(half, axis=1)) < 1e-3
        np.testing.assert_allclose(half[0], -half[-1], atol=1e-3)
        assert _turned(draw("left turn", seed)) == pytest.approx(np.pi / 2, abs=0.1)
        assert _turned(draw("right turn", seed)) == pytest.approx(-np.pi / 2, abs=0.1)
        assert abs(_turned(draw("u-turn", seed))) == pytest.approx(np.pi, abs=0.1)
        assert abs(_turned(draw("double circle", seed))) == pytest.approx(4 * np.pi, abs=0.4)
        bends = np.sign(_bends(draw("s", seed))[5:-5])
        assert bends[:30].mean() * bends[-30:].mean() < -0.9


def _bends(points: np.ndarray) -> np.ndarray:
    steps = np.diff(points, axis=0)
    headings = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    return np.diff(headings)


def _turned(points: np.ndarray) -> float:
    """Whole turn of the heading, to the left positive."""
    return float(_bends(points).sum())


def test_the_last_fifth_leads_home() -> None:
    for family in FAMILIES:
        at = follow(draw(family, 1), 250, 25.0)
        assert np.abs(at[0]).max() < 0.02 and np.abs(at[-1]).max() < 0.02
        assert np.abs(at[100:190]).max() > 0.2


def test_variance_of_the_pose_grows_with_gamma_squared() -> None:
    """XTalker's figure 7, as a law: var(γ) / γ² is one number."""
    clip = Clip.neutral(300)
    for family in FAMILIES:
        strengths = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
        variances = [
            angles_of(Curve(family, strength=g, mode="replace")(clip).head)[:, :2].var(0).sum()
            for g in strengths
        ]
        constant = np.array(variances) / strengths**2
        assert np.ptp(constant) / constant.mean() < 2e-3, family


def test_added_to_the_clips_own_motion() -> None:
    clip = spoken()[0]
    own = angles_of(clip.head)
    added = angles_of(Curve("circle", 3)(clip).head) - own
    drawn = angles_of(Curve("circle", 3, mode="replace")(clip).head)
    np.testing.assert_allclose(added, drawn, atol=1e-3)


def test_right_and_up_as_the_viewer_sees_them() -> None:
    """A line drawn to the viewer's right turns the head to the subject's left; up lifts the chin."""
    clip = Clip.neutral(100)
    right = angles_of(Curve([(0, 0), (1, 0)])(clip).head)[70]
    up = angles_of(Curve([(0, 0), (0, 1)])(clip).head)[70]
    assert right[1] > 8 and abs(right[0]) < 0.1
    assert up[0] < -5 and abs(up[1]) < 0.1
    tilted = angles_of(Curve([(0, 0), (1, 0)], reach=(15, 10, 5))(clip).head)[70]
    assert tilted[2] > 2


def test_drawn_points_are_followed_evenly_however_they_were_drawn() -> None:
    slow = np.concatenate([np.linspace(0, 0.1, 90), np.linspace(0.11, 1, 10)])
    points = evenly(np.stack([slow, slow], 1), 11)
    np.testing.assert_allclose(points[:, 0], np.linspace(0, 1, 11), atol=1e-6)
    assert np.array_equal(evenly(np.array([[0.5, 0.5]] * 4), 3), [[0.5, 0.5]] * 3)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(0, 0)], "2 or more"), ([(0, 0), (2, 0)], "outside the square"), ([(0, 0), (np.nan, 0)], "outside"),
        ([(0, 0, 0), (1, 1, 1)], "have shape"),
    ],
)  # fmt: skip
def test_wrong_points(points: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Curve(points)


def test_names_and_ranges() -> None:
    with pytest.raises(UnknownNameError, match="Valid: circle, double circle"):
        Curve("spiral")
    with pytest.raises(InputError, match="expected 0 to 4"):
        Curve("circle", strength=9)
