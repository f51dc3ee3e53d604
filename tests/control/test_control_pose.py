"""PoseScripts as data, and the curves they become: limits, smoothness, alignment, return to the centre."""

import json

import numpy as np
import pytest
from control.spoken_clips import accents, features, spoken
from hypothesis import given, settings
from hypothesis import strategies as st

from flametalk.clip import Clip
from flametalk.control.accents import hear_accents, silent
from flametalk.control.curves import angles_of, rotations_of, soft_limit
from flametalk.control.pose import Pose, with_pose
from flametalk.control.pose_play import ANATOMY, Limits, play
from flametalk.control.posescript import PoseScript, posescript_from, posescript_from_text
from flametalk.control.schema import posescript_schema
from flametalk.control.voice_pose import FURTHEST, pose_from_voice
from flametalk.errors import FileError, InputError

pytestmark = pytest.mark.core
NOD = {"version": 1, "gestures": [{"axis": "pitch", "amount": 10, "start": 2, "seconds": 1}]}

numbers = st.floats(-1000, 1000)
keys = st.lists(st.floats(0, 1), max_size=4, unique=True).map(sorted)


def _validator():
    """An independent reader of the schema."""
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(posescript_schema())


def _valued(at: list[float]) -> st.SearchStrategy:
    """A key at each of the times."""
    return st.tuples(*[st.tuples(st.just(t), numbers).map(list) for t in at]).map(list)


axis = st.fixed_dictionaries(
    {},
    optional={
        "keys": keys.flatmap(_valued),
        "waves": st.lists(
            st.fixed_dictionaries(
                {"hertz": st.floats(0.01, 3), "amount": numbers}, optional={"phase": st.floats(-1, 1)}
            ),
            max_size=8,
        ),
    },
)
names = st.sampled_from(["yaw", "pitch", "roll", "lean"])
scripts = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        "yaw": axis,
        "pitch": axis,
        "roll": axis,
        "gain": st.floats(0, 3),
        "with_energy": st.floats(0, 1),
        "return_part": st.floats(0.1, 0.5),
        "beats": st.lists(
            st.fixed_dictionaries(
                {"axis": names, "amount": numbers},
                optional={"seconds": st.floats(0.2, 4), "alternate": st.booleans(), "share": st.floats(0, 1)},
            ),
            max_size=8,
        ),
        "gestures": st.lists(
            st.fixed_dictionaries(
                {"axis": names, "amount": numbers},
                optional={
                    "seconds": st.floats(0.2, 5),
                    "count": st.integers(1, 5),
                    "both_ways": st.booleans(),
                },
            ),
            max_size=6,
        ),
    },
)


# --- any script at all ----------------------------------------------------------------------------------


@given(scripts)
@settings(max_examples=25)
def test_every_script_stays_within_its_limits_and_comes_home(given_script: dict) -> None:
    limits = Limits(yaw=20, pitch=12, roll=9, lean=3)
    curves = play(posescript_from(given_script), accents(), limits)
    assert np.isfinite(curves).all()
    assert (np.abs(curves) <= limits.row() + 1e-9).all()
    assert np.abs(curves[-1]).max() < 0.35  # degrees: smoothing looks a little back


@given(scripts)
@settings(max_examples=25)
def test_what_is_accepted_fits_the_schema_and_survives_json(given_script: dict) -> None:
    script = posescript_from(given_script)
    stored = json.loads(json.dumps(script.to_json()))
    _validator().validate(stored)
    assert posescript_from(stored) == script


def test_acceleration_is_continuous() -> None:
    """The jump of acceleration between samples vanishes as they get denser: 8 times, 5 times less."""
    script = posescript_from(
        {
            "version": 1,
            "yaw": {"keys": [[0, 0], [0.3, 60], [0.35, -60]], "waves": [{"hertz": 3, "amount": 60}]},
            "beats": [{"axis": "yaw", "amount": 60, "seconds": 0.2}],
        }
    )
    jumps = []
    for fps in (250.0, 2000.0):
        yaw = play(script, accents(fps=fps))[:, 1]
        acceleration = np.diff(yaw, 2) * fps**2
        jumps.append(np.abs(np.diff(acceleration)).max() / np.abs(acceleration).max())
    assert jumps[1] < jumps[0] / 5


# --- alignment ------------------------------------------------------------------------------------------


def test_beats_fall_on_stressed_words() -> None:
    heard = accents(stressed=(1.0, 2.0, 4.0))
    script = posescript_from({"version": 1, "beats": [{"axis": "pitch", "amount": 8}]})
    pitch = play(script, heard)[:, 0]
    peaks = [
        k for k in range(1, 249) if pitch[k] > pitch[k - 1] and pitch[k] >= pitch[k + 1] and pitch[k] > 1
    ]
    np.testing.assert_allclose(np.array(peaks) / 25, [1.0, 2.0, 4.0], atol=0.041)
    fewer = posescript_from({"version": 1, "beats": [{"axis": "pitch", "amount": 8, "share": 0.34}]})
    strongest = play(fewer, heard)[:, 0]
    assert strongest[25] > 6 and abs(strongest[100]) < 0.1


