"""Cameras: closed forms of projection, look-at and framing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_meshes import ball

from flametalk.errors import InputError, UnknownNameError
from flametalk.render import Camera, frame_head, look_at, perspective, weak_perspective
from flametalk.render.camera import VIEWS


def test_the_target_lands_in_the_middle():
    camera = perspective((0.3, 0.2, 1.0), (0.0, 0.1, 0.0), 640, 480)
    pixel, depth = camera.project(np.array([[0.0, 0.1, 0.0]]))
    assert np.allclose(pixel, [[320, 240]])
    assert np.allclose(depth, math.dist((0.3, 0.2, 1.0), (0, 0.1, 0)))
    assert np.allclose(camera.position, (0.3, 0.2, 1.0))


def test_left_of_the_subject_is_right_in_a_front_view():
    camera = perspective((0, 0, 1), (0, 0, 0), 100, 100, math.radians(90))
    pixel, depth = camera.project(np.array([[0.5, 0.25, 0.0], [0.5, 0.25, 0.5]]))
    assert np.allclose(pixel, [[75, 37.5], [100, 25]])  # focal = 50 pixels
    assert np.allclose(depth, [1.0, 0.5])


def test_weak_perspective_does_not_shrink():
    camera = weak_perspective((0, 0, 1), (0, 0, 0), 200, 100, view_height=0.5)
    pixel, depth = camera.project(np.array([[0.1, 0.1, 0.0], [0.1, 0.1, 0.5]]))
    assert np.allclose(pixel, [[120, 30], [120, 30]])
    assert np.allclose(depth, [1.0, 0.5])
    assert camera.field_of_view == 0


def test_field_of_view_and_intrinsics_agree():
    camera = perspective((0, 0, 1), (0, 0, 0), 320, 240, 0.7)
    assert math.isclose(camera.field_of_view, 0.7)
    point = np.array([0.05, -0.02, 0.1])
    local = camera.to_camera(point)
    assert np.allclose((camera.intrinsics @ local)[:2] / local[2], camera.project(point)[0])


def test_opengl_pose_looks_along_minus_z():
    camera = perspective((0.5, 0.2, 0.8), (0, 0, 0))
    pose = camera.opengl_pose
    local = np.linalg.inv(pose) @ np.array([0, 0, 0, 1])
    assert np.allclose(local[:3], [0, 0, -np.linalg.norm([0.5, 0.2, 0.8])])
    assert math.isclose(np.linalg.det(pose[:3, :3]), 1.0)


@given(
    st.floats(-3.1, 3.1),
    st.floats(-1.3, 1.3),
    st.integers(40, 700),
    st.integers(40, 700),
    st.floats(0.05, 1.5),
    st.booleans(),
)
def test_framing_holds_everything_and_wastes_nothing(yaw, pitch, width, height, fov, orthographic):
    points = np.random.default_rng(3).normal(size=(60, 3)) * (0.08, 0.15, 0.1) + (1, 2, 3)
    camera = frame_head(points, (yaw, pitch), width, height, fov, 0.1, orthographic)
    pixel, depth = camera.project(points)
    part = pixel / (width, height)
    assert depth.min() > 0
    assert part.min() >= 0.1 - 1e-6
    assert part.max() <= 0.9 + 1e-6
    if depth.min() > 0.021:  # else nearness to the lens, not the frame, sets the distance
        assert np.ptp(part, axis=0).max() > 0.72  # one direction is filled


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_the_head_in_the_picture(view):
    camera = frame_head(ball()[0], view, 200, 300)
    pixel, _ = camera.project(ball()[0])
    assert pixel.min() >= 0
    assert (pixel.max(0) <= (200, 300)).all()


def test_profile_shows_the_left_side_with_the_nose_pointing_left():
    camera = frame_head(ball()[0], "profile")
    pixel, _ = camera.project(np.array([[0, 0, 0.1], [0, 0, -0.1]]))
    assert pixel[0, 0] < pixel[1, 0]
    assert camera.position[0] > 0


def test_resizing_keeps_the_view():
    camera = frame_head(ball()[0], "three-quarter", 400, 400)
    half = camera.resized(200, 200)
    points = ball()[0]
    assert np.allclose(camera.project(points)[0] / 2, half.project(points)[0])
    wide = camera.resized(300, 200)
    assert np.allclose(half.project(points)[0] + (50, 0), wide.project(points)[0])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: look_at((0, 0, 0), (0, 0, 0)), "same point"),
        (lambda: look_at((0, 0, 0), (0, 1, 0)), "up"),
        (lambda: perspective((0, 0, 1), (0, 0, 0), field_of_view=0.0), "field of view"),
        (lambda: perspective((0, 0, 1), (0, 0, 0), 0, 10), "0 × 10"),
        (lambda: frame_head(np.full((3, 3), np.nan)), "finite"),
        (lambda: frame_head(np.zeros((0, 3))), "nothing to frame"),
        (lambda: Camera(8, 8, 1.0, np.ones((3, 3)), np.zeros(3)), "rotation matrix"),
        (lambda: Camera(8, 8, -1.0, np.eye(3), np.zeros(3)), "focal"),
        (lambda: Camera(8, 8, 1.0, np.eye(3), np.zeros(3), near=2.0, far=1.0), "near"),
    ],
)
def test_impossible_cameras_are_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()


def test_unknown_views_are_named():
    with pytest.raises(UnknownNameError, match="three-quarter"):
        frame_head(ball()[0], "three-quarters")
