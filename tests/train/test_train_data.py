"""Examples: deterministic, covering, told relative to the right frame; and what the lips' geometry says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from train_samples import FRAMES, performance, trial, write_corpus

from flametalk.audio.phones import PHONE_INDEX, SILENCE
from flametalk.clip import Clip
from flametalk.conventions import MILLIMETRES
from flametalk.errors import InputError
from flametalk.head import Head
from flametalk.head.lips import INNER_LOWER, INNER_UPPER
from flametalk.motion.space import BUILTIN_162
from flametalk.train.crops import hear, make_batch, measure_statistics, position, reference_of, silent_frames
from flametalk.train.cycle import one_cycle
from flametalk.train.portrait import portraits_of
from flametalk.train.source import Remembered, open_source, told_phones
from flametalk.train.surface import LIPS, measure_surface

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.load()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("train") / "corpus")


@pytest.fixture(scope="module")
def data(corpus: Path, head: Head) -> Remembered:
    source = open_source(corpus, "train")
    return Remembered(source, trial().network.amplitude_bins, portraits_of(head, source.space))


def test_every_epoch_goes_through_everything_in_an_order_of_its_own() -> None:
    recipe = trial(batch=3)
    orders = [
        [position(7, recipe, i // 3, i % 3) for i in range(7 * epoch, 7 * epoch + 7)] for epoch in range(4)
    ]
    assert all(sorted(order) == list(range(7)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4


def test_an_example_is_a_function_of_seed_and_step(data: Remembered) -> None:
    recipe = trial(batch=4)
    statistics = measure_statistics(data, recipe)
    whole = make_batch(data, statistics, recipe, 5, range(4))
    shares = [make_batch(data, statistics, recipe, 5, range(k, 4, 2)) for k in range(2)]
    for k, share in enumerate(shares):  # two processes see what one would have seen
        assert torch.equal(share.motion, whole.motion[k::2])
        assert torch.equal(share.audio.linguistic, whole.audio.linguistic[k::2])
    other = make_batch(data, statistics, replace(recipe, seed=1), 5, range(4))
    assert not torch.equal(other.motion, whole.motion)


def test_reference_plus_difference_is_the_performance(data: Remembered) -> None:
    plain = {"told": (0.0, 0.0), "gain": 0.0, "blur": 0.0, "hoarse": 0.0}
    recipe = trial(batch=4, crop=FRAMES + 10, reference="first", **plain)
    statistics = measure_statistics(data, recipe)
    batch = make_batch(data, statistics, recipe, 0, range(4))
    for k in range(4):
        motion, heard, *_ = data[position(len(data), recipe, 0, k)]
        frames = len(motion)
        frame = statistics.frame.denormalise(batch.reference[k].double().numpy())
        rows = frame + statistics.difference.denormalise(batch.motion[k].double().numpy())
        assert np.abs(rows[:frames] - motion).max() < 1e-4
        assert batch.valid[k].tolist() == [True] * frames + [False] * (len(batch.valid[k]) - frames)
        assert np.allclose(batch.audio.linguistic[k, :frames], heard, atol=1e-3)
        assert not batch.audio.linguistic[k, frames:].any()


def test_statistics_are_those_of_all_differences(data: Remembered) -> None:
    recipe = trial(reference="first", any_reference=0.0)
    measured = measure_statistics(data, recipe)
    rows = [motion.astype(np.float64) for motion, *_ in (data[i] for i in range(len(data)))]
    differences = np.concatenate([m - m[0] for m in rows])
    assert np.abs(measured.difference.mean - differences.mean(0)).max() < 1e-9
    assert np.abs(measured.difference.std - differences.std(0)).max() < 1e-9
    assert np.abs(measured.frame.mean - np.concatenate(rows).mean(0)).max() < 1e-9


def test_a_portrait_rests_and_feels(data: Remembered, head: Head) -> None:
    portraits = portraits_of(head, BUILTIN_162)
    motion, _, _, envelope, _, felt = data[0]
    frame = reference_of(
        portraits, motion, envelope, felt, trial(any_reference=0.0), np.random.default_rng(0)
    )
    happy = head.actions["emotion/happy"].expression.numpy()
    strength = felt.astype(np.float32).mean(0)[portraits.names.index("happy")]
    assert 0.3 < strength <= 1.0
    assert np.allclose(frame[BUILTIN_162["expression"]], strength * happy, atol=1e-3)
    for group in ("head", "jaw", "eyes"):
        assert not frame[BUILTIN_162[group]].any()


def test_silent_frames_lie_among_quiet_ones() -> None:
    envelope = np.ones((60, 8), np.float16)
    envelope[20:45] = 0.001
    assert silent_frames(envelope).tolist() == list(range(24, 41))


def test_a_better_ear_hears_what_was_spoken() -> None:
    p = performance("x", 0)
    told, wrong = (a.astype(np.float16) for a in (told_phones(p), np.roll(p.linguistic, 7, 1)))
    assert np.allclose(told.sum(1), 1.0)
    chance = np.random.default_rng(0)
    deaf = hear(wrong, told, trial(told=(0.0, 0.0)), chance)
    assert np.array_equal(deaf, wrong)
    sharp = hear(wrong, told, trial(told=(1.0, 1.0)), chance)
    assert (sharp.argmax(1) == told.argmax(1)).all()
    right = [
        (hear(wrong, told, trial(told=(0.5, 0.5)), chance).argmax(1) == told.argmax(1)).mean()
        for _ in range(200)
    ]
    assert abs(np.mean(right) - 0.5) < 0.04


def test_told_phones_split_frames_by_time() -> None:
    p = performance("x", 0, frames=4)
    p = replace(p, info={"phones": [["AA", 0.0, 0.05], ["M", 0.05, 0.08]]})
    told = told_phones(p)
    assert told[0, PHONE_INDEX["AA"]] == 1.0
    assert told[1, PHONE_INDEX["AA"]] == 0.25
    assert told[1, PHONE_INDEX["M"]] == 0.75
    assert (told[2:, SILENCE] == 1.0).all()


def test_lips_as_a_quadratic_form_are_those_of_the_mesh(head: Head) -> None:
    surface = measure_surface(head, BUILTIN_162)
    chance = np.random.default_rng(0)
    rows = np.zeros((4, BUILTIN_162.width), np.float32)
    rows[:, BUILTIN_162["expression"]] = 0.1 * chance.standard_normal((4, 50))
    rows[:, BUILTIN_162["jaw"].start] = chance.uniform(0.0, 0.06, 4)
    moved = BUILTIN_162.unpack(rows, made_for=head.name).vertices(head)
    still = Clip.neutral(1, made_for=head.name).vertices(head)
    lips = head.regions[LIPS].long()
    true = ((moved - still)[:, lips] * MILLIMETRES).square().sum(-1).mean(1)
    formed = (torch.from_numpy(rows) @ surface.lips.T).square().sum(-1)
    assert torch.allclose(formed, true, rtol=0.06)
    points = head.landmark_points(moved)
    gap = (points[:, INNER_UPPER, 1] - points[:, INNER_LOWER, 1]) * MILLIMETRES
    assert torch.allclose(surface.rest + torch.from_numpy(rows) @ surface.gap, gap, rtol=0.03, atol=0.15)
    assert surface.mouth[BUILTIN_162["jaw"].start]
    assert not surface.mouth[BUILTIN_162["head"]].any()


def test_one_cycle_rises_and_falls() -> None:
    rates = [one_cycle(step, 100, 1.0, 0.3) for step in range(100)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[30] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(1 / 25e4)
    assert (np.diff(rates[:31]) > 0).all()
    assert (np.diff(rates[30:]) < 0).all()


def test_folders_without_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpus make"):
        open_source(tmp_path, "train")
