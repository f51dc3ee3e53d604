"""Controls in a row: order, provenance, JSON, what is listened to, and the command line."""

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from control.spoken_clips import features, head, spoken

from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.commands.control import read_track
from flametalk.control import compose as compose_module
from flametalk.control.apply import apply_controls
from flametalk.control.compose import CONTROLS, compose, control_from_json, control_to_json, load_controls
from flametalk.control.emotion_overlay import Emotion
from flametalk.control.eyes import Blinks, Gaze
from flametalk.control.pose import Pose
from flametalk.control.pose_play import Limits
from flametalk.control.posescript import posescript_from
from flametalk.control.reference import Reference
from flametalk.control.regions import Regions
from flametalk.control.speaking_style import Manner, measure_style
from flametalk.control.strength import Emphasis, Smooth, Style
from flametalk.control.trajectories import Curve
from flametalk.errors import InputError, UnknownNameError

pytestmark = pytest.mark.core


def every_control() -> list:
    """One of each, with settings that are not the defaults."""
    script = posescript_from({"version": 1, "gestures": [{"axis": "pitch", "amount": 8}]})
    return [
        Emotion([(0, "neutral"), (2.0, {"happy": 0.5, "sad": 0.25}, 0.8)], 0.9),
        Emotion({"angry": 0.5}),
        Pose("calm, nods on the key words", limits=Limits(yaw=12)),
        Pose(script, mode="replace"),
        Curve("lissajous", 3, 0.7),
        Curve([(0, 0), (0.5, 0.2), (1, -1)], reach=(10, 5, 2)),
        Regions({"brows": 0.5}, {"jaw": 8.0, "mouth": (-0.2, 0.5)}, ("nose",)),
        Gaze((0.1, 0.0, 0.8), 0.5),
        Blinks((1.0, 3.0), rate=10.0),
        Style(0.2, 1.3),
        Emphasis(1.1, 1.05),
        Manner(measure_style(spoken()[0]), 0.5),
        Smooth(0.3, ("head", "jaw")),
    ]


def test_every_control_is_a_pure_function_that_survives_json() -> None:
    clip = spoken()[0].cut(0, 6)
    before = clip.expression.copy(), clip.head.copy(), clip.jaw.copy()
    assert {type(control) for control in every_control()} == {*CONTROLS.values()} - {Reference}
    for control in every_control():
        stored = json.loads(json.dumps(control_to_json(control)))
        again = control_from_json(stored)
        assert again(clip) == control(clip) != clip, control
        assert json.loads(json.dumps(control_to_json(again))) == stored
        with pytest.raises(FrozenInstanceError):
            control.anything = 1
    assert all(
        np.array_equal(a, b) for a, b in zip(before, (clip.expression, clip.head, clip.jaw), strict=True)
    )


def test_controls_apply_in_order_and_are_told() -> None:
    clip = spoken()[0].cut(0, 4)
    first, second = Style(gamma=2.0), Regions(limits={"yaw": 2.0})
    there, back = compose(clip, [first, second]), compose(clip, [second, first])
    np.testing.assert_array_equal(there.head, second(first(clip)).head)
    assert not np.array_equal(there.head, back.head)
    assert [c["control"] for c in there.provenance["controls"]] == ["style", "regions"]
    more = compose(there, [Smooth()])
    assert [c["control"] for c in more.provenance["controls"]] == ["style", "regions", "smooth"]
    again = compose(clip, [control_from_json(c) for c in more.provenance["controls"]])
    assert np.array_equal(again.head, more.head)


def test_a_control_of_your_own() -> None:
    class Shy:
        def __call__(self, clip: Clip, features: object = None) -> Clip:
            return clip.replace(head=clip.head + 0.1)

    assert compose(Clip.neutral(3), [Shy()]).provenance["controls"] == [{"control": "Shy"}]


def test_the_sound_is_listened_to_once_and_only_if_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []
    monkeypatch.setattr(
        compose_module, "extract_features", lambda audio: heard.append(audio) or features({"happy": 1.0}, 100)
    )
    clip = spoken()[0].cut(0, 4).replace(audio=Audio(np.zeros(64_000, np.float32), 16_000))
    compose(clip, [Smooth(), Emotion("happy"), Blinks()])
    assert not heard
    compose(clip, [Emotion("auto"), Pose("calm"), Pose("audio")])
    assert len(heard) == 1
    compose(clip, [Emotion("auto")], features({"happy": 1.0}, 100))
    assert len(heard) == 1