def test_alternate_strokes_and_phrase_ends() -> None:
    script = {"version": 1, "beats": [{"axis": "roll", "amount": 6, "alternate": True}], "return_part": 0}
    roll = play(posescript_from(script), accents())[:, 2]
    assert roll[25] > 3 and roll[50] < -2 and roll[100] > 2
    script = {"version": 1, "beats": [{"axis": "roll", "amount": 6, "on": "phrase ends"}], "return_part": 0}
    roll = play(posescript_from(script), accents())[:, 2]
    assert roll[150] > 5 and abs(roll[100]) < 0.01


def test_waves_calm_down_in_pauses() -> None:
    waves = {"yaw": {"waves": [{"hertz": 2, "amount": 10}]}}
    yaw = play(posescript_from({"version": 1, "calm_in_pauses": 1, **waves}), accents())[:, 1]
    assert np.abs(yaw[157:170]).max() < 0.35 * np.abs(yaw[100:145]).max()


def test_gestures_happen_when_they_should() -> None:
    pitch = play(posescript_from(NOD), accents())[:, 0]
    assert abs(pitch.argmax() / 25 - 2.5) < 0.05 and 8 < pitch.max() < 10
    late = {**NOD, "gestures": [{**NOD["gestures"][0], "start": 0, "from_end": True}], "return_part": 0}
    script = posescript_from(
        late | {"gestures": [{"axis": "pitch", "amount": 10, "from_end": True, "seconds": 1}]}
    )
    assert abs(play(script, accents())[:, 0].argmax() / 25 - 9.5) < 0.05
    shake = {"axis": "yaw", "amount": 10, "both_ways": True, "count": 2, "seconds": 1}
    twice = {"version": 1, "return_part": 0, "gestures": [shake, {"axis": "pitch", "amount": 9}]}
    curves = play(posescript_from(twice), accents())
    assert curves[:50, 1].max() > 7 and curves[:50, 1].min() < -7 and np.abs(curves[60:, 1]).max() < 0.1
    assert np.abs(curves[:48, 0]).max() < 0.2 and curves[50:80, 0].max() > 6


# --- reading scripts --------------------------------------------------------------------------------------


