"""Fine control: regions, limits, gaze, blinks, strength, and a manner that travels from clip to clip."""

import json
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from control.spoken_clips import head, spoken
from scipy.spatial.transform import Rotation

from flametalk.clip import Clip
from flametalk.control import regions as regions_module
from flametalk.control.curves import angles_of
from flametalk.control.eyes import Blinks, Gaze, blink_moments, look_at, random_times
from flametalk.control.regions import Regions
from flametalk.control.speaking_style import BANDS, Manner, load_style, measure_style
from flametalk.control.strength import Emphasis, Smooth, Style
from flametalk.conventions import LEFT_EYE, RIGHT_EYE, ROOT
from flametalk.errors import FormatError, InputError, UnknownNameError
from flametalk.metrics import closure_rate, mouth_aperture

pytestmark = pytest.mark.core


def _named(*beginnings: str) -> list[int]:
    return [k for k, name in enumerate(head().expression_names) if name.startswith(beginnings)]


# --- regions ----------------------------------------------------------------------------------------------


def test_gains_touch_their_region_alone() -> None:
    clip = spoken()[0]
    changed = Regions({"brows": 0.5, "jaw": 1.2})(clip)
    brows, others = _named("brow_"), sorted(set(range(50)) - {*_named("brow_", "jaw_")})
    np.testing.assert_allclose(changed.expression[:, brows], 0.5 * clip.expression[:, brows], atol=1e-6)
    np.testing.assert_allclose(changed.expression[:, others], clip.expression[:, others], atol=1e-6)
    np.testing.assert_allclose(changed.jaw, 1.2 * clip.jaw, atol=1e-6)


def test_single_expressions_sides_and_freezing() -> None:
    clip = spoken()[0]
    left = [k for k, n in enumerate(head().expression_names) if n.endswith("_left")]
    assert not Regions({"left": 0.0})(clip).expression[:, left].any()
    one = head().expression_names.index("pucker")
    assert not Regions({"pucker": 0.0})(clip).expression[:, one].any()
    still = Regions(frozen=("mouth", "jaw", "head"))(clip)
    mouth = _named(*regions_module.NAMED["mouth"])
    first = np.tile(clip.expression[0, mouth], (clip.n_frames, 1))
    np.testing.assert_allclose(still.expression[:, mouth], first, atol=1e-6)
    assert np.ptp(still.jaw, axis=0).max() < 1e-6 and np.ptp(still.head, axis=0).max() < 1e-6


def test_limits_hold() -> None:
    clip = spoken()[0]
    bound = Regions(limits={"jaw": 6.0, "yaw": 3.0, "mouth": (-0.2, 0.4), "expression 2": 0.1})(clip)
    assert np.degrees(bound.jaw[:, 0]).max() <= 6.0 + 1e-4
    assert np.abs(angles_of(bound.head)[:, 1]).max() <= 3.0 + 1e-4
    mouth = bound.expression[:, _named(*regions_module.NAMED["mouth"])]
    assert mouth.min() >= -0.2 - 1e-6 and mouth.max() <= 0.4 + 1e-6
    assert np.abs(bound.expression[:, 2]).max() <= 0.1 + 1e-6
    small = np.degrees(clip.jaw[:, 0]) < 4.5
    np.testing.assert_allclose(bound.jaw[small], clip.jaw[small], atol=1e-7)


def test_regions_of_components_without_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """FLAME: scaling a region's vertices; a component that moves nothing else is scaled exactly."""
    half = head().n_vertices // 2
    basis = torch.zeros(head().n_vertices, 3, 4)
    generator = torch.Generator().manual_seed(0)
    basis[:half, :, :2] = torch.randn(half, 3, 2, generator=generator)
    basis[half:, :, 2:] = torch.randn(head().n_vertices - half, 3, 2, generator=generator)
    masks = {"lips": torch.arange(half), "forehead": torch.arange(half, head().n_vertices)}
    plain = replace(head(), expression_basis=basis, expression_names=(), regions=masks)
    monkeypatch.setattr(regions_module.Head, "load", staticmethod(lambda _name: plain))
    clip = Clip.neutral(3, expression=np.ones((3, 4)))
    np.testing.assert_allclose(Regions({"mouth": 0.5})(clip).expression, [[0.5, 0.5, 1, 1]] * 3, atol=2e-3)
    np.testing.assert_allclose(Regions({"brows": 2.0})(clip).expression, [[1, 1, 2, 2]] * 3, atol=2e-3)
    with pytest.raises(InputError, match="have no names"):
        Regions(limits={"mouth": 1.0})(clip)
    with pytest.raises(UnknownNameError, match=r"Valid: brows, .*upper face"):
        Regions({"cheeks": 1.0})(clip)


