"""Emotion, pose, controls and camera through `animate` and the commands, with rules and with a network."""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audio.audio_samples import say
from control.chat_server import chat_server, fail
from generate.generate_samples import tiny_config

import flametalk
from flametalk.audio.decode import write_wav
from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.control.apply import apply_controls
from flametalk.control.compose import control_from_json
from flametalk.control.curves import angles_of
from flametalk.control.emotion import templates_for
from flametalk.control.emotion_overlay import Emotion
from flametalk.control.eyes import Blinks
from flametalk.control.pose import Pose
from flametalk.control.reference import Reference
from flametalk.errors import InputError, UnknownNameError
from flametalk.film import render_clip
from flametalk.generate.checkpoint import save_model
from flametalk.generate.config import HeadConfig
from flametalk.generate.model import MotionModel
from flametalk.generate.network import AudioRichTransformer
from flametalk.head import Head
from flametalk.motion.space import BUILTIN_162
from flametalk.motion.statistics import MotionStatistics, ZScore

TEXT = "Maybe people will be moving"
SCRIPT = {"version": 1, "gestures": [{"axis": "yaw", "amount": 15, "start": 0.2, "hold": 1}]}
TRACK = [(0, "neutral"), (0.8, "happy", 0.7)]


@lru_cache(maxsize=1)
def speech() -> Audio:
    return Audio(say(TEXT), 16_000)


def performed(**options: Any) -> Clip:
    """By the rules, which take no time."""
    return flametalk.animate(speech(), generator="performer", **options)