def test_apply_controls_is_the_same_in_one_call() -> None:
    clip = spoken()[0].cut(0, 4)
    wished = apply_controls(clip, emotion="sad", intensity=0.7, pose="calm", controls=[Smooth()])
    assert wished == compose(clip, [Emotion("sad", 0.7), Pose("calm"), Smooth()])
    assert apply_controls(clip) == clip


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "is no control"), ({"emotion": "happy"}, "is no control"),
        ({"control": "exec"}, r"unknown control 'exec'.*curve"),
        ({"control": "gaze", "goal": 1}, r"setting of 'gaze'.*amount, target"),
        ({"control": "emotion"}, "cannot be made"),
        ({"control": "blinks", "times": "now"}, "blinks|cannot be made"),
        ({"control": "pose", "pose": {"version": 1, "code": "x"}}, "not a PoseScript"),
        ({"control": "pose", "pose": "calm", "limits": {"up": 3}}, "limits are"),
        ({"control": "manner", "style": {"face": 1}}, "no speaking style"),
        ({"control": "regions", "gains": {"jaw": "much"}}, "cannot be made"),
    ],
)  # fmt: skip
def test_wrong_json(value: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        control_from_json(value)


def test_lists_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "controls.json"
    path.write_text(json.dumps([control_to_json(c) for c in every_control()]))
    assert len(load_controls(path)) == len(every_control())
    for text, message in (
        ("{", "is not JSON"),
        ("{}", "no list"),
        (json.dumps([{"control": "smooth"}] * 65), "at most 64"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            load_controls(path)


# --- the command ------------------------------------------------------------------------------------------


def test_tracks_on_the_command_line() -> None:
    assert read_track("0:neutral, 2.5:happy:0.8") == [(0.0, "neutral"), (2.5, "happy", 0.8)]
    with pytest.raises(InputError, match="'now:happy' is no keyframe"):
        read_track("now:happy")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    source, target = tmp_path / "in.npz", tmp_path / "out.npz"
    clip = spoken()[0].cut(0, 4)
    clip.save(source)
    extra = tmp_path / "controls.json"
    extra.write_text('[{"control": "blinks", "times": [1.0]}]')
    arguments = [
        "--emotion-track",
        "0:neutral, 2:happy:0.8",
        "--pose",
        "calm, frobnicating",
        "--controls",
        str(extra),
    ]
    assert main(["control", str(source), "-o", str(target), *arguments]) == 0
    told = capsys.readouterr().out
    assert "phrase parser" in told and "passed over frobnicating" in told and "blinks" in told
    written = Clip.load(target)
    track = [(0, "neutral"), (2, "happy", 0.8)]
    wished = apply_controls(clip, track, pose="calm, frobnicating", controls=[Blinks((1.0,))])
    np.testing.assert_array_equal(written.expression, wished.expression)
    np.testing.assert_array_equal(written.head, wished.head)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to change"),
        (["--emotion", "hapy"], "Did you mean 'happy'"),
        (["--emotion", "happy", "--intensity", "3"], "expected 0 to 1.5"),
        (["--emotion", "happy", "--emotion-track", "0:sad"], "not both"),
        (["--pose", "purple"], "Styles: calm"),
        (["--pose", "calm", "--pose-by", "oracle"], "endpoint:URL"),
    ],
)
def test_the_command_explains(
    tmp_path: Path, capsys: pytest.CaptureFixture, arguments: list, message: str
) -> None:
    source = tmp_path / "in.npz"
    Clip.neutral(10, made_for=head().name).save(source)
    assert main(["control", str(source), "-o", str(tmp_path / "out.npz"), *arguments]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out.npz").exists()


def test_templates_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built, kept under the head's name, and found again for a clip of that head."""
    monkeypatch.setenv("FLAMETALK_HOME", str(tmp_path / "home"))
    codes = np.linspace(0, 1, 50, dtype=np.float32)
    for name, level in (("happy", 1.0), ("neutral", 0.2)):
        clip = Clip.neutral(8, expression=np.tile(level * codes, (8, 1)), made_for="flame2020")
        (tmp_path / "MEAD").mkdir(exist_ok=True)
        clip.save(tmp_path / f"MEAD/M003_front_{name}_level_1_001.npz")
    out = tmp_path / "t.safetensors"
    assert main(["templates", "build", str(tmp_path / "MEAD"), "-o", str(out), "--keep"]) == 0
    assert main(["templates", "show", str(out)]) == 0
    assert "8 frames of 1 sessions" in capsys.readouterr().out
    talk = Clip.neutral(4, made_for="flame2020")
    np.testing.assert_allclose(Emotion("happy", protect=0.0)(talk).expression[0], 0.8 * codes, atol=1e-6)
    assert main(["templates", "build", str(tmp_path / "MEAD")]) == 2
    with pytest.raises(UnknownNameError, match="emotion of these templates 'sad'"):
        from flametalk.control.emotion import emotional_reference

        emotional_reference(talk, "sad")
