"""Rules over learned clips: lips meet where they must, eyes blink, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from flametalk.audio.features import AudioFeatures
from flametalk.audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from flametalk.clip import Clip
from flametalk.head import Head
from flametalk.mend import RULES, Mouth, bring_together, enliven, mend
from flametalk.metrics import lip_gaps
from flametalk.metrics.blinks import blinks
from flametalk.perform.rig import rig_of

pytestmark = pytest.mark.core

FRAMES = 250
HEARD = {"linguistic": "phone posteriors (42, by hand)", "emotion": "rules on prosody (20)"}


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


def _features(spoken: str = "AA", at: tuple[int, ...] = (60, 120, 180)) -> AudioFeatures:
    """AA all the time, and four frames of `spoken` at `at`."""
    phones = np.zeros((FRAMES, N_PHONES), np.float32)
    phones[:, PHONE_INDEX["AA"]] = 1.0
    for k in at:
        phones[k : k + 4] = 0.0
        phones[k : k + 4, PHONE_INDEX[spoken]] = 1.0
    phones[:10] = phones[-10:] = 0.0
    phones[:10, SILENCE] = phones[-10:, SILENCE] = 1.0
    loud = np.full((FRAMES, 640), 0.1, np.float32)
    return AudioFeatures(
        25.0,
        phones,
        loud.mean(1),
        loud,
        np.zeros((FRAMES, 20), np.float32),
        {},
        np.zeros(FRAMES, np.float32),
        HEARD,
    )


def _gaping(head: Head) -> Clip:
    """A mouth that stands open, smiling, whatever is said."""
    expression = np.zeros((FRAMES, head.n_expression), np.float32)
    expression += 0.6 * head.actions["arkit/mouthSmileLeft"].expression.numpy()
    expression += 0.3 * head.actions["speech/AH"].expression.numpy()
    jaw = np.zeros((FRAMES, 3), np.float32)
    jaw[:, 0] = 0.15
    return Clip.neutral(FRAMES, expression=expression, jaw=jaw, made_for=head.name)


def test_lips_meet_in_m_and_nowhere_else(head: Head) -> None:
    before = _gaping(head)
    after = mend(before, _features("M"), head, 0)
    was, gaps = lip_gaps(before, head), lip_gaps(after, head)
    assert was.min() > 6e-3
    for k in (60, 120, 180):
        assert gaps[k : k + 4].min() < 1e-3
    far = np.ones(FRAMES, bool)
    for k in (60, 120, 180):
        far[k - 8 : k + 12] = False
    far[:14] = far[-14:] = False
    lips = rig_of(head).lips[: head.n_expression]
    assert np.abs(after.expression[far][:, lips] - before.expression[far][:, lips]).max() < 1e-6
    assert np.abs(after.jaw[far] - before.jaw[far]).max() < 1e-6
    smile = head.actions["arkit/mouthSmileLeft"].expression.numpy() > 0
    opens = rig_of(head).parts > 0
    kept = smile & ~opens[: head.n_expression]
    assert np.allclose(after.expression[:, kept], before.expression[:, kept])
    assert after.provenance["rules"] == RULES


def test_the_lower_lip_meets_the_teeth_in_f_and_the_smile_stays(head: Head) -> None:
    before = _gaping(head)
    after = mend(before, _features("F"), head, 0)
    shown = head.regions["teeth_upper"].long()
    lips = head.regions["lips"].long()
    lower = lips[head.template[lips, 1] < head.template[head.regions["lip_seam_lower"].long(), 1].mean()]

    def nearest(clip: Clip, k: int) -> float:
        points = clip.replace(head=np.zeros((FRAMES, 3), np.float32)).vertices(head, k, k + 1)[0]
        return float(torch.cdist(points[lower], points[shown]).min())

    for k in (60, 120, 180):
        assert min(nearest(before, j) for j in range(k, k + 4)) > 4e-3
        assert min(nearest(after, j) for j in range(k, k + 4)) < 1e-3
        assert lip_gaps(after, head)[k : k + 4].min() > 1e-3  # and no m
    smile = np.flatnonzero(head.actions["arkit/mouthSmileLeft"].expression.numpy() > 0)
    corner = smile[np.abs(rig_of(head).parts[smile]) < 1e-4]
    assert len(corner) and np.array_equal(after.expression[:, corner], before.expression[:, corner])


def test_what_is_half_b_and_half_v_is_one_of_them(head: Head) -> None:
    """The likelier contact is made whole, not both by half."""
    for sure, doubtful, gap in (("B", "V", (-1e-3, 1e-3)), ("V", "B", (2e-3, 6e-3))):
        features = _features(sure)
        phones = features.linguistic.copy()
        phones[:, PHONE_INDEX[doubtful]] = 0.3 * phones[:, PHONE_INDEX[sure]]
        phones[:, PHONE_INDEX[sure]] *= 0.7
        gaps = lip_gaps(mend(_gaping(head), replace(features, linguistic=phones), head, 0), head)
        for k in (60, 120, 180):
            assert gap[0] < gaps[k : k + 4].min() < gap[1], (sure, gaps[k : k + 4])


def test_sway_and_brows_are_wider_and_nods_are_not(head: Head) -> None:
    time = np.arange(FRAMES) / 25.0
    sway, nod = 0.02 * np.sin(2 * np.pi * 0.1 * time), 0.02 * np.sin(2 * np.pi * 2.5 * time)
    turns = np.stack([nod + 0.1, sway - 0.05, 0 * time], 1).astype(np.float32)
    brow = head.expression_names.index("brow_inner_up_left")
    expression = np.zeros((FRAMES, head.n_expression), np.float32)
    expression[:, brow] = 0.2
    expression[100:110, brow] = 0.4
    made = enliven(Clip.neutral(FRAMES, head=turns, expression=expression, made_for=head.name), head)
    inner = slice(40, -40)  # a sway cannot be told from a nod at the ends
    assert np.allclose(made.head[inner, 0], turns[inner, 0], atol=3e-4)
    assert 1.45 < np.ptp(made.head[inner, 1]) / np.ptp(turns[inner, 1]) < 1.6
    assert abs(made.head[:, 1].mean() - turns[:, 1].mean()) < 1e-3
    assert np.allclose(made.expression[:100, brow], 0.2)
    assert np.allclose(made.expression[100:110, brow], 0.2 + 1.8 * 0.2)
    assert np.array_equal(np.delete(made.expression, brow, 1), np.delete(expression, brow, 1))


def test_lips_close_and_open_without_a_jump(head: Head) -> None:
    gaps = lip_gaps(mend(_gaping(head), _features("B"), head, 0), head)
    assert np.abs(np.diff(gaps)).max() < 0.75 * gaps.max()


@pytest.mark.parametrize("shut", [0.0, 0.5, 1.0])
def test_openings_are_scaled_by_as_much_as_asked(head: Head, shut: float) -> None:
    rig, clip = rig_of(head), _gaping(head)
    mouth = Mouth(clip.expression[:3].astype(np.float64), clip.jaw[:3, 0].astype(np.float64))
    made = bring_together(mouth, np.full(3, shut), rig)
    gap = lip_gaps(
        Clip.neutral(
            3, expression=made.expression, jaw=np.pad(made.jaw[:, None], ((0, 0), (0, 2))), made_for=head.name
        ),
        head,
    )
    whole = lip_gaps(clip, head)[0]
    assert abs(gap[0] - (1 - shut) * whole) < 0.12 * whole


def test_seeds_blink_differently_and_speak_alike(head: Head) -> None:
    one, two, again = (mend(_gaping(head), _features("P"), head, seed) for seed in (0, 1, 0))
    assert one == again
    assert np.array_equal(lip_gaps(one, head), lip_gaps(two, head))
    assert not np.array_equal(one.eyes, two.eyes)
    for clip in (one, two):
        found = blinks(clip, head)
        assert 2 <= len(found.times) <= 5
        assert ((found.lengths >= 0.1) & (found.lengths <= 0.4)).all()


def test_other_ears_and_other_heads_do_without(head: Head) -> None:
    features = _features("M")
    wavlm = replace(features, provenance=HEARD | {"linguistic": "WavLM (768, base)"})
    clip = _gaping(head)
    assert mend(clip, wavlm, head, 0) is clip
    assert mend(clip, features, replace(head, actions={}), 0) is clip
