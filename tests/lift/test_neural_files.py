"""A video file through a tracker and the encoders, to a clip."""

from pathlib import Path

import numpy as np
import pytest
from lift_trackers import Squares, squares_video
from official_emoca import SMALL, random_networks

from flametalk.lift.crop import LIKE_68, box_of_landmarks, crop
from flametalk.lift.frames import read_frames
from flametalk.lift.neural.from_files import read_file
from flametalk.lift.neural.model import FaceEncoder

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def model() -> FaceEncoder:
    return FaceEncoder("random", "flame2020", SMALL, **random_networks())


def test_a_file_is_looked_at_twice(model: FaceEncoder, tmp_path: Path) -> None:
    """A video through any tracker: the boxes of its landmarks, the codes of its frames."""
    squares_video(tmp_path / "v.mp4")
    done = read_file(tmp_path / "v.mp4", model, tracker=Squares(missing=(2,)), smooth=True).encoded
    assert done.found.tolist() == [True, True, False, True, True, True]
    assert done.clip.n_frames == 6 and done.clip.provenance["tracker"] == "squares"
    still = read_file(tmp_path / "v.mp4", model, tracker=Squares(missing=(2,))).encoded
    first = next(iter(read_frames(tmp_path / "v.mp4")))
    marks = Squares().faces(first)[0].landmarks
    direct = model.encode(crop(first, box_of_landmarks(marks[list(LIKE_68), :2]), 64)[None])
    np.testing.assert_allclose(still.codes.expression[:1], direct.expression, rtol=1e-4, atol=1e-5)
