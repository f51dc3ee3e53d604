"""Live Link Face tables against what is published of them: the header, the timecodes, the turns."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flametalk.errors import FormatError, UnknownNameError
from flametalk.motion.arkit import ArkitMotion
from flametalk.motion.live_link import HEADER, read_live_link, timecode, write_live_link

pytestmark = pytest.mark.core

# Unreal's columns, spelt out: its importer refuses rows of another number.
PUBLISHED = (
    "Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,"
    "EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,"
    "EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,"
    "MouthRight,MouthLeft,MouthSmileLeft,MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,"
    "MouthDimpleRight,MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,"
    "MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,"
    "MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,"
    "CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,"
    "LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
)


def motion(frames: int, fps: float = 25.0, seed: int = 0) -> ArkitMotion:
    rng = np.random.default_rng(seed)
    turns = [rng.normal(0, 0.2, (frames, n)) for n in (3, 6)]
    return ArkitMotion(rng.uniform(0, 1, (frames, 52)), turns[0], turns[1], fps)


def test_the_header_is_the_published_one(tmp_path: Path) -> None:
    assert ",".join(HEADER) == PUBLISHED
    write_live_link(motion(3), tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == PUBLISHED and len(lines) == 4
    for line in lines[1:]:
        cells = line.split(",")
        assert len(cells) == 63 and cells[1] == "61"


def test_every_weight_stands_in_its_column(tmp_path: Path) -> None:
    """A shape a frame: in row k only the column of the k-th shape is not zero."""
    write_live_link(ArkitMotion(np.eye(52), np.zeros((52, 3)), np.zeros((52, 6))), tmp_path / "a.csv")
    names = PUBLISHED.split(",")
    from flametalk.motion.arkit_names import ARKIT_NAMES

    for line, shape in zip((tmp_path / "a.csv").read_text().splitlines()[1:], ARKIT_NAMES, strict=True):
        cells = dict(zip(names, line.split(","), strict=True))
        acting = [name for name in names[2:] if float(cells[name])]
        assert acting == [shape[0].upper() + shape[1:]]


def test_timecodes_count_sixty_frames_to_the_second(tmp_path: Path) -> None:
    assert timecode(0) == "00:00:00:00.000"
    assert timecode(1 / 60) == "00:00:00:01.000"
    assert timecode(1 / 25) == "00:00:00:02.400"
    assert timecode(3661.5) == "01:01:01:30.000"
    assert timecode(0.9999999) == "00:00:01:00.000"
    assert timecode(25 * 3600) == "01:00:00:00.000"
    write_live_link(motion(3, fps=30), tmp_path / "a.csv", start=3600)
    lines = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == ["01:00:00:00.000", "01:00:00:02.000", "01:00:00:04.000"]


def test_yaw_is_to_the_left_and_pitch_down_in_half_turns(tmp_path: Path) -> None:
    """Our turns about +y go to the subject's left, about +x down, about +z to the right shoulder."""
    for axis, column in enumerate(("HeadPitch", "HeadYaw", "HeadRoll")):
        turn = np.zeros((1, 3))
        turn[0, axis] = np.pi / 10
        for turns, expected in (("half-turns", 0.1), ("radians", np.pi / 10), ("degrees", 18), ("none", 0)):
            write_live_link(ArkitMotion(np.zeros((1, 52)), turn, np.zeros((1, 6))), tmp_path / "a.csv", turns)
            row = (tmp_path / "a.csv").read_text().splitlines()[1].split(",")
            cells = dict(zip(PUBLISHED.split(","), row, strict=True))
            assert float(cells[column]) == pytest.approx(expected, abs=1e-6)
            assert sum(float(cells[name]) != 0 for name in PUBLISHED.split(",")[2:]) == (turns != "none")
    with pytest.raises(UnknownNameError, match="'radians'"):
        write_live_link(motion(1), tmp_path / "a.csv", "radian")


