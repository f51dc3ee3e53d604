"""The whole way with the real tracker, on renders whose truth is known (extra `lift`)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.optimize import linear_sum_assignment

pytest.importorskip("mediapipe", reason="extra lift is not installed")

from official_emoca import SMALL, random_networks, write_emoca

from flametalk import animate
from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.errors import FlametalkError
from flametalk.head import Head
from flametalk.lift import lift, lift_file, write_overlay
from flametalk.lift.mediapipe_tracker import MediaPipeTracker
from flametalk.lift.mirror import MIRROR
from flametalk.lift.neural import store
from flametalk.lift.neural.encoder import Sizes
from flametalk.lift.neural.model import FaceEncoder
from flametalk.lift.tracker import choose
from flametalk.render import Camera, CpuRenderer, Settings, from_head
from flametalk.render.video import read_video_info, write_video
from scripts.lift_faces import Face, random_faces


@pytest.fixture(scope="module")
def face() -> Face:
    return next(random_faces(Head.load(), 1, seed=11))


@pytest.fixture(scope="module")
def tracker() -> Iterator[MediaPipeTracker]:
    with MediaPipeTracker(still=True) as made:
        yield made


def test_landmarks_lie_on_the_face(face: Face, tracker: MediaPipeTracker) -> None:
    (found,) = tracker.faces(face.picture)
    head = Head.load()
    rims = [face.vertices[head.regions[f"{side}_iris_rim"].numpy()].mean(0) for side in ("right", "left")]
    seen = face.camera.project(np.stack(rims))[0]
    assert np.linalg.norm(found.landmarks[[468, 473], :2] - seen, axis=1).max() < 0.1 * found.width


def test_the_mirror_is_that_of_a_symmetric_face() -> None:
    """The whole table, from one look at the mean face from the front."""
    head = Head.load()
    camera = Camera(1024, 1024, 3200.0, np.diag([1.0, -1.0, -1.0]), np.array([0, -0.03, 1.0]))
    renderer = CpuRenderer(Settings(look="skin", background=(90.0, 110.0, 130.0)))
    picture = renderer.render(head.template.numpy(), from_head(head), camera).colour
    assert picture is not None
    with MediaPipeTracker(still=True, twice=False) as once:
        (found,) = once.faces(picture)
    marks = found.landmarks[:468]
    mirrored = marks * (-1, 1, 1) + (2 * marks[:, 0].mean(), 0, 0)
    rows, columns = linear_sum_assignment(np.linalg.norm(mirrored[:, None] - marks, axis=-1))
    np.testing.assert_array_equal(columns, np.array(MIRROR)[rows])


def test_two_faces_and_none(face: Face, tracker: MediaPipeTracker) -> None:
    small = np.asarray(Image.fromarray(face.picture).resize((384, 384)))
    both = np.concatenate([np.pad(small, ((0, 128), (0, 0), (0, 0))), face.picture], 1)
    faces = tracker.faces(both)
    assert len(faces) == 2
    left, largest = choose(faces, 0), choose(faces, None)
    assert left is not None and largest is not None
    assert left.middle[0] < 384 < largest.middle[0]
    assert tracker.faces(np.full((240, 320, 3), 128, np.uint8)) == []


def test_a_photo(face: Face, tmp_path: Path) -> None:
    Image.fromarray(face.picture).save(tmp_path / "me.jpg", quality=95)
    lifted = lift_file(tmp_path / "me.jpg")
    assert lifted.clip.n_frames == 1 and lifted.error_of_eyes < 0.08
    write_overlay(lifted, tmp_path / "me.jpg", tmp_path / "over.png")
    assert Image.open(tmp_path / "over.png").size == (1024, 512)
    hum = Audio(0.1 * np.sin(np.arange(8000) / 20).astype(np.float32), 16_000)
    talk = animate(hum, image=tmp_path / "me.jpg", generator="performer")
    np.testing.assert_allclose(talk.shape, lifted.clip.shape, atol=1e-6)


def test_a_video_with_a_gap(face: Face, tmp_path: Path) -> None:
    grey = np.full_like(face.picture, 128)
    hum = Audio(0.1 * np.sin(np.arange(8000) / 20).astype(np.float32), 16_000)
    write_video([face.picture] * 5 + [grey] * 3 + [face.picture] * 4, tmp_path / "v.mp4", 25, hum)
    lifted = lift_file(tmp_path / "v.mp4")
    assert lifted.clip.n_frames == 12 and lifted.found.sum() == 9 and not lifted.found[5:8].any()
    assert lifted.clip.audio is not None and lifted.clip.shape.ndim == 1
    write_overlay(lifted, tmp_path / "v.mp4", tmp_path / "over.mp4")
    assert read_video_info(tmp_path / "over.mp4").frames == 12


@pytest.mark.parametrize("width", [20, 60])
def test_small_faces_end_in_a_line_or_a_clip(face: Face, tmp_path: Path, width: int) -> None:
    small = Image.fromarray(face.picture).resize((width * 2, width * 2), Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (640, 480), (90, 110, 130))
    picture.paste(small, (300, 200))
    picture.save(tmp_path / "far.png")
    try:
        clip = lift(tmp_path / "far.png")
    except FlametalkError as error:
        assert "\n" not in str(error) and "face" in str(error)
    else:
        assert clip.n_frames == 1 and np.isfinite(clip.shape).all()


def test_the_command_reads_with_encoders(
    face: Face, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """EMOCA's folder in the official layout, and an encoder of our own, on a render that MediaPipe finds."""
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(store, "Sizes", lambda **own: Sizes(**own) if own else SMALL)
    Image.fromarray(face.picture).save(tmp_path / "me.png")
    networks = random_networks()
    del networks["D_detail"]  # only its small twin could be made up here
    write_emoca(tmp_path / "EMOCA", networks)
    words = ["lift", str(tmp_path / "me.png"), "-o", str(tmp_path / "me.npz"), "--quiet", "--encoder"]
    assert main([*words, str(tmp_path / "EMOCA")]) == 0
    said = capsys.readouterr().out
    assert "encoder emoca" in said.lower() or "encoder dataloader" in said
    assert "error      not known: it takes flame2020" in said
    clip = Clip.load(tmp_path / "me.npz")
    assert clip.made_for == "flame2020" and clip.detail is not None and clip.detail.shape == (1, 128)
    assert main([*words, str(tmp_path / "EMOCA"), "--overlay", str(tmp_path / "o.png")]) == 2
    assert "flame2020, which is not here" in capsys.readouterr().err
    networks["E_flame"].last.bias.data[206] = 8.0  # a camera that shows the head
    own = FaceEncoder("own", "builtin-1", SMALL, E_flame=networks["E_flame"])
    store.save_encoder(own, tmp_path / "own.safetensors")
    assert main([*words, str(tmp_path / "own.safetensors"), "--overlay", str(tmp_path / "o.png")]) == 0
    assert "of the distance of the eyes" in capsys.readouterr().out
    assert Image.open(tmp_path / "o.png").size == (1024, 512)
    assert main([*words, str(tmp_path / "own.safetensors"), "--weak"]) == 2
    assert "--weak is about fitting" in capsys.readouterr().err