def test_numbers_out_of_range_are_clamped() -> None:
    script = posescript_from({"version": 1, "yaw": {"waves": [{"hertz": 900, "amount": -1e9}]}, "gain": 1e30})
    assert script.yaw.waves[0].hertz == 3 and script.yaw.waves[0].amount == -60 and script.gain == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected object"),
        ("{}", "lacks 'version'"),
        ('{"version": 2}', "expected 1"),
        ('{"version": true}', "expected 1"),
        ('{"version": 1, "code": "import os"}', "which is not one of"),
        ('{"version": 1, "yaw": {"keys": "lambda t: t"}}', "expected array"),
        ('{"version": 1, "yaw": {"keys": [[0, 1], [0, 2]]}}', "rising from 0 to 1"),
        ('{"version": 1, "gain": NaN}', "NaN is no number"),
        ('{"version": 1, "gain": 1e999}', "finite"),
        ('{"version": 1, "gain": ' + "9" * 400 + "}", "huge number"),
        ('{"version": 1, "gain": ' + "9" * 5000 + "}", "no JSON"),
        ('{"version": 1, "beats": [{"axis": "z", "amount": 1}]}', "yaw, pitch, roll, lean"),
        ('{"version": 1, "gestures": ' + json.dumps([{"axis": "yaw", "amount": 1}] * 33) + "}", "33 items"),
        ("[" * 100_000, "no JSON"),
        ('{"version": 1} {"version": 1}', "no JSON"),
        ("x" * 1_000_001, "at most"),
    ],
)
def test_hostile_scripts(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        posescript_from_text(text)


def test_the_reader_and_the_schema_agree() -> None:
    _validator().check_schema(posescript_schema())
    for good in (NOD, {"version": 1}, {"version": 1, "lean": {"keys": [[0, 1]]}}):
        _validator().validate(good)
        posescript_from(good)


# --- on a clip --------------------------------------------------------------------------------------------


def test_angles_and_rotations() -> None:
    """Positive pitch lowers the nose, yaw turns it to the subject's left, roll tilts to the right."""
    from scipy.spatial.transform import Rotation

    nose, crown = np.array([0, 0, 1.0]), np.array([0, 1.0, 0])
    turned = [Rotation.from_rotvec(rotations_of(np.eye(3)[[k]] * 20.0)[0]) for k in range(3)]
    assert (
        turned[0].apply(nose)[1] < -0.3
        and turned[1].apply(nose)[0] > 0.3
        and turned[2].apply(crown)[0] < -0.3
    )
    angles = np.random.default_rng(0).uniform(-40, 40, (50, 3))
    np.testing.assert_allclose(angles_of(rotations_of(angles)), angles, atol=1e-4)


def test_add_keeps_the_clips_own_motion_and_replace_does_not() -> None:
    clip = spoken()[0]
    curves = np.zeros((clip.n_frames, 4))
    curves[:, 1] = 10.0
    np.testing.assert_allclose(
        angles_of(with_pose(clip, curves).head), angles_of(clip.head) + curves[:, :3], atol=1e-3
    )
    np.testing.assert_allclose(angles_of(with_pose(clip, curves, "replace").head), curves[:, :3], atol=1e-4)
    assert np.array_equal(with_pose(clip, 0 * curves).head, clip.head)


def test_the_sum_is_anatomical() -> None:
    clip = Clip.neutral(20, head=rotations_of(np.full((20, 3), 25.0)))
    curves = np.full((20, 4), 34.0)
    angles = angles_of(with_pose(clip, curves).head)
    assert (np.abs(angles) <= np.array([ANATOMY[n] for n in ("pitch", "yaw", "roll")]) + 1e-6).all()


def test_eyes_stay_with_who_is_looked_at() -> None:
    clip = Clip.neutral(5, eyes=np.zeros((5, 6)))
    curves = np.zeros((5, 4))
    curves[:, 1] = 15.0
    eyes = with_pose(clip, curves).eyes
    assert (np.degrees(eyes[:, [1, 4]]) < -8).all() and np.abs(eyes[:, [0, 3]]).max() < 1e-6
    assert with_pose(clip.replace(eyes=None), curves).eyes is None


def test_lean_moves_the_head_forward() -> None:
    clip = Clip.neutral(5, translation=np.full((5, 3), 0.01))
    curves = np.zeros((5, 4))
    curves[:, 3] = 4.0
    np.testing.assert_allclose(
        with_pose(clip, curves).translation, np.tile([0.01, 0.01, 0.05], (5, 1)), atol=1e-7
    )


def test_soft_limits_touch_nothing_inside_and_never_pass() -> None:
    values = np.linspace(-100, 100, 20_001)
    bent = soft_limit(values, 10.0)
    inside = np.abs(values) <= 8.0
    assert np.array_equal(bent[inside], values[inside]) and np.abs(bent).max() <= 10.0
    second = np.diff(bent, 2)
    assert np.abs(np.diff(second)).max() < 1e-4  # no step in the second derivative (0.01 apart)


def test_pose_control_says_what_ran() -> None:
    clip = spoken()[0].cut(0, 6)
    moved = Pose("calm, frobnicating")(clip)
    assert moved.provenance["pose"]["by"].startswith("phrase parser")
    assert moved.provenance["pose"]["not_understood"] == ["frobnicating"]
    again = Pose(posescript_from(moved.provenance["pose"]["script"]))(clip)
    assert np.array_equal(again.head, moved.head)


def test_scripts_come_from_files(tmp_path) -> None:
    path = tmp_path / "nod.json"
    path.write_text(json.dumps(NOD))
    clip = Clip.neutral(100)
    assert angles_of(Pose(str(path))(clip).head)[:, 0].max() > 7
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text"):
        Pose(str(path))(clip)
    with pytest.raises(FileError, match="no such file"):
        Pose(str(tmp_path / "none.json"))(clip)


def test_ranges_and_names_are_told() -> None:
    with pytest.raises(InputError, match="limit of yaw is 90, expected 0 to 60"):
        Limits(yaw=90)
    with pytest.raises(InputError, match="Valid: add, replace"):
        Pose("calm", mode="instead")
    with pytest.raises(InputError, match="local:FOLDER"):
        Pose("calm", by="gpt")


# --- led by the voice -------------------------------------------------------------------------------------


def test_the_voice_moves_the_head_and_pauses_rest_it() -> None:
    curves = pose_from_voice(accents())
    assert (np.abs(curves) <= FURTHEST.row() + 1e-9).all() and np.abs(curves[:, 3]).max() == 0
    assert curves[:, 1].std() > 2 and curves[:, 0].std() > 0.5
    assert np.abs(curves[160:165, 1]).max() < 0.5 * np.abs(curves[:150, 1]).max()
    pitch = curves[:, 0]
    assert pitch[25] > pitch[15] + 1 and pitch[50] > pitch[40] + 1  # nods on the stressed words


def test_accents_are_heard() -> None:
    heard = hear_accents(features({}))
    assert 8 <= len(heard.stressed) <= 12  # one loud burst a second
    centres = np.arange(12, 240, 24) / 25 + 0.24
    assert max(np.abs(centres - t).min() for t in heard.stressed) < 0.13
    assert len(silent(10, 25.0).stressed) == 0 and heard.fitted(500, 50.0).n_frames == 500


def test_equal_scripts_are_equal() -> None:
    assert posescript_from({"version": 1}) == PoseScript()
