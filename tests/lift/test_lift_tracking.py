"""Which face is followed, what is said when there is none, and the way from landmarks to a clip."""

import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from lift_landmarks import SIZE, speaking_truth

from flametalk.clip import Clip
from flametalk.errors import InputError
from flametalk.head import Head
from flametalk.lift.overlay import overlay_frames
from flametalk.lift.sources import lift_frames, track
from flametalk.lift.tracker import Face, choose, follow

pytestmark = pytest.mark.core


class Scripted:
    """A detector that sees what it is told: any `Tracker` fits in."""

    name = "scripted"

    def __init__(self, frames: Sequence[list[Face]]):
        self._frames = iter(frames)

    def faces(self, picture: np.ndarray) -> list[Face]:
        return next(self._frames)


def _face(x: float, y: float = 100.0, width: float = 60.0) -> Face:
    marks = np.zeros((478, 3), np.float32)
    marks[:, :2] = np.random.default_rng(0).uniform(-0.5, 0.5, (478, 2)) * width + (x, y)
    marks[0, :2], marks[1, :2] = (x - width / 2, y - width / 2), (x + width / 2, y + width / 2)
    return Face(marks)


def _pictures(count: int) -> list[np.ndarray]:
    return [np.zeros((200, 400, 3), np.uint8)] * count


def _middles(landmarks: np.ndarray) -> list[float | None]:
    return [None if np.isnan(m).any() else round(float(m[:2, 0].mean())) for m in landmarks]


def test_the_largest_or_a_chosen_one() -> None:
    faces = [_face(300), _face(100, width=90), _face(200, width=40)]
    assert choose(faces, None) is faces[1]
    assert [choose(faces, k) for k in range(3)] == [faces[1], faces[2], faces[0]]
    assert choose([], None) is None
    with pytest.raises(InputError, match="there are 3"):
        choose(faces, 3)


def test_a_face_is_followed_past_a_larger_one() -> None:
    frames = [
        [_face(100)],
        [_face(110), _face(300, width=120)],
        [_face(300, width=120), _face(120)],
        [_face(128)],
    ]
    landmarks, size = track(_pictures(4), Scripted(frames))
    assert _middles(landmarks) == [100, 110, 120, 128] and size == (400, 200)


def test_loss_and_return() -> None:
    frames = [[_face(100)], [], [], [_face(320)]]
    assert _middles(track(_pictures(4), Scripted(frames))[0]) == [100, None, None, 320]
    frames = [[_face(100), _face(300)], [_face(300)], [_face(105), _face(300)]]
    assert _middles(track(_pictures(3), Scripted(frames), face=0)[0]) == [100, None, 105]
    assert follow([_face(390)], _face(10), None) is not None


@pytest.mark.parametrize(
    ("frames", "face", "message"),
    [
        ([[]], None, "no face in the picture"),
        ([[], []], None, "no face in 2 frames"),
        ([[_face(50, width=20)]], None, "20 pixels wide, 24 are needed"),
        ([[_face(50)]], 2, "face 2 was asked for, in the picture there are 1"),
    ],
)
def test_no_face_ends_in_one_clear_line(frames: list[list[Face]], face: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        track(_pictures(len(frames)), Scripted(frames), face)
    assert "\n" not in str(caught.value)


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match="frame 1 is 100 × 50"):
        track([*_pictures(1), np.zeros((50, 100, 3), np.uint8)], Scripted([[_face(1)], [_face(1)]]))
    with pytest.raises(InputError, match="no pictures"):
        track([], Scripted([]))


def test_clip_and_camera_lie_over_the_pictures(tmp_path: Path) -> None:
    """The clip, drawn with the camera that comes with it, puts the landmarks where they were seen."""
    truth = speaking_truth(4, seed=9)
    faces = [[Face(np.pad(m, ((0, 0), (0, 1))).astype(np.float32))] for m in truth.landmarks]
    faces[2] = []
    pictures = [np.zeros((SIZE[1], SIZE[0], 3), np.uint8)] * 4
    lifted = lift_frames(pictures, Scripted(faces))
    clip, head = lifted.clip, Head.load()
    assert (
        clip.n_frames == 4
        and clip.made_for == head.name
        and lifted.found.tolist() == [True, True, False, True]
    )
    assert clip.provenance["frames_without_face"] == [2] and clip.provenance["tracker"] == "scripted"
    assert lifted.error_of_eyes < 0.05
    eyes = clip.vertices(head)[:, head.regions["left_iris_rim"].long()].mean(1).numpy()
    seen = lifted.camera.project(eyes)[0]
    away = np.linalg.norm(seen - truth.landmarks[:, 473], axis=1)[[0, 1, 3]]
    assert away.max() < 4
    drawn = list(overlay_frames(lifted, pictures))
    assert len(drawn) == 4 and drawn[0].shape == (SIZE[1], 2 * SIZE[0], 3)
    x, y = int(seen[0, 0]), int(seen[0, 1])  # the pupil, which is dark itself
    around = drawn[0][y - 9 : y + 10, SIZE[0] + x - 9 : SIZE[0] + x + 10]
    assert around.max() > 40 and drawn[0][:, : SIZE[0]].max() == 0
    boxes = lifted.boxes()
    assert boxes[2] is None and boxes[0] is not None and abs(boxes[0].x - seen[0, 0]) < 80
    clip.save(tmp_path / "me.npz")
    assert Clip.load(tmp_path / "me.npz") == clip


def test_pictures_are_not_kept() -> None:
    """However long the video: of all that were handed over, the last few at most are alive."""
    alive: list[int] = []
    kept: weakref.WeakSet[_Picture] = weakref.WeakSet()

    def pictures() -> Iterator[np.ndarray]:
        for _ in range(1100):
            picture = np.zeros((200, 400, 3), np.uint8).view(_Picture)
            kept.add(picture)
            alive.append(len(kept))
            yield picture

    landmarks, _ = track(pictures(), Scripted([[_face(100)]] * 1100))
    assert landmarks.shape == (1100, 478, 2) and landmarks.base is None
    assert max(alive) <= 3
    np.testing.assert_array_equal(landmarks[1099], _face(100).landmarks[:, :2])


class _Picture(np.ndarray):
    """An array that can be watched, and counted by itself."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__  # type: ignore[assignment]
