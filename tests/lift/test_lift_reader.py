"""What landmarks tell at a glance: the table, how it is learned, and what does not matter to it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from damaged_tables import refuses
from safetensors.torch import load_file
from scipy.spatial.transform import Rotation

from flametalk.conventions import JAW_JOINT, LEFT_EYE, N_JOINTS, N_SHAPE, RIGHT_EYE, ROOT
from flametalk.head import Head
from flametalk.lift.mirror import MIRROR
from flametalk.lift.projection import Lens
from flametalk.lift.reader import (
    LAYOUT,
    SHAPES,
    TABLE,
    Reader,
    read_reader,
    reader_of,
    tell,
    towards,
    view_of,
    write_reader,
)
from flametalk.lift.unknowns import GAZE, HEAD, JAW
from flametalk.render import Camera
from scripts import learn_reader
from scripts.learn_reader import learn
from scripts.lift_faces import SIZE, Face

pytestmark = pytest.mark.core
CENTRE = (SIZE / 2, SIZE / 2)


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = reader_of(Head.load())
    assert made is not None
    return made


def _landmarks(reader: Reader, count: int = 3) -> np.ndarray:
    """Faces as renders are: a bit along each direction, in pixels."""
    along = np.random.default_rng(0).normal(0, 0.6, (count, len(reader.directions)))
    shape = reader.middle + along @ np.linalg.pinv(reader.directions).T
    flat = shape.reshape(count, 2, 478).transpose(0, 2, 1)
    return flat * (80.0, -80.0) + CENTRE


def test_the_table_comes_back(reader: Reader, tmp_path: Path) -> None:
    assert reader.head == Head.load().name
    write_reader(reader, tmp_path / "r.safetensors", {"faces": "3"})
    again = read_reader(tmp_path / "r.safetensors")
    for name in SHAPES:
        np.testing.assert_array_equal(getattr(again, name), getattr(reader, name))
    assert reader_of(replace(Head.load(), name="flame2020")) is None


def test_damaged_tables(tmp_path: Path) -> None:
    good = load_file(TABLE)
    broken = {
        "weights": good["weights"][:-1],
        "mean": good["mean"] * torch.nan,
        "covariance": -good["covariance"],
        "examples": good["examples"][:, 1:],
    }
    refuses(read_reader, TABLE, LAYOUT, broken, "a table of what landmarks tell", tmp_path / "r.safetensors")


def test_place_size_and_tilt_are_taken_off(reader: Reader) -> None:
    marks = _landmarks(reader)
    plain = view_of(marks, reader.mean)
    turn = np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])  # to the left, y points down
    moved = view_of((marks - CENTRE) @ turn.T * 2.5 + (40.0, 700.0), reader.mean)
    np.testing.assert_allclose(moved.shape, plain.shape, atol=1e-9)
    np.testing.assert_allclose(moved.tilt - plain.tilt, 0.3, atol=1e-9)
    np.testing.assert_allclose(reader.read(moved)[0], reader.read(plain)[0], atol=1e-9)


def test_a_tilted_face_is_told_as_turned_in_the_picture(reader: Reader) -> None:
    marks, lens = _landmarks(reader), Lens(1e9, CENTRE)  # from so far away that the place does not matter
    turn = np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    before = Rotation.from_rotvec(tell(reader, lens, marks).angles[:, HEAD].numpy())
    after = Rotation.from_rotvec(
        tell(reader, lens, (marks - CENTRE) @ turn.T + CENTRE).angles[:, HEAD].numpy()
    )
    between = (after * before.inv()).as_rotvec()
    np.testing.assert_allclose(between, np.tile([0, 0, 0.3], (3, 1)), atol=1e-6)


def test_a_face_aside_is_turned_with_the_ray_to_it() -> None:
    """What looks into the camera from the right half of the picture is turned to the subject's right."""
    (turn,) = towards(np.array([[356.0, 256.0]]), 100.0, CENTRE).as_matrix()
    np.testing.assert_allclose(turn @ [0, 0, 1], np.array([-1, 0, 1]) / np.sqrt(2), atol=1e-12)
    (turn,) = towards(np.array([[256.0, 156.0]]), 100.0, CENTRE).as_matrix()  # above: it looks down
    np.testing.assert_allclose(turn @ [0, 0, 1], np.array([0, -1, 1]) / np.sqrt(2), atol=1e-12)


def test_the_stranger_the_less_it_counts(reader: Reader) -> None:
    marks, lens = _landmarks(reader), Lens(1000.0, CENTRE)
    marks[1, :200] += 30 * np.random.default_rng(1).normal(size=(200, 2))
    marks[2] = np.nan
    told = tell(reader, lens, marks)
    sure = told.precision[:, HEAD, HEAD].diagonal(dim1=1, dim2=2)
    assert bool((sure[1] < 0.1 * sure[0]).all()) and bool((sure[0] > 0).all())
    assert not told.precision[2].any() and not told.angles[2].any()
    jaw, gaze = (
        JAW.start,
        GAZE.start,
    )  # both eyes together; how they differ, and how the jaw slides, is not told
    assert float(told.precision[0, jaw, jaw]) > 0 and not told.precision[0, jaw + 1].any()
    split = torch.zeros(10, dtype=torch.float64)
    split[gaze], split[gaze + 2] = 1.0, -1.0
    assert float((told.precision[0] @ split).abs().max()) < 1e-6 * float(told.precision[0].abs().max())


def test_learning_finds_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Landmarks of a ball of points that turns, opens and looks: told again for those not learned from."""
    monkeypatch.setattr(learn_reader, "DIRECTIONS", 12)
    monkeypatch.setattr(learn_reader, "EXAMPLES", 300)
    chance, head = np.random.default_rng(3), Head.load()
    half = chance.normal(size=(478, 3)) * (0.06, 0.07, 0.05)
    points = (half + half[list(MIRROR)] * (-1, 1, 1)) / 2  # alike on both sides
    camera = Camera(SIZE, SIZE, 1024.0, np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 1.0]))
    faces, marks = [], []
    for _ in range(500):
        pose = np.zeros((N_JOINTS, 3))
        pose[ROOT] = chance.uniform(-0.4, 0.4, 3) * (1, 1, 0.3)
        pose[JAW_JOINT, 0] = chance.uniform(0, 0.4)
        pose[LEFT_EYE, :2] = pose[RIGHT_EYE, :2] = chance.uniform(-0.3, 0.3, 2)
        moved = points.copy()
        moved[:100, 1] -= 0.05 * pose[JAW_JOINT, 0] * np.sign(points[:100, 1])
        moved[468:, :2] += 0.05 * pose[LEFT_EYE, 1::-1] * (1, -1)
        moved = Rotation.from_rotvec(pose[ROOT]).apply(moved)
        faces.append(Face(np.zeros(0), camera, np.zeros(N_SHAPE), np.zeros(50), pose, moved))
        marks.append(camera.project(moved)[0])
    made, wrong = learn(head, faces, [np.stack(marks)])
    assert np.degrees(np.linalg.norm(wrong[:, :3], axis=1)).mean() < 1.5
    assert np.degrees(wrong[:, 3]).std() < 0.5 * np.degrees(0.4 / 12**0.5)
    np.testing.assert_allclose(made.covariance, wrong.T @ wrong / len(wrong))
    assert made.examples.shape == (300, 12)
