"""Motion, beats, blinks, key points, sync, emotion, identity: closed forms."""

from pathlib import Path

import numpy as np
import pytest
from metrics.metric_samples import head, lively

from flametalk.audio.signal import Audio
from flametalk.clip import Clip
from flametalk.errors import InputError, UnknownNameError
from flametalk.metrics import (
    audio_beats,
    audio_mouth,
    beat_alignment,
    blinks,
    closure_recall,
    dexp,
    dglo,
    diversity,
    emotion_accuracy,
    emotion_distance,
    exp,
    glo,
    jerk,
    landmark_distance,
    motion_beats,
    mouth_aperture,
    pose_variance,
    shape_spread,
    template_cosine,
    tracked_mouth,
)
from flametalk.metrics.blinks import blinks_of
from flametalk.metrics.closures import closure_spans
from flametalk.metrics.synchrony import correlate


def turning(angles: np.ndarray, **parts) -> Clip:
    pose = np.zeros((len(angles), 3))
    pose[:, 1] = angles
    return Clip.neutral(len(angles), head=pose, made_for=head().name, **parts)


# --- motion ---------------------------------------------------------------------------------------


def test_jerk_of_a_cubic_is_six_times_its_factor() -> None:
    times = np.arange(200)[:, None, None] / 50
    path = np.broadcast_to(times**3, (200, 4, 3)) * [1.0, 0.0, 0.0]
    assert jerk(path, fps=50, mask="all") == pytest.approx(6.0, rel=1e-6)
    assert jerk(times**2 * np.ones((1, 2, 3)), fps=50, mask="all") == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(InputError, match="fps"):
        jerk(path, mask="all")
    with pytest.raises(InputError, match="4 frames"):
        jerk(path[:3], fps=50, mask="all")


def test_pose_variance_of_a_swing() -> None:
    swing = np.radians(10) * np.sin(2 * np.pi * np.arange(100) / 100)
    assert pose_variance(turning(swing)) == pytest.approx(50.0, rel=1e-5)  # amplitude² / 2
    assert pose_variance(turning(np.zeros(10))) == 0.0
    moving = np.zeros((100, 3))
    moving[:, 0] = 0.01 * np.sin(2 * np.pi * np.arange(100) / 100)
    clip = Clip.neutral(100, translation=moving, made_for=head().name)
    assert pose_variance(clip, variant="face_centre") == pytest.approx(50.0, rel=1e-3)


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    samples = [np.full((4, 2, 3), [x, 0.0, 0.0]) for x in (0.0, 1e-3, 3e-3)]
    assert diversity(samples) == pytest.approx((1 + 3 + 2) / 3)
    with pytest.raises(InputError, match="2 are needed"):
        diversity(samples[:1])


def test_glo_sees_the_head_and_exp_the_face() -> None:
    moving = np.zeros((100, 3))
    moving[:, 1] = 2e-3 * np.sin(2 * np.pi * np.arange(100) / 100)  # ±2 mm: variance 2 mm²
    still = Clip.neutral(100, made_for=head().name)
    nodding = still.replace(translation=moving)
    assert glo(nodding) == pytest.approx(2.0, rel=1e-3)
    assert exp(nodding) == pytest.approx(0.0, abs=1e-9)
    assert dglo(nodding, still) == pytest.approx(2.0, rel=1e-3)
    brow = np.zeros((100, 50))
    brow[:, head().expression_names.index("brow_inner_up_left")] = np.arange(100) % 2
    raised = still.replace(expression=brow)
    assert exp(raised) > 0.01
    assert glo(raised) < 0.1 * exp(raised)
    assert dexp(raised, still) == pytest.approx(float(exp(raised)))


def test_landmark_distances_of_a_shift() -> None:
    still = Clip.neutral(5, made_for=head().name)
    moved = still.replace(translation=np.full((5, 3), [3e-3, 4e-3, 0.0]))
    assert landmark_distance(moved, still) == pytest.approx(5.0, rel=1e-4)
    assert landmark_distance(moved, still, variant="m_lmd") == pytest.approx(5.0, rel=1e-4)
    assert landmark_distance(moved, still, variant="akd") == pytest.approx(7 / 3, rel=1e-4)
    assert landmark_distance(moved, still, space="face") == 0.0


# --- beats ----------------------------------------------------------------------------------------