@pytest.mark.parametrize("fps", [24, 25, 29.97, 30, 60, 120])
@pytest.mark.parametrize("turns", ["half-turns", "radians", "degrees"])
def test_what_was_written_comes_back(fps: float, turns: str, tmp_path: Path) -> None:
    said = motion(40, fps)
    write_live_link(said, tmp_path / "a.csv", turns, start=86399.5)  # passes midnight
    found = read_live_link(tmp_path / "a.csv", turns)
    assert found.fps == pytest.approx(fps, rel=1e-4) and found.n_frames == 40
    for name in ("weights", "head", "eyes"):
        np.testing.assert_allclose(getattr(found, name), getattr(said, name), atol=2e-6)


@given(st.integers(0, 10**6), st.integers(2, 40), st.sampled_from([24.0, 25.0, 30.0, 60.0]))
def test_other_tools_write_columns_in_any_order_and_case(
    tmp_path_factory: pytest.TempPathFactory, seed: int, frames: int, fps: float
) -> None:
    said, path = motion(frames, fps, seed), tmp_path_factory.getbasetemp() / "shuffled.csv"
    write_live_link(said, path)
    rows = [line.split(",") for line in path.read_text().splitlines()]
    order = [0, 1, *(2 + np.random.default_rng(seed).permutation(61)).tolist()]
    rows[0] = [name.upper() for name in rows[0]]
    path.write_text("\ufeff" + "\r\n".join(",".join([row[k] for k in order] + ["1"]) for row in
                    [[*rows[0]], *rows[1:]]).replace(",1\r\n", ",Extra\r\n", 1))  # fmt: skip
    found = read_live_link(path)
    np.testing.assert_allclose(found.weights, said.weights, atol=2e-6)
    assert found.provenance["not_kept"] == ["Extra"]


def test_lost_faces_and_dropped_rows_are_filled_in(tmp_path: Path) -> None:
    said = motion(30, 30)
    write_live_link(said, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    lines[6] = lines[6].split(",")[0] + ",0"  # the phone lost the face
    del lines[20:22]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    found = read_live_link(tmp_path / "a.csv")
    assert found.n_frames == 30 and found.provenance["frames filled in"] == 3
    np.testing.assert_allclose(found.weights[5], (said.weights[4] + said.weights[6]) / 2, atol=1e-5)
    np.testing.assert_allclose(found.weights[[4, 10, 29]], said.weights[[4, 10, 29]], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[:1], "no row with a face"),
        (lambda rows: [rows[0], rows[1] + ",1"], "row 2 has 64 columns"),
        (lambda rows: [rows[0], rows[1].replace("00:00:00:00.000", "0.00")], "row 2 has the timecode '0.00'"),
        (lambda rows: [rows[0], rows[1].replace("00:00:00:00", "00:00:00:75")], "timecode"),
        (lambda rows: [rows[0], rows[2], rows[1]], "goes back in time at row 3"),
        (lambda rows: [rows[0], rows[1], rows[2].replace("00:00:00:", "00:09:00:")], "gap of 540 s"),
        (lambda rows: [rows[0], rows[1].rsplit(",", 1)[0] + ",inf"], "RightEyeRoll"),
        (lambda rows: [rows[0], rows[1].rsplit(",", 1)[0] + ",x"], "something else than numbers"),
        (
            lambda rows: [rows[0].replace("JawOpen", "Jaw"), *rows[1:]],
            "lacks 1 of ARKit's 52 columns: JawOpen",
        ),
        (lambda rows: [rows[0].replace("JawOpen", "JawLeft"), *rows[1:]], "columns twice: jawleft"),
        (lambda rows: [rows[0], "9" * 9000], "longer than"),
        (lambda rows: [rows[0], "\0"], "zero byte"),
        (lambda rows: ["a,b,c"], "no Live Link Face table"),
    ],
)
def test_what_is_no_table(change, words: str, tmp_path: Path) -> None:
    write_live_link(motion(3), tmp_path / "a.csv")
    rows = change((tmp_path / "a.csv").read_text().splitlines())
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(FormatError, match=words):
        read_live_link(tmp_path / "a.csv")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Timecode,\xff\xfe")
    with pytest.raises(FormatError, match="is not text"):
        read_live_link(tmp_path / "a.csv")
