"""Templates from lifted sessions: the mean over all frames, and files that are checked."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from flametalk.clip import Clip
from flametalk.control.template_build import build_templates, find_sessions, label_of
from flametalk.control.template_files import load_templates, save_templates
from flametalk.errors import FileError, FormatError, InputError

pytestmark = pytest.mark.core
chance = np.random.default_rng(0)


def _session(path: Path, frames: int, offset: float) -> np.ndarray:
    """A clip file; its expression codes."""
    codes = (chance.normal(size=(frames, 50)) + offset).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    Clip.neutral(frames, expression=codes, made_for="flame2020").save(path)
    return codes


def _folder(path: Path, frames: int) -> np.ndarray:
    """3DXTalker's folder of codes, written with NumPy alone."""
    path.mkdir(parents=True)
    codes = chance.normal(size=(frames, 50)).astype(np.float32)
    np.save(path / "expcode.npy", codes)
    np.save(path / "shapecode.npy", np.zeros((frames, 100), np.float32))
    np.save(path / "posecode.npy", np.zeros((frames, 6), np.float32))
    np.save(path / "detailcode.npy", np.zeros((frames, 128), np.float32))
    return codes


def test_table_seven(tmp_path: Path) -> None:
    """All frames of an emotion's sessions are concatenated; their mean is the template."""
    happy = [
        _session(tmp_path / "M003/video/front/happy/level_3/001.npz", 30, 1.0),
        _session(tmp_path / "M003/video/front/happy/level_1/002.npz", 90, 2.0),
        _folder(tmp_path / "V1-MEAD/W009_happy_2_012", 20),
    ]
    neutral = _session(tmp_path / "M003_front_neutral_level_1_001.npz", 10, 0.0)
    _session(tmp_path / "M003_front_speech_001.npz", 10, 5.0)  # no emotion in its name
    found = build_templates(tmp_path)
    np.testing.assert_allclose(found["happy"].expression, np.concatenate(happy).mean(0), atol=1e-5)
    np.testing.assert_allclose(found.neutral, neutral.mean(0), atol=1e-5)
    assert found.made_for == "flame2020" and set(found.emotions) == {"happy"}
    assert found.info["frames"] == {"happy": 140, "neutral": 10} and found.info["passed_over"] == 1
    strongest = build_templates(tmp_path, level=3)
    np.testing.assert_allclose(strongest["happy"].expression, happy[0].mean(0), atol=1e-5)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("M003/video/front/angry/level_3/001.npz", ("angry", 3)),
        ("M003_front_surprised_level_2_004.npz", ("surprise", 2)),
        ("V1-MEAD/W009_disgusted_3_012", ("disgust", 3)),
        ("happy_people/sad/1.npz", ("sad", 1)),
        ("contempt/clip.npz", ("contempt", None)),
        ("M005/unhappyness/x.npz", (None, None)),
    ],
)
def test_labels(path: str, label: tuple) -> None:
    assert label_of(Path(path)) == label


def test_links_are_not_followed(tmp_path: Path) -> None:
    _session(tmp_path / "outside/happy_1.npz", 4, 0.0)
    inside = tmp_path / "inside"
    _session(inside / "sad_1.npz", 4, 0.0)
    (inside / "loop").symlink_to(inside)
    (inside / "away").symlink_to(tmp_path / "outside")
    assert [p.name for p in find_sessions(inside)] == ["sad_1.npz"]


def test_a_broken_session_is_named(tmp_path: Path) -> None:
    _session(tmp_path / "sad_1.npz", 4, 0.0)
    (tmp_path / "happy_1.npz").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"happy_1\.npz cannot be used"):
        build_templates(tmp_path)


def test_empty_and_mixed_corpora_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        build_templates(tmp_path / "none")
    with pytest.raises(InputError, match="named after one of"):
        build_templates(tmp_path)
    _session(tmp_path / "sad_1.npz", 4, 0.0)
    Clip.neutral(3, made_for="builtin-1").save(tmp_path / "sad_2.npz")
    with pytest.raises(InputError, match="different heads: builtin-1, flame2020"):
        build_templates(tmp_path)


def test_files_give_back_the_same(tmp_path: Path) -> None:
    _session(tmp_path / "in/sad_1.npz", 4, 0.0)
    _session(tmp_path / "in/neutral_1.npz", 4, 0.0)
    found, path = build_templates(tmp_path / "in"), tmp_path / "t.safetensors"
    save_templates(found, path)
    again = load_templates(path)
    np.testing.assert_array_equal(again["sad"].expression, found["sad"].expression)
    np.testing.assert_array_equal(again.neutral, found.neutral)
    assert again.made_for == found.made_for and again.info == dict(found.info)


META = {"layout": "flametalk-emotions-1", "made_for": "flame2020", "info": "{}"}


@pytest.mark.parametrize(
    ("arrays", "meta", "message"),
    [
        ({"happy/expression": np.ones(50, np.float32)}, META | {"layout": "other"}, "not emotion templates"),
        ({"joy/expression": np.ones(50, np.float32)}, META, "is not one of"),
        ({"happy/expression": np.ones((2, 50), np.float32)}, META, "has shape"),
        ({"happy/expression": np.full(50, np.nan, np.float32)}, META, "NaN"),
        ({"happy/expression": np.ones(3000, np.float32)}, META, "has shape"),
        ({"happy/jaw": np.ones(3, np.float32)}, META, "holds no emotion"),
        ({"happy/expression": np.ones(50, np.float32)}, META | {"info": "{{"}, "not JSON"),
    ],
)
def test_hostile_files(tmp_path: Path, arrays: dict, meta: dict, message: str) -> None:
    path = tmp_path / "t.safetensors"
    save_file(arrays, path, meta)
    with pytest.raises(FormatError, match=message):
        load_templates(path)


def test_what_is_no_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(FormatError, match="not a readable safetensors"):
        load_templates(path)
    path.write_bytes(b"0" * (2**20 + 1))
    with pytest.raises(FileError, match="more than"):
        load_templates(path)