def clicks(times: np.ndarray, seconds: float = 10.0) -> Audio:
    samples = np.zeros(round(seconds * 22_050))
    decay = np.exp(-np.arange(2000) / 300) * np.sin(np.arange(2000) * 0.4)
    for time in times:
        at = round(time * 22_050)
        samples[at : at + 2000] += decay[: len(samples) - at]
    return Audio(samples.astype(np.float32), 22_050)


def test_beats_of_a_metronome() -> None:
    given = 0.5 + 0.5 * np.arange(18)
    found = audio_beats(clicks(given))
    assert len(found) >= 15
    assert np.abs(found[:, None] - given[None]).min(1).max() < 0.03
    assert np.diff(found).std() < 0.02
    assert len(audio_beats(Audio(np.zeros(22_050, np.float32), 22_050))) == 0


def test_the_tempo_follows_the_metronome() -> None:
    for tempo in (90.0, 150.0):
        apart = np.diff(audio_beats(clicks(np.arange(0.2, 9.5, 60 / tempo))))
        assert np.median(apart) == pytest.approx(60 / tempo, rel=0.04)


def test_beat_alignment_in_closed_form() -> None:
    """A head that swings to and fro rests at its turning points, every 25 frames."""
    clip = turning(0.2 * np.cos(2 * np.pi * (np.arange(200) - 12.3) / 50))
    rests = motion_beats(clip)
    assert np.allclose(np.diff(rests), 25.0)
    at_rest = rests[1:-1] / 25.0
    assert beat_alignment(clip, at_rest) == pytest.approx(1.0)
    for variance in (7.0, 8.0, 9.0):
        late = beat_alignment(clip, at_rest + 3 / 25.0, variance)
        assert late == pytest.approx(np.exp(-9 / (2 * variance)))


def test_beat_alignment_without_beats_is_told_not_crashed() -> None:
    still, silence = turning(np.zeros(50)), Audio(np.zeros(32_000, np.float32), 16_000)
    assert np.isnan(beat_alignment(still, silence))
    assert beat_alignment(still, np.array([1.0])) == 0.0
    assert beat_alignment(turning(np.zeros(2)), np.array([0.01])) == 0.0
    with pytest.raises(InputError, match="sound"):
        beat_alignment(still)
    with pytest.raises(InputError, match="7, 8 and 9"):
        beat_alignment(still, silence, variance=0.0)


# --- blinks, closures -----------------------------------------------------------------------------


def test_blinks_of_the_mesh() -> None:
    strength = np.zeros(250)
    for frame in (40, 120, 200):
        strength[frame - 2 : frame + 3] = [0.5, 0.9, 1.0, 0.9, 0.5]
    expression = strength[:, None] * head().actions["blink"].expression.numpy()
    seen = blinks(Clip.neutral(250, expression=expression, made_for=head().name))
    assert seen.times == pytest.approx([1.6, 4.8, 8.0])
    assert seen.rate == pytest.approx(18.0)
    assert 0.1 <= seen.mean_length < 0.21
    assert seen.mean_interval == pytest.approx(3.2)


def test_eyes_that_stay_shut_do_not_blink() -> None:
    opening = np.ones(200)
    opening[50:53] = 0.1
    opening[90:140] = 0.1  # two seconds
    opening[180:182] = 0.6  # narrowed
    seen = blinks_of(opening, 25.0)
    assert seen.times == pytest.approx([51 / 25])
    assert np.isnan(blinks_of(np.ones(50), 25.0).mean_length)


def test_closures_lie_between_openings() -> None:
    gaps = np.array([0, 5, 5, 1, 0, 5, 2, 5, 1, 3, 0, 5, 0, 0]) * 1e-3
    assert closure_spans(gaps, 10.0) == [(0.3, 0.5), (0.8, 1.1)]
    strengths = np.array([0, 1, 1, 0, 1, 1, 0, 1, 1, 0]) * 0.4
    opening = head().actions["arkit/jawOpen"]
    truth = Clip.neutral(10, jaw=strengths[:, None] * opening.jaw.numpy(), made_for=head().name)
    lazy = np.where(np.arange(10) == 3, 0.4, strengths)
    kept = Clip.neutral(10, jaw=lazy[:, None] * opening.jaw.numpy(), made_for=head().name)
    assert closure_recall(truth, truth) == 1.0
    assert closure_recall(kept, truth, near=0.0) == 0.5
    assert np.isnan(closure_recall(truth, Clip.neutral(10, made_for=head().name)))


