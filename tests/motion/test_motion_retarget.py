"""Retargeting against a second head whose right answer is known, and against FLAME's layout."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from head.synthetic import flame_arrays, tiny_head, write_2020
from motion.second_head import SecondHead, second_head
from perform.performances import babble_score

from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.clip import Clip
from flametalk.conventions import MILLIMETRES
from flametalk.errors import HeadMismatchError, InputError
from flametalk.head import Head, Landmarks
from flametalk.head.flame import read_flame
from flametalk.head.storage import save_head
from flametalk.motion.arkit import arkit_table, from_arkit, to_arkit
from flametalk.motion.correspondence import correspond, similarity, surface
from flametalk.motion.retarget import retarget, skin_of
from flametalk.motion.retarget_report import measure_retarget
from flametalk.perform.performer import perform_score

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def pair() -> SecondHead:
    return second_head(Head.load())


@pytest.fixture(scope="module")
def speech() -> Clip:
    score, _ = babble_score(5)
    return perform_score(score, Head.load(), seed=1, emotion="happy")


def errors(pair: SecondHead, clip: Clip, result: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Millimetres from the truth, and of the truth from rest, over the skin of the face."""
    skin = skin_of(pair.head)
    truth = pair.truth(clip)[:, skin]
    upright = result.replace(head=np.zeros((result.n_frames, 3)), neck=None, translation=None)
    made = upright.vertices(pair.head).numpy()[:, skin]
    rest = pair.head.template.numpy()[skin]
    return tuple(np.linalg.norm(x, axis=-1) * MILLIMETRES for x in (made - truth, truth - rest))  # type: ignore[return-value]


# --- the right answer is known ------------------------------------------------------------------------------


def test_places_correspond(pair: SecondHead) -> None:
    source, target = (surface(head, np.zeros(100), skin_of(head)) for head in (pair.source, pair.head))
    match = correspond(source, target)
    found = np.einsum("nkc,nk->nc", source.points[match.corners], match.weights)
    true = (pair.average @ pair.source.template.numpy())[target.skin]
    apart = np.linalg.norm(found - true, axis=1) * MILLIMETRES
    assert apart.mean() < 1.0
    assert np.percentile(apart, 99) < 4
    upper, lower = (set(pair.source.regions[f"lip_rings_{side}"].tolist()) for side in ("upper", "lower"))
    used = [set(pair.average[v].indices.tolist()) for v in target.skin]
    sides = np.array([(own <= upper) * 1 - (own <= lower) * 1 for own in used])
    given = np.array([(set(c) <= upper) * 1 - (set(c) <= lower) * 1 for c in match.corners.tolist()])
    assert (sides != 0).sum() > 100
    assert not (sides * given < 0).any()  # no upper lip on a lower one, though they touch


