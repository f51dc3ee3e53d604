"""Lifting with an encoder: cameras of the whole picture, errors, overlays, any head it was made for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lift_trackers import Squares, squares_video
from official_emoca import SMALL, random_networks
from PIL import Image

from flametalk.errors import InputError
from flametalk.head import Head
from flametalk.lift.crop import FaceBox
from flametalk.lift.neural.camera import crop_camera, picture_camera, project
from flametalk.lift.neural.lifted import lift_encoded
from flametalk.lift.neural.model import FaceEncoder
from flametalk.lift.overlay import overlay_frames, write_overlay
from flametalk.render.video import read_video_info

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def model() -> FaceEncoder:
    """Random weights, but a camera that shows the head."""
    networks = random_networks()
    last = networks["E_flame"].last
    with torch.no_grad():
        last.weight.mul_(1e-3)
        last.bias.zero_()
        last.bias[206] = 8.0
    return FaceEncoder("random", "builtin-1", SMALL, E_flame=networks["E_flame"])


def test_the_camera_of_the_picture_is_that_of_the_crop() -> None:
    """A point's place in the crop, carried to the picture as `crop` cuts it."""
    box, size, side = FaceBox(70.25, 41.5, 60.0), (128, 96), SMALL.pixels
    camera = np.array([7.5, 0.01, -0.02], np.float32)
    points = np.random.default_rng(0).normal(0, 0.05, (9, 3))
    there = picture_camera(camera, box, size, side).project(points)[0]
    in_crop = crop_camera(camera, side).project(points)[0]
    middles = in_crop - 0.5  # number of a pixel of the crop, counted from the first one's middle
    expected = np.array([box.x, box.y]) - box.side / 2 + middles * box.side / (side - 1) + 0.5
    np.testing.assert_allclose(there, expected, atol=1e-5)
    plain = project(torch.from_numpy(points)[None], torch.from_numpy(camera.astype(float))[None])[0, :, :2]
    np.testing.assert_allclose((plain.numpy() + 1) / 2 * side, in_crop, atol=1e-4)


def test_a_video_with_a_gap(model: FaceEncoder, tmp_path: Path) -> None:
    squares_video(tmp_path / "v.mp4")
    head = Head.load()
    lifted = lift_encoded(tmp_path / "v.mp4", model, head, tracker=Squares(missing=(0, 3)))
    assert lifted.found.tolist() == [False, True, True, False, True, True]
    assert lifted.clip.made_for == "builtin-1" and lifted.clip.shape.ndim == 1
    assert lifted.clip.provenance["lifted"] == "encoder random"
    assert np.isnan(lifted.error[[0, 3]]).all() and np.isfinite(lifted.error[[1, 2, 4, 5]]).all()
    cameras = [lifted.camera_of(k) for k in range(6)]
    assert cameras[0] is cameras[1] and cameras[3] is cameras[2]
    (moved,) = np.diff([camera.principal_point[0] for camera in cameras[4:]])
    assert 1 < moved < 4  # the face moves on by 4 pixels a frame, and its boxes are steadied
    points = head.landmark_points(lifted.clip.vertices(head, 4, 5), "mediapipe")[0].numpy()
    seen = lifted.landmarks[4, list(head.landmarks["mediapipe"].ids or ())]
    away = np.linalg.norm(cameras[4].project(points)[0] - seen, axis=1).mean()
    assert lifted.error[4] == pytest.approx(away, rel=1e-4)
    write_overlay(lifted, tmp_path / "v.mp4", tmp_path / "o.mp4", head)
    assert read_video_info(tmp_path / "o.mp4").frames == 6


def test_the_overlay_lies_where_the_face_is(model: FaceEncoder, tmp_path: Path) -> None:
    """The head of the mean camera fills the box: its middle is that of the box."""
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[20:80, 80:140] = 200
    Image.fromarray(picture).save(tmp_path / "p.png")
    lifted = lift_encoded(tmp_path / "p.png", model, Head.load(), tracker=Squares())
    (drawn,) = overlay_frames(lifted, [picture], strength=1.0, beside=False, marks=False)
    changed = np.argwhere((drawn != picture).any(-1))[:, ::-1]
    assert abs(changed[:, 0].mean() - 110) < 8 and len(changed) > 1000


def test_heads_that_are_not_there_or_not_meant(model: FaceEncoder, tmp_path: Path) -> None:
    squares_video(tmp_path / "v.mp4", frames=1)
    flame = replace(model, made_for="flame2020")
    lifted = lift_encoded(tmp_path / "v.mp4", flame, tracker=Squares())
    assert lifted.clip.made_for == "flame2020" and np.isnan(lifted.error).all()
    with pytest.raises(InputError, match="reads flame2020, not builtin-1"):
        lift_encoded(tmp_path / "v.mp4", flame, Head.load(), tracker=Squares())