# --- sync -----------------------------------------------------------------------------------------


def test_lag_is_positive_when_the_mouth_is_late() -> None:
    curve = np.random.default_rng(0).normal(size=120).cumsum()
    found = correlate(curve[5:105], curve[8:108], 25.0)
    assert found.best == pytest.approx(1.0)
    assert found.lag == pytest.approx(3 / 25)
    assert correlate(curve[8:108], curve[5:105], 25.0).lag == pytest.approx(-3 / 25)
    assert np.isnan(correlate(np.ones(50), curve[:50], 25.0).r)
    with pytest.raises(InputError, match="8 are needed"):
        correlate(curve[:5], curve[:5], 25.0)


def test_a_mouth_that_follows_the_loudness_correlates() -> None:
    clip = lively(100)
    level = np.repeat(mouth_aperture(clip, head()), 640)
    tone = np.sin(2 * np.pi * 300 * np.arange(len(level)) / 16_000)
    sound = Audio((level * tone).astype(np.float32), 16_000)
    assert audio_mouth(clip, sound).r > 0.97
    assert audio_mouth(clip.replace(audio=sound)).lag == 0.0
    tracked = tracked_mouth(clip, 3.0 * mouth_aperture(clip, head()) + 1.0, 25.0)
    assert tracked.r == pytest.approx(1.0, abs=1e-6)
    with pytest.raises(InputError, match="30 frames a second"):
        tracked_mouth(clip, np.zeros(100), 30.0)


# --- emotion, identity ------------------------------------------------------------------------------


def test_template_cosine() -> None:
    happy = head().actions["emotion/happy"].expression.numpy()
    smiling = Clip.neutral(6, expression=np.tile(0.4 * happy, (6, 1)), made_for=head().name)
    assert template_cosine(smiling, "happy") == pytest.approx(1.0)
    assert template_cosine(smiling, -happy) == pytest.approx(-1.0)
    talking = lively(6)
    both = talking.replace(expression=talking.expression + 0.4 * happy)
    assert template_cosine(both, "happy", neutral=talking) == pytest.approx(1.0, abs=1e-5)
    assert template_cosine(both, "happy") < 0.99
    assert template_cosine(Clip.neutral(3, made_for=head().name), "happy") == 0.0
    with pytest.raises(UnknownNameError, match="happy"):
        template_cosine(smiling, "hapy")


def test_what_a_recogniser_sees() -> None:
    def recogniser(pictures: np.ndarray) -> np.ndarray:
        """Class 1 in bright pictures."""
        bright = pictures.mean((1, 2, 3)) / 255.0
        return np.stack([1 - bright, bright], 1)

    bright, dark = np.full((3, 4, 4, 3), 255, np.uint8), np.zeros((1, 4, 4, 3), np.uint8)
    pictures = np.concatenate([bright, dark])
    assert emotion_accuracy(pictures, 1, recogniser) == 0.75
    assert emotion_accuracy(pictures, 1, recogniser, variant="majority") == 1.0
    assert emotion_accuracy(pictures, [1, 1, 1, 0], recogniser) == 1.0
    assert emotion_distance(pictures, np.concatenate([bright, bright[:1]]), recogniser) == pytest.approx(
        2 / 4
    )
    with pytest.raises(InputError, match="knows 0 to 1"):
        emotion_accuracy(pictures, 7, recogniser)
    with pytest.raises(InputError, match="finite"):
        emotion_accuracy(pictures, 0, lambda p: np.full((len(p), 2), np.nan))


def test_shape_spread() -> None:
    assert shape_spread(lively(4)) == 0.0
    shapes = np.zeros((4, 100))
    shapes[:, 7] = [1, -1, 1, -1]
    drifting = Clip.neutral(4, shape=shapes, made_for=head().name)
    assert shape_spread(drifting) == pytest.approx(1.0)
    moved = head().shape_basis[..., 7].norm(dim=1).mean().item() * 1000
    assert shape_spread(drifting, variant="surface") == pytest.approx(moved, rel=1e-5)


def test_every_metric_stands_in_the_docs() -> None:
    import flametalk.metrics

    text = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    missing = [name for name in flametalk.metrics.__all__ if name[0].islower() and f"`{name}" not in text]
    assert not missing