def test_similarity_is_found_exactly() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(12, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    scale, found, shift = similarity(points, 1.7 * points @ turn.T + [1, 2, 3])
    assert scale == pytest.approx(1.7)
    np.testing.assert_allclose(found, turn, atol=1e-12)
    np.testing.assert_allclose(shift, [1, 2, 3], atol=1e-12)


def test_motion_arrives_on_the_other_head(pair: SecondHead, speech: Clip) -> None:
    result = retarget(speech, pair.head)
    apart, moved = errors(pair, speech, result)
    assert apart.mean() < 0.2  # of 2.2 mm
    assert apart.mean() < 0.08 * moved.mean()
    assert np.percentile(apart, 99) < 1.2
    report = measure_retarget(speech, result, pair.head)
    assert report.closed > 20
    assert report.closed_kept >= 0.95 * report.closed
    assert report.blinks >= 4
    assert report.blinks_kept == report.blinks
    assert report.mean_mm < 0.25

    back = retarget(result, pair.source, source=pair.head)
    skin = skin_of(pair.source)
    first, second = (clip.vertices(pair.source).numpy()[:, skin] for clip in (speech, back))
    assert np.linalg.norm(first - second, axis=-1).mean() * MILLIMETRES < 0.25
    kept = measure_retarget(result, back, pair.source, pair.head)
    assert kept.closed_kept >= 0.95 * kept.closed
    assert kept.blinks_kept == kept.blinks > 0


@pytest.mark.parametrize(
    "action", ["blink", "speech/AH", "speech/W", "emotion/angry", "arkit/mouthSmileLeft"]
)
def test_single_actions_arrive(pair: SecondHead, action: str) -> None:
    done = pair.source.actions[action]
    clip = Clip.neutral(1, expression=done.expression[None], jaw=done.jaw[None], made_for=pair.source.name)
    apart, moved = errors(pair, clip, retarget(clip, pair.head))
    assert np.sqrt((apart**2).mean()) < 0.25 * np.sqrt((moved**2).mean())


def test_rest_stays_rest_and_nothing_trembles(pair: SecondHead, speech: Clip) -> None:
    rest = retarget(Clip.neutral(2, made_for=pair.source.name), pair.head)
    assert np.abs(rest.expression).max() < 1e-4
    assert np.abs(rest.jaw).max() < 1e-5
    skin = skin_of(pair.head)
    result = retarget(speech, pair.head)
    still = {"head": np.zeros((speech.n_frames, 3))}
    shaken = np.diff(result.replace(**still).vertices(pair.head).numpy()[:, skin], 2, axis=0)
    true = np.diff(pair.truth(speech)[:, skin], 2, axis=0)
    assert np.abs(shaken).mean() < 1.2 * np.abs(true).mean()


def test_what_is_no_face_is_taken_over(pair: SecondHead) -> None:
    rng = np.random.default_rng(1)
    parts = {name: rng.normal(0, 0.1, (4, n)) for name, n in (("head", 3), ("neck", 3), ("eyes", 6))}
    sound = Audio(np.zeros(2560, np.float32), 16_000)
    clip = Clip.neutral(
        *(4,), **parts, translation=np.ones((4, 3)), detail=np.ones((4, 128)), audio=sound, fps=30.0,
        made_for=pair.source.name, provenance={"seed": 3},
    )  # fmt: skip
    result = retarget(clip, pair.head)
    for name in ("head", "neck", "eyes", "translation"):
        np.testing.assert_array_equal(getattr(result, name), getattr(clip, name))
    assert (result.audio, result.fps, result.made_for) == (sound, 30.0, "second-1")
    assert result.detail is None
    story = {"from": "builtin-1", "to": "second-1", "not_kept": ["detail"]}
    assert result.provenance == {"seed": 3, "retarget": story}


def test_the_tongue_goes_by_its_name(pair: SecondHead) -> None:
    own = pair.source
    order = torch.from_numpy(np.random.default_rng(0).permutation(own.n_expression))
    other = replace(
        own,
        name="builtin-2",
        expression_basis=own.expression_basis[..., order],
        expression_names=tuple(own.expression_names[k] for k in order),
    )
    values = np.zeros((1, own.n_expression))
    values[0, [own.expression_names.index(n) for n in ("tongue_up", "corner_up_left")]] = 1.0, 0.8
    result = retarget(Clip.neutral(1, expression=values, made_for=own.name), other)
    assert result.expression[0, other.expression_names.index("tongue_up")] == 1.0
    assert result.expression[0, other.expression_names.index("corner_up_left")] == pytest.approx(0.8, abs=0.1)


def test_the_same_head_changes_nothing(speech: Clip) -> None:
    assert retarget(speech, Head.load()) == speech


# --- ARKit for a head that has no actions -------------------------------------------------------------------


def test_arkit_reaches_a_head_without_actions(pair: SecondHead, speech: Clip) -> None:
    table = arkit_table(pair.head)
    assert table.origin == "retargeted from builtin-1"
    motion = to_arkit(speech)
    apart, moved = errors(pair, speech, from_arkit(motion, pair.head))
    assert apart.mean() < 0.1 * moved.mean()
    again = to_arkit(retarget(speech, pair.head), pair.head)
    assert again.error_mm["mean"] < 0.15
    assert again.provenance["arkit"]["table"] == table.origin
    assert np.abs(again["jawOpen"] - motion["jawOpen"]).max() < 0.05


# --- FLAME's layout, and what cannot be done ----------------------------------------------------------------


def _marks(n_faces: int) -> Landmarks:
    rng = np.random.default_rng(2)
    weights = rng.random((68, 3)) + 0.1
    return Landmarks(
        torch.from_numpy(rng.integers(0, n_faces, 68).astype(np.int32)),
        torch.from_numpy(weights / weights.sum(1, keepdims=True)).float(),
    )


def test_a_flame_file_is_a_source_and_a_target(tmp_path: Path, speech: Clip) -> None:
    """Made-up numbers in FLAME's layout: nothing is asked of the look, everything of the interface."""
    flame = read_flame(
        write_2020(tmp_path / "generic_model.pkl", flame_arrays(v=200, f=400)), name="flame2020"
    )
    flame = replace(flame, landmarks={"ibug68": _marks(400)})
    short = speech.cut(0, 0.4)
    result = retarget(short, flame)
    assert result.expression.shape == (10, 50)
    assert result.vector().shape == (10, 284)
    assert np.abs(result.expression).max() <= 5
    assert retarget(short, flame, n_expression=100).expression.shape == (10, 100)
    back = retarget(result, Head.load(), source=flame)
    assert back.made_for == "builtin-1"
    assert back.expression.min() >= -0.15 - 1e-6
    assert back.expression.max() <= 1.3 + 1e-6


def test_heads_without_landmarks_say_what_to_add(speech: Clip) -> None:
    with pytest.raises(InputError, match="assets add landmarks"):
        retarget(speech, replace(tiny_head(), landmarks={}))
    with pytest.raises(InputError, match="assets add landmarks"):
        retarget(speech, tiny_head(dtype=torch.float32))  # six landmarks are not 68


def test_a_clip_of_another_head_is_sent_here(pair: SecondHead, speech: Clip) -> None:
    with pytest.raises(HeadMismatchError, match=r"flametalk\.retarget\(clip, to=head\)"):
        speech.vertices(pair.head)
    with pytest.raises(HeadMismatchError, match="retarget"):
        Clip.concatenate([speech, speech.replace(made_for="flame2020")])


def test_the_command(
    pair: SecondHead, speech: Clip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_head(pair.head, tmp_path / "second.safetensors")
    speech.cut(0, 1).save(tmp_path / "clip.npz")
    arguments = ["retarget", str(tmp_path / "clip.npz"), "--to", str(tmp_path / "second.safetensors")]
    assert main([*arguments, "-o", str(tmp_path / "out.npz")]) == 0
    assert Clip.load(tmp_path / "out.npz").made_for == "second-1"
    said = capsys.readouterr().out
    assert "builtin-1 to second-1" in said
    assert "lips" in said
