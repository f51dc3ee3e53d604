"""BVH, JSON curves and the ARKit table: what is written comes back, and what is no such file is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from export.export_clips import lively_clip
from head.synthetic import tiny_head
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from flametalk.clip import Clip
from flametalk.conventions import MILLIMETRES
from flametalk.errors import FormatError
from flametalk.export import export
from flametalk.export.bvh import read_bvh, rest_places
from flametalk.export.curves import read_curves
from flametalk.head import Head
from flametalk.head.skinning import skinning_transforms
from flametalk.motion.arkit_names import ARKIT_NAMES
from flametalk.rotations import matrix_from_axis_angle

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


def turns_apart(a: np.ndarray, b: np.ndarray) -> float:
    """Largest angle between the rotations, degrees."""
    pairs = (Rotation.from_rotvec(x.reshape(-1, 3)) for x in (a, b))
    first, second = pairs
    return float(np.degrees((first.inv() * second).magnitude().max()))


# --- BVH --------------------------------------------------------------------------------------------


def test_bvh_comes_back(head: Head, tmp_path: Path) -> None:
    clip = lively_clip(head, frames=40, fps=29.97)
    export(clip, tmp_path / "a.bvh", head)
    back = read_bvh(tmp_path / "a.bvh")
    assert (back.n_frames, back.fps) == (40, pytest.approx(29.97, abs=1e-4))
    for name in ("head", "jaw", "neck", "eyes"):
        assert turns_apart(getattr(back, name), getattr(clip, name)) < 1e-4
    np.testing.assert_allclose(back.translation, clip.translation, atol=2e-8 * 100)
    assert not back.expression.any()


def test_bvh_read_by_its_own_rules(head: Head, tmp_path: Path) -> None:
    """The jaw in the world by the channels as they stand: root, then each child in its parent."""
    clip = lively_clip(head, frames=3)
    export(clip, tmp_path / "a.bvh", head)
    text = (tmp_path / "a.bvh").read_text()
    assert text.startswith("HIERARCHY\nROOT root\n") and "Frame Time: 0.040000000\n" in text
    assert [w.split()[1] for w in text.splitlines() if "JOINT" in w] == [
        "neck",
        "jaw",
        "left_eye",
        "right_eye",
    ]
    row = np.array(text.splitlines()[-1].split(), float)
    assert row.shape == (18,)
    root = row[:3] / 100
    turn = Rotation.from_euler("ZYX", row[3:6], degrees=True)
    np.testing.assert_allclose(turn.as_rotvec(), clip.head[-1], atol=1e-6)
    places = rest_places(clip, head) / 100
    np.testing.assert_allclose(root, places[0] + clip.translation[-1], atol=1e-6)
    neck = turn * Rotation.from_euler("ZYX", row[6:9], degrees=True)
    jaw = root + turn.apply(places[1] - places[0]) + neck.apply(places[2] - places[1])
    pose = torch.from_numpy(clip.pose()[-1:]).float()
    posed = head.joints(torch.from_numpy(clip.shape.copy())[None], torch.zeros(1, 1))
    moved = skinning_transforms(matrix_from_axis_angle(pose), posed)[0, 2].numpy()
    ours = moved[:3, :3] @ places[2] + moved[:3, 3] + clip.translation[-1]
    np.testing.assert_allclose(jaw, ours, atol=2e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: "nothing of the kind", "does not start with HIERARCHY"),
        (lambda t: t[: len(t) // 2], "complete BVH"),
        (lambda t: t.replace("Frames: 3", "Frames: 4"), "expected 4 frames of 18"),
        (lambda t: t.replace("Frames: 3", "Frames: -1"), "complete BVH"),
        (lambda t: t.replace("Frame Time: 0.04", "Frame Time: 0.00"), "complete BVH|frame takes"),
        (lambda t: t.replace("JOINT jaw", "JOINT chin"), "has no joint jaw"),
        (lambda t: t.replace("Zrotation", "Qrotation"), "unknown channels Qrotation"),
        (lambda t: t.replace("CHANNELS 3", "CHANNELS 999999999", 1), "complete BVH"),
        (lambda t: t.rsplit(" ", 1)[0] + " nan\n", "not finite"),
    ],
)
def test_what_is_no_bvh(change, words: str, tmp_path: Path) -> None:
    head = tiny_head(v=30, dtype=torch.float32)
    export(lively_clip(head, frames=3), tmp_path / "a.bvh", head)
    (tmp_path / "a.bvh").write_text(change((tmp_path / "a.bvh").read_text()))
    with pytest.raises(FormatError, match=words):
        read_bvh(tmp_path / "a.bvh")


# --- JSON curves ------------------------------------------------------------------------------------


@given(st.lists(st.floats(-(2.0**90), 2.0**90, width=32), min_size=1, max_size=30))
def test_every_number_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    head = tiny_head(v=12, e=1, dtype=torch.float32)
    clip = Clip.neutral(len(values), made_for="tiny").replace(expression=np.array(values)[:, None])
    path = tmp_path_factory.getbasetemp() / "numbers.json"
    export(clip, path, head)
    assert read_curves(path).expression.tobytes() == clip.expression.tobytes()


def test_curves_come_back_exactly(head: Head, tmp_path: Path) -> None:
    for clip in (lively_clip(head), lively_clip(head, vary=True, detail=np.ones((12, 128)), fps=30)):
        export(clip, tmp_path / "a.json", head)
        assert read_curves(tmp_path / "a.json") == clip
    found = json.loads((tmp_path / "a.json").read_text())
    assert list(found["tracks"]) == list(head.expression_names)
    assert (found["fps"], found["frames"], found["made_for"]) == (30.0, 12, "builtin-1")


def test_curves_of_arkit(head: Head, tmp_path: Path) -> None:
    """The face comes back as well as the solver says, neck and head each where they were."""
    clip = lively_clip(head)
    export(clip, tmp_path / "a.json", head, blendshapes="arkit")
    assert tuple(json.loads((tmp_path / "a.json").read_text())["tracks"]) == ARKIT_NAMES
    back = read_curves(tmp_path / "a.json", head)
    np.testing.assert_array_equal(back.head, clip.head)
    np.testing.assert_array_equal(back.neck, clip.neck)
    motion = clip.to_arkit(head)
    table = motion.error_mm["mean"]
    still = {"head": np.zeros((12, 3)), "neck": None, "translation": None}
    skin = np.union1d(head.regions["face"].numpy(), head.regions["lips"].numpy())
    pair = [c.replace(**still).vertices(head).numpy()[:, skin] for c in (clip, back)]
    assert np.linalg.norm(pair[0] - pair[1], axis=-1).mean() * MILLIMETRES == pytest.approx(table, rel=0.05)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layout": "other"}, "layout is not"),
        ({"frames": 99}, "complete file of curves"),
        ({"tracks": []}, "complete file of curves"),
        ({"tracks": {"a": ["x"] * 12}}, "complete file of curves"),
        ({"rotations": {"elbow": [[0, 0, 0]] * 12}}, "complete file of curves"),
        ({"made_for": 5}, "made_for is no name"),
        ({"fps": -1}, "fps"),
        ({"blendshapes": "arkit"}, "tracks that are not ARKit"),
        ({"provenance": 3}, "complete file of curves"),
    ],
)
def test_what_are_no_curves(change: dict, words: str, tmp_path: Path) -> None:
    head = tiny_head(v=30, dtype=torch.float32)
    path = tmp_path / "a.json"
    export(lively_clip(head), path, head)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(FormatError, match=words):
        read_curves(path)
    for text in ("[" * 100_000, "{}", "NaN", '{"layout": "flametalk-curves-1", "tracks": {"a": [NaN]}}'):
        path.write_text(text)
        with pytest.raises(FormatError):
            read_curves(path)


# --- the ARKit table --------------------------------------------------------------------------------


def test_the_arkit_table_comes_back_through_the_solver(head: Head, tmp_path: Path) -> None:
    clip = lively_clip(head, frames=30, fps=30, translation=None, shape=np.zeros(head.n_shape))
    export(clip, tmp_path / "arkit.csv", head)
    back = Clip.from_arkit(tmp_path / "arkit.csv", head)
    motion = clip.to_arkit(head)
    assert (back.fps, back.n_frames) == (30, 30)
    assert back.to_arkit(head).error_mm["mean"] < 0.02, "what the table says, ARKit can say"
    assert turns_apart(back.head, motion.head) < 1e-3
    assert Clip.load(tmp_path / "arkit.csv") == Clip.from_arkit(tmp_path / "arkit.csv")
    skin = np.union1d(head.regions["face"].numpy(), head.regions["lips"].numpy())
    still = {"head": np.zeros((30, 3)), "neck": None}
    pair = [c.replace(**still).vertices(head).numpy()[:, skin] for c in (clip, back)]
    apart = np.linalg.norm(pair[0] - pair[1], axis=-1).mean() * MILLIMETRES
    assert apart == pytest.approx(motion.error_mm["mean"], rel=0.05)