def test_region_names_and_ranges() -> None:
    clip = spoken()[0].cut(0, 1)
    with pytest.raises(UnknownNameError, match=r"unknown region 'mouht'. Did you mean 'mouth'"):
        Regions({"mouht": 1.0})(clip)
    with pytest.raises(InputError, match="gain of 'jaw' is 9, expected 0 to 5"):
        Regions({"jaw": 9.0})
    with pytest.raises(InputError, match="limit of 'jaw'"):
        Regions(limits={"jaw": (3.0, 1.0)})
    with pytest.raises(InputError, match="expressions 0 to 49"):
        Regions({"expression 80": 1.0})(clip)


# --- eyes -------------------------------------------------------------------------------------------------


def test_both_eyes_meet_the_target_whatever_the_head_does() -> None:
    """The axes of the eyes, posed by the same chain that poses the head, pass through the point."""
    chance = np.random.default_rng(0)
    poses = chance.uniform(-0.2, 0.2, (20, 3))
    clip = Clip.neutral(
        20, head=poses, translation=chance.uniform(-0.02, 0.02, (20, 3)), made_for=head().name
    )
    target = (0.05, -0.04, 0.6)
    eyes = look_at(clip, target)
    joints = head().joints(torch.zeros(1, 1), torch.zeros(1, 1))[0].double().numpy()
    point = joints[[LEFT_EYE, RIGHT_EYE]].mean(0) + target
    for k in range(20):
        turn = Rotation.from_rotvec(clip.head[k].astype(float))
        for joint, part in ((LEFT_EYE, slice(0, 3)), (RIGHT_EYE, slice(3, 6))):
            pupil = turn.apply(joints[joint] - joints[ROOT]) + joints[ROOT] + clip.translation[k]
            axis = turn.apply(Rotation.from_rotvec(eyes[k, part]).apply([0, 0, 1.0]))
            wanted = (point - pupil) / np.linalg.norm(point - pupil)
            assert np.degrees(np.arccos(np.clip(axis @ wanted, -1, 1))) < 0.05


def test_near_targets_converge_the_eyes() -> None:
    clip = Clip.neutral(1, made_for=head().name)
    near, far = look_at(clip, (0, 0, 0.25))[0], look_at(clip, (0, 0, 50.0))[0]
    assert near[1] < -0.05 and near[4] > 0.05  # the left eye turns right, the right one left
    assert np.abs(far).max() < 1e-2


def test_gaze_takes_over_by_its_amount() -> None:
    clip = spoken()[0]
    full, half = Gaze()(clip).eyes, Gaze(amount=0.5)(clip).eyes
    np.testing.assert_allclose(half, (clip.eyes + full) / 2, atol=1e-6)
    with pytest.raises(InputError, match="expected 'camera'"):
        Gaze("mother")
    with pytest.raises(InputError, match=r"z 0\.1 or more"):
        Gaze((0, 0, -1))


def test_blinks_at_given_times() -> None:
    found = blink_moments(Blinks((1.0, 4.52, 9.0))(spoken()[0]))
    np.testing.assert_allclose(found, [1.0, 4.52, 9.0], atol=0.04)


def test_blink_rates() -> None:
    clip = Clip.neutral(25 * 60, made_for=head().name)
    for rate in (0, 10, 20, 35):
        blinked = Blinks(rate=float(rate), seed=3)(clip)
        assert len(blink_moments(blinked)) == rate
    gaps = np.diff(random_times(30, 60, 1))
    assert gaps.min() > 0.5 and gaps.std() > 0.3
    more = Blinks((2.0,), replace=False)(spoken()[0])
    assert len(blink_moments(more)) >= len(blink_moments(spoken()[0]))
    with pytest.raises(InputError, match="blink rate is 99 a minute, expected 0 to 60"):
        Blinks(rate=99)


def test_narrowed_eyes_stay_narrowed() -> None:
    narrow = np.zeros((100, 50))
    narrow[:, _named("blink_")] = 0.3
    clip = Blinks((2.0,))(Clip.neutral(100, expression=narrow, made_for=head().name))
    lids = clip.expression[:, _named("blink_")]
    assert abs(float(np.median(lids)) - 0.3) < 1e-6 and lids.max() == 1.0