@lru_cache(maxsize=1)
def plain() -> Clip:
    return performed()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose corpus never moved: whatever it is given as reference, it gives back."""
    groups = [group.name for group in BUILTIN_162.groups]
    heads = (HeadConfig("all", tuple(groups), 1, "emotion"),)
    config = replace(tiny_config(d_linguistic=42, d_emotion=20), space=BUILTIN_162, heads=heads)
    nothing, some = np.zeros(BUILTIN_162.width), np.ones(BUILTIN_162.width)
    features = {k: plain().provenance["features"][k] for k in ("linguistic", "emotion")}
    statistics = MotionStatistics(ZScore(nothing, nothing), ZScore(nothing, some))
    model = MotionModel(AudioRichTransformer(config).eval(), statistics, "builtin-1", features)
    path = tmp_path_factory.mktemp("still") / "still.safetensors"
    save_model(model, path)
    return path


# --- with rules -----------------------------------------------------------------------------------------


def test_everything_at_once_is_the_composition_of_its_parts() -> None:
    extra = [Blinks((0.5,))]
    clip = performed(emotion=TRACK, intensity=0.9, pose="calm, nod", controls=extra, camera="hero push")
    wished = apply_controls(plain(), TRACK, 0.9, "calm, nod", extra)
    for name in ("expression", "jaw", "head", "eyes"):
        np.testing.assert_array_equal(getattr(clip, name), getattr(wished, name))
    story = clip.provenance
    assert story["camera"] == "hero push" and "control" in story["seconds"]
    assert [c["control"] for c in story["controls"]] == ["emotion", "pose", "blinks"]
    again = plain()
    for told in json.loads(json.dumps(story["controls"])):
        again = control_from_json(told)(again, flametalk.extract_features(speech()))
    np.testing.assert_allclose(again.head, clip.head, atol=1e-6)
    np.testing.assert_allclose(again.expression, clip.expression, atol=1e-6)


def test_a_single_emotion() -> None:
    clip = performed(emotion="angry", intensity=0.5)
    np.testing.assert_array_equal(clip.expression, Emotion("angry", 0.5)(plain()).expression)
    assert clip.provenance["controls"] == [{"control": "emotion", "emotion": "angry", "intensity": 0.5}]


def test_a_mixture_and_what_is_heard_are_laid_over() -> None:
    mixed = performed(emotion={"happy": 0.5, "surprise": 0.2})
    assert mixed.provenance["controls"][0]["emotion"] == {"happy": 0.5, "surprise": 0.2}
    heard = performed(emotion="auto")
    assert heard.provenance["controls"] == [{"control": "emotion", "emotion": "auto"}]


def test_a_pose_in_place_of_the_performers(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(SCRIPT))
    clip = performed(pose=str(path), pose_mode="replace")
    assert angles_of(clip.head)[:, 1].max() > 10 and np.abs(angles_of(clip.head)[:, 2]).max() < 1e-3
    with chat_server(fail(404)) as (url, _):
        fallen = performed(pose="calm", pose_by=f"endpoint:{url}", pose_fallback=True)
    assert "since a model failed" in fallen.provenance["pose"]["by"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"emotion": "hapy"}, "Did you mean 'happy'"),
        ({"emotion": {"joy": 1.0}}, "unknown emotion 'joy'"),
        ({"emotion": "happy", "intensity": 2.0}, r"expected 0 to 1\.5"),
        ({"emotion": [(0, "sad", 3.0)]}, r"expected 0 to 1\.5"),
        ({"pose": "purple"}, "Styles: calm"),
        ({"pose": "calm", "pose_by": "oracle"}, "endpoint:URL"),
        ({"pose": "calm", "pose_mode": "mix"}, "Valid: add, replace"),
        ({"camera": "dolly"}, "Valid: beat bounce"),
        ({"controls": [Reference("happy")]}, "no reference frame"),
    ],
)
def test_names_and_ranges_are_told(options: dict, message: str) -> None:
    with pytest.raises((InputError, UnknownNameError), match=message):
        performed(**options)


# --- with a network --------------------------------------------------------------------------------------


def test_the_reference_feels_before_sampling(still: Path) -> None:
    clip = flametalk.animate(speech(), generator=still, steps=1, emotion="disgust", intensity=0.8)
    template = templates_for(None)["disgust"].expression
    brows = [k for k, name in enumerate(Head.load().expression_names) if name.startswith("brow_")]
    wanted = np.broadcast_to(0.8 * template[brows], (clip.n_frames, len(brows)))
    np.testing.assert_allclose(clip.expression[:, brows], wanted, atol=0.02)  # 0.75 sampled, 0.25 laid over
    told = clip.provenance["controls"]
    assert told[0] == {"control": "reference", "emotion": "disgust", "intensity": 0.8}
    assert told[1]["control"] == "emotion" and abs(told[1]["intensity"] - 0.2) < 1e-9
    half = flametalk.animate(speech(), generator=still, steps=1, controls=[Reference("sad", weight=0.5)])
    wanted = 0.5 * templates_for(None)["sad"].expression
    brows = [k for k, name in enumerate(Head.load().expression_names) if name.startswith("brow_")]
    np.testing.assert_allclose(half.expression[0, brows], wanted[brows], atol=1e-4)


def test_a_track_is_laid_over_what_a_network_made(still: Path) -> None:
    clip = flametalk.animate(speech(), generator=still, steps=1, emotion=TRACK, pose="calm, nod")
    assert [c["control"] for c in clip.provenance["controls"]] == ["emotion", "pose"]
    happy = templates_for(None)["happy"].expression
    along = clip.expression.astype(np.float64) @ happy / (happy @ happy)
    assert along[-1] - along[0] > 0.4


def test_a_reference_is_no_control_of_a_finished_clip() -> None:
    with pytest.raises(InputError, match="use the control 'emotion'"):
        Reference("happy")(plain())
    with pytest.raises(InputError, match="cannot follow a voice"):
        Reference("auto")
    with pytest.raises(InputError, match="weight is 2, expected 0 to 1"):
        Reference("happy", weight=2.0)


# --- the camera -----------------------------------------------------------------------------------------


def test_a_clip_remembers_its_camera(tmp_path: Path) -> None:
    clip = plain().cut(0, 0.2).replace(audio=None)
    filmed = clip.replace(provenance={"camera": "hero push"})
    filmed.save(tmp_path / "clip.npz")
    pictures = {}
    for name, source, camera in (
        ("asked", clip, "hero push"), ("kept", Clip.load(tmp_path / "clip.npz"), None),
        ("still", filmed, "still"), ("usual", clip, None),
    ):  # fmt: skip
        (tmp_path / name).mkdir()
        render_clip(source, tmp_path / name / "*.png", size=32, antialias=1, camera=camera)
        pictures[name] = (tmp_path / name / "0003.png").read_bytes()
    assert pictures["asked"] == pictures["kept"] != pictures["still"] == pictures["usual"]
    hostile = clip.replace(provenance={"camera": ["orbit"]})
    with pytest.raises(UnknownNameError, match="camera move"):
        render_clip(hostile, tmp_path / "film.mp4", size=32)


# --- the commands ---------------------------------------------------------------------------------------


def test_the_animate_command_takes_them_all(
    tmp_path: Path, capsys: pytest.CaptureFixture, still: Path
) -> None:
    sound, target, extra = tmp_path / "speech.wav", tmp_path / "talk.npz", tmp_path / "more.json"
    write_wav(speech(), sound)
    extra.write_text('[{"control": "blinks", "times": [0.5]}]')
    options = ["--emotion-track", "0:neutral, 0.8:happy:0.7", "--pose", "calm, frobnicating"]
    options += ["--controls", str(extra), "--camera", "orbit", "--quiet"]
    options += ["--generator", "performer"]
    assert main(["animate", str(sound), "-o", str(target), *options]) == 0
    told = capsys.readouterr().out
    for part in ("emotion    emotion [", "pose by    phrase parser", "passed over frobnicating", "blinks"):
        assert part in told
    written = Clip.load(target)
    heard = flametalk.load_audio(sound)
    wished = flametalk.animate(
        heard, emotion=TRACK, pose="calm, frobnicating", controls=[Blinks((0.5,))], generator="performer"
    )
    np.testing.assert_array_equal(written.head, wished.head)
    np.testing.assert_array_equal(written.expression, wished.expression)
    assert written.provenance["camera"] == "orbit"
    options = ["--generator", str(still), "--steps", "1", "--emotion", "sad", "--quiet"]
    assert main(["animate", str(sound), "-o", str(target), *options]) == 0
    assert "reference  emotion sad" in capsys.readouterr().out


def test_the_control_command_films(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    source, film = tmp_path / "in.npz", tmp_path / "out.mp4"
    plain().cut(0, 0.4).save(source)
    arguments = ["--camera", "whip pan", "--size", "32", "--quiet"]
    assert main(["control", str(source), "-o", str(film), *arguments]) == 0
    assert "camera     whip pan" in capsys.readouterr().out and film.stat().st_size > 500
    assert main(["control", str(source), "-o", str(film), "--camera", "dolly"]) == 2
    assert "Valid: beat bounce" in capsys.readouterr().err


def test_controls_are_pure() -> None:
    before = plain().expression.copy()
    Emotion("happy")(Pose("calm")(plain()))
    np.testing.assert_array_equal(plain().expression, before)