@pytest.mark.parametrize(("yaw", "outcome"), [(30, "sure"), (-65, "careful"), (90, "none")])
def test_profiles(yaw: int, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half profiles are lifted, profiles marked, and where no tracker sees a face one line says so."""
    head, pose = Head.load(), np.zeros((1, 5, 3), np.float32)
    pose[0, 0, 1] = np.radians(yaw)
    still = torch.zeros(1, 100), torch.zeros(1, head.n_expression), torch.from_numpy(pose)
    camera = Camera(512, 512, 1400.0, np.diag([1.0, -1.0, -1.0]), np.array([0, -0.03, 1.2]))
    renderer = CpuRenderer(Settings(look="skin", background=(90.0, 110.0, 130.0)))
    picture = renderer.render(head.vertices(*still)[0].numpy(), from_head(head), camera).colour
    assert picture is not None
    Image.fromarray(picture).save(tmp_path / "p.png")
    code = main(["lift", str(tmp_path / "p.png"), "-o", str(tmp_path / "me.npz"), "--quiet"])
    said = capsys.readouterr()
    assert (code == 0) == (outcome != "none") and ("careful" in said.out) == (outcome == "careful")
    if code:
        assert "not a profile" in said.err and said.err.count("\n") == 1
    else:
        clip = Clip.load(tmp_path / "me.npz")
        assert clip.provenance["frames_turned_away"] == ([0] if outcome == "careful" else [])
        assert np.sign(clip.head[0, 1]) == np.sign(yaw)