def test_heads_without_lids_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = replace(head(), expression_names=())
    monkeypatch.setattr(regions_module.Head, "load", staticmethod(lambda _name: nameless))
    with pytest.raises(InputError, match="closes the lids alone"):
        Blinks((1.0,))(Clip.neutral(50))


# --- strength ---------------------------------------------------------------------------------------------


def test_equation_six() -> None:
    clip = spoken()[0]
    changed = Style(alpha=0.3, gamma=1.5)(clip)
    np.testing.assert_allclose(
        changed.expression, 0.3 * clip.expression[0] + 0.7 * clip.expression, atol=1e-6
    )
    np.testing.assert_allclose(changed.head, clip.head[0] + 1.5 * (clip.head - clip.head[0]), atol=1e-6)
    assert np.allclose(Style()(clip).head, clip.head)


def test_emphasis_opens_wider_and_still_closes() -> None:
    clip, closures = spoken()
    louder = Emphasis(jaw=1.4, lips=1.1)(clip)
    assert np.percentile(mouth_aperture(louder), 95) > 1.15 * np.percentile(mouth_aperture(clip), 95)
    assert closure_rate(louder, closures, head()) >= closure_rate(clip, closures, head()) - 0.03
    with pytest.raises(InputError, match="emphasis of the jaw is 9, expected 0 to 3"):
        Emphasis(jaw=9)


def test_smoothing_is_the_clips_own() -> None:
    clip = spoken()[0]
    assert Smooth(0.3)(clip) == clip.smooth(0.3)
    with pytest.raises(UnknownNameError, match="part of a clip 'brows'"):
        Smooth(0.3, ("brows",))


# --- a manner that travels --------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _lively() -> Clip:
    """The same face, with slower and larger head motion, livelier brows and more blinks."""
    clip = spoken()[0]
    times = clip.times
    head_motion = 0.12 * np.stack([0.4 * np.sin(2.1 * times), np.sin(1.5 * times), 0.3 * np.cos(times)], 1)
    clip = Regions({"brows": 2.5})(clip.replace(head=head_motion))
    return Blinks(rate=30, seed=5)(clip)


def test_a_manner_is_transferred() -> None:
    calm, lively = spoken()[0], _lively()
    wanted, before = measure_style(lively), measure_style(calm)
    after = measure_style(Manner(wanted)(calm))

    def distance(style) -> float:
        return float(np.abs(np.log((np.array(style.bands) + 0.3) / (np.array(wanted.bands) + 0.3))).mean())

    assert distance(after) < 0.5 * distance(before)
    assert abs(after.face["brows"] / wanted.face["brows"] - 1) < 0.15
    assert abs(after.blinks - wanted.blinks) <= 2.6
    np.testing.assert_allclose(after.bearing, wanted.bearing, atol=1.5)


def test_a_manner_leaves_speech_alone() -> None:
    calm, closures = spoken()
    moved = Manner(measure_style(_lively()))(calm)
    assert closure_rate(moved, closures, head()) >= 0.97
    assert np.corrcoef(mouth_aperture(moved), mouth_aperture(calm))[0, 1] > 0.97


def test_no_amount_changes_almost_nothing() -> None:
    calm = spoken()[0]
    moved = Manner(measure_style(_lively()), amount=0.0)(calm)
    np.testing.assert_allclose(angles_of(moved.head), angles_of(calm.head), atol=1e-3)


def test_bands_hold_the_energy_of_a_sine() -> None:
    """5° of amplitude at 0.4 Hz is 5/√2 in the band that holds 0.4 Hz, over whole periods."""
    angles = np.zeros((500, 3))
    angles[:, 1] = np.radians(5) * np.cos(2 * np.pi * 0.4 * np.arange(500) / 25)
    style = measure_style(Clip.neutral(500, head=angles, made_for=head().name))
    band = next(k for k in range(len(BANDS) - 1) if BANDS[k] < 0.4 <= BANDS[k + 1])
    assert style.bands[1][band] == pytest.approx(5 / np.sqrt(2), rel=0.02)


def test_styles_on_disk(tmp_path: Path) -> None:
    style, path = measure_style(_lively()), tmp_path / "lively.json"
    style.save(path)
    assert load_style(path) == style
    assert asdict(load_style(path)) == asdict(style)
    bad_bands = {**asdict(style), "bands": [[1.0]]}
    for text in ("[]", '{"face": 3}', "{", json.dumps(bad_bands)):
        path.write_text(text)
        with pytest.raises(FormatError):
            load_style(path)
    with pytest.raises(InputError, match="expected 2 s at least"):
        measure_style(Clip.neutral(10))
