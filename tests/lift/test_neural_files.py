"""A video file through a tracker and the encoders, to a clip."""

from pathlib import Path

import numpy as np
import pytest
from official_emoca import SMALL, random_networks

from flametalk.lift.crop import LIKE_68, box_of_landmarks, crop
from flametalk.lift.frames import read_frames
from flametalk.lift.neural.from_files import encode_file
from flametalk.lift.neural.model import FaceEncoder
from flametalk.lift.tracker import Face
from flametalk.render import write_video

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def model() -> FaceEncoder:
    return FaceEncoder("random", "flame2020", SMALL, **random_networks())


def test_a_file_is_looked_at_twice(model: FaceEncoder, tmp_path: Path) -> None:
    """A video through any tracker: the boxes of its landmarks, the codes of its frames."""
    pictures = [np.full((96, 128, 3), 10 * k, np.uint8) for k in range(6)]
    for k, picture in enumerate(pictures):
        picture[20:70, 30 + 4 * k : 80 + 4 * k] = 200
    write_video(iter(pictures), tmp_path / "v.mp4", 25.0)

    class Squares:
        name = "squares"

        def __init__(self) -> None:
            self.frame = -1

        def faces(self, picture: np.ndarray) -> list[Face]:
            self.frame += 1
            if self.frame == 2:
                return []
            bright = np.argwhere(picture.mean(-1) > 150)[:, ::-1].astype(np.float32)
            chosen = bright[np.linspace(0, len(bright) - 1, 478).astype(int)]
            return [Face(np.pad(chosen, ((0, 0), (0, 1))))]

    done = encode_file(tmp_path / "v.mp4", model, tracker=Squares(), smooth=True)
    assert done.found.tolist() == [True, True, False, True, True, True]
    assert done.clip.n_frames == 6 and done.clip.provenance["tracker"] == "squares"
    still = encode_file(tmp_path / "v.mp4", model, tracker=Squares())
    first = next(iter(read_frames(tmp_path / "v.mp4")))
    marks = Squares().faces(first)[0].landmarks
    direct = model.encode(crop(first, box_of_landmarks(marks[list(LIKE_68), :2]), 64)[None])
    np.testing.assert_allclose(still.codes.expression[:1], direct.expression, rtol=1e-4, atol=1e-5)
