"""Motion that is told as it is, not as differences from the reference frame: one of the ablations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from train_samples import trial, write_corpus

from flametalk.generate.model import origin_of, rows_of
from flametalk.head import Head
from flametalk.train.crops import make_batch, measure_statistics, position
from flametalk.train.loop import TrainSettings, learn, prepare
from flametalk.train.objective import Objective
from flametalk.train.portrait import portraits_of
from flametalk.train.recipes import Recipe
from flametalk.train.source import Remembered, open_source
from flametalk.train.surface import measure_surface


def absolute() -> Recipe:
    recipe = trial()
    return replace(recipe, network=replace(recipe.network, relative=False))


def test_examples_are_the_performance_itself(tmp_path: Path) -> None:
    source = open_source(write_corpus(tmp_path), "train")
    recipe = absolute()
    data = Remembered(source, recipe.network.amplitude_bins, portraits_of(Head.load(), source.space))
    statistics = measure_statistics(data, recipe)
    batch = make_batch(data, statistics, recipe, 0, range(recipe.batch))
    for slot in range(recipe.batch):
        whole = data[position(len(data), recipe, 0, slot)][0].astype(np.float32)
        reference = statistics.frame.denormalise(batch.reference[slot].numpy()).astype(np.float32)
        length = int(batch.valid[slot].sum())
        rows = rows_of(statistics, origin_of(recipe.network, reference), batch.motion[slot])[:length]
        starts = [
            k for k in range(len(whole) - length + 1) if np.allclose(whole[k : k + length], rows, atol=1e-3)
        ]
        assert starts


def test_the_loss_sees_the_mouth_as_it_is_told(tmp_path: Path) -> None:
    """Errors count more where lips meet: the gap that is seen must be that of the motion."""
    corpus = write_corpus(tmp_path / "corpus")
    run = prepare(absolute(), TrainSettings(corpus, tmp_path / "run", quiet=True, device="cpu"))
    objective = run.objective
    assert isinstance(objective, Objective)
    batch = make_batch(run.data, run.statistics, run.recipe, 0, range(2))
    seen = batch.motion @ objective.gap + objective.gap_at_zero
    surface = measure_surface(Head.load(), run.source.space)
    rows = run.statistics.difference.denormalise(batch.motion.numpy())
    assert not objective.frame_gap.any()
    assert np.allclose(seen.numpy(), surface.rest + rows @ surface.gap.numpy(), atol=1e-3)
    assert np.isfinite(float(learn(run).total))


@pytest.mark.parametrize("relative", [True, False])
def test_where_motion_starts_from(relative: bool) -> None:
    frame = np.ones(162, np.float32)
    network = replace(trial().network, relative=relative)
    assert origin_of(network, frame).sum() == 162 * relative
