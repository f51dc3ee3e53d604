"""Camera moves: the still camera at strength 0, smooth, around the head, the face in the picture."""

from itertools import pairwise

import numpy as np
import pytest

from flametalk.clip import Clip
from flametalk.errors import InputError, UnknownNameError
from flametalk.film import camera_for, clip_frames, moving_camera
from flametalk.head import Head
from flametalk.render.camera import Camera, perspective
from flametalk.render.moves import MOVES, camera_move

pytestmark = pytest.mark.core
TARGET = np.array([0.02, 0.1, 0.03])
STILL = perspective((0.3, 0.2, 1.5), TARGET, 200, 200)
FPS, FRAMES = 25.0, 250


def _pixels(cameras: list[Camera]) -> np.ndarray:
    return np.stack([camera.project(TARGET[None])[0][0] for camera in cameras])


@pytest.mark.parametrize("name", MOVES)
def test_no_strength_is_the_still_camera(name: str) -> None:
    for camera in camera_move(name, STILL, TARGET, 20, FPS, strength=0.0):
        np.testing.assert_allclose(camera.rotation, STILL.rotation, atol=1e-12)
        np.testing.assert_allclose(camera.translation, STILL.translation, atol=1e-12)
        assert camera.focal == STILL.focal


@pytest.mark.parametrize("name", MOVES)
def test_moves_are_seeded_and_smooth(name: str) -> None:
    """Sampled four times as finely, a step of the camera is about a fourth."""
    path = camera_move(name, STILL, TARGET, FRAMES, FPS, seed=1)
    again = camera_move(name, STILL, TARGET, FRAMES, FPS, seed=1)
    assert len(path) == FRAMES and all(
        np.array_equal(a.rotation, b.rotation) for a, b in zip(path, again, strict=True)
    )
    coarse, fine = (
        max(np.abs(b.translation - a.translation).max() for a, b in pairwise(p))
        for p in (path, camera_move(name, STILL, TARGET, 4 * FRAMES, 4 * FPS, seed=1))
    )
    assert fine < 0.6 * coarse
    assert coarse > 1e-5


@pytest.mark.parametrize("name", MOVES)
def test_the_head_stays_in_the_picture(name: str) -> None:
    pixels = _pixels(camera_move(name, STILL, TARGET, FRAMES, FPS))
    if name == "whip pan":
        pixels = pixels[15:235]  # thrown on, and off again
    assert (pixels > 40).all() and (pixels < 160).all()


def test_orbits_go_around_at_one_distance() -> None:
    path = camera_move("orbit", STILL, TARGET, 300, FPS)
    distances = [np.linalg.norm(camera.position - TARGET) for camera in path]
    assert np.ptp(distances) < 1e-9
    np.testing.assert_allclose(_pixels(path), np.tile(_pixels([STILL]), (300, 1)), atol=1e-6)
    bearing = np.unwrap([np.arctan2(*(c.position - TARGET)[[0, 2]]) for c in path])
    start = np.arctan2(*(STILL.position - TARGET)[[0, 2]])
    assert np.degrees(bearing - start).max() == pytest.approx(40, abs=1.5)
    assert np.degrees(bearing - start).min() == pytest.approx(-40, abs=1.5)


def test_parallax_keeps_looking_at_the_head() -> None:
    path = camera_move("parallax", STILL, TARGET, 200, FPS)
    np.testing.assert_allclose(_pixels(path)[:, 0], _pixels([STILL])[0, 0], atol=1e-6)
    assert np.ptp([camera.position[0] for camera in path]) > 0.3


def test_pushes_come_nearer() -> None:
    hero = [np.linalg.norm(c.position - TARGET) for c in camera_move("hero push", STILL, TARGET, FRAMES, FPS)]
    assert hero[0] > 1.25 * hero[-1] and (np.diff(hero) < 1e-12).all()
    zoom = [c.focal for c in camera_move("orbit zoom", STILL, TARGET, 300, FPS)]
    assert max(zoom) == pytest.approx(1.28 * STILL.focal, rel=1e-3) and zoom[0] == STILL.focal


def test_bounces_fall_on_the_beats() -> None:
    path = camera_move("beat bounce", STILL, TARGET, FRAMES, FPS, beats=[2.0, 5.0])
    near = -np.array([np.linalg.norm(c.position - TARGET) for c in path])
    peaks = [
        k
        for k in range(1, FRAMES - 1)
        if near[k] > near[k - 1] and near[k] >= near[k + 1] and near[k] > near[0] + 0.02
    ]
    assert [k / FPS for k in peaks] == [2.0, 5.0]


def test_names_and_ranges() -> None:
    with pytest.raises(UnknownNameError, match="Valid: beat bounce, energetic talk"):
        camera_move("dolly", STILL, TARGET, 5, FPS)
    with pytest.raises(InputError, match="expected 0 to 2"):
        camera_move("orbit", STILL, TARGET, 5, FPS, strength=5)


def test_clips_are_drawn_with_a_moving_camera() -> None:
    head = Head.load()
    clip = Clip.neutral(75, made_for=head.name)
    path = moving_camera(clip, head, camera_for(clip, head, "front", 64), "orbit")
    assert len(path) == 75
    pictures = list(clip_frames(clip, head, "front", 48, camera="orbit", antialias=1))[::37]
    assert len(pictures) == 3 and np.abs(pictures[2].astype(int) - pictures[0]).mean() > 3
