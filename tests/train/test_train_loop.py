"""The loop: it learns, it goes on where it was killed, and what it leaves behind speaks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from audio.audio_samples import say
from train_samples import trial, write_corpus

import flametalk
from flametalk.audio.signal import Audio
from flametalk.cli import main
from flametalk.errors import FormatError, InputError, UnknownNameError
from flametalk.generate.checkpoint import load_model
from flametalk.head import Head
from flametalk.motion.statistics import MotionStatistics, ZScore
from flametalk.train.loop import Run, TrainSettings, learn, prepare, save, train
from flametalk.train.objective import Objective
from flametalk.train.recipes import RECIPES, Recipe, recipe
from flametalk.train.state import load_state
from flametalk.train.surface import measure_surface


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("loop") / "corpus")


def _settings(corpus: Path, run: Path, **changes: object) -> TrainSettings:
    return replace(TrainSettings(corpus, run, device="cpu", quiet=True), **changes)  # type: ignore[arg-type]


def test_a_killed_run_goes_on_to_the_same_loss(corpus: Path, tmp_path: Path) -> None:
    losses: dict[str, list[float]] = {"whole": [], "parts": []}
    whole = train(
        trial(), _settings(corpus, tmp_path / "a"), told=lambda _, loss: losses["whole"].append(loss)
    )

    class KilledError(Exception):
        pass

    def killed(step: int, loss: float) -> None:
        losses["parts"].append(loss)
        if step == 5:
            raise KilledError

    with pytest.raises(KilledError):
        train(trial(), _settings(corpus, tmp_path / "b"), told=killed)
    assert load_state(tmp_path / "b").step == 4  # what was saved last
    losses["parts"] = losses["parts"][:4]
    parts = train(
        trial(),
        _settings(corpus, tmp_path / "b", resume=True),
        told=lambda _, loss: losses["parts"].append(loss),
    )
    assert losses["parts"] == losses["whole"]
    assert len(losses["whole"]) == 6
    for name, value in whole.average.values.items():
        assert torch.equal(value, parts.average.values[name]), name
    assert parts.best == whole.best


def test_it_learns_and_what_it_leaves_behind_speaks(corpus: Path, tmp_path: Path) -> None:
    losses: list[float] = []
    wanted = trial(steps=80, batch=4, peak=5e-3, validate_every=80, save_every=1000, average=0.9, drop=0.0)
    done = train(wanted, _settings(corpus, tmp_path / "run"), told=lambda _, loss: losses.append(loss))
    assert np.mean(losses[-20:]) < 0.35 * np.mean(losses[:5])
    model = load_model(tmp_path / "run" / "best.safetensors")
    assert model.info["steps"] == 80
    assert model.info["validation"]["aperture_r"] > 0.7  # AA is open, M is shut
    assert model.info["validation"]["lip_error_mm"] < 0.7 * model.info["validation"]["still_error_mm"]
    assert json.loads((tmp_path / "run" / "best.json").read_text())["features"] == done.source.features
    assert len(list((tmp_path / "run" / "pictures").glob("*.png"))) == 1


def test_a_checkpoint_of_other_features_is_refused(corpus: Path, tmp_path: Path) -> None:
    run = prepare(trial(), _settings(corpus, tmp_path / "run"))
    save(run)
    with pytest.raises(InputError, match="phone"):
        flametalk.animate(
            Audio(say("so"), 16_000), generator=tmp_path / "run" / "model.safetensors", linguistic="auto"
        )


def test_dropped_conditions_and_all_noise_come_from_the_seed(corpus: Path, tmp_path: Path) -> None:
    def first(seed: int, name: str) -> float:
        run: Run = prepare(trial(seed=seed), _settings(corpus, tmp_path / name))
        return float(learn(run).total)

    assert first(0, "a") == first(0, "b")
    assert first(1, "c") != first(0, "d")


def test_a_perfect_prediction_costs_nothing_and_a_closed_mouth_most(corpus: Path, tmp_path: Path) -> None:
    head = Head.load()
    run = prepare(trial(), _settings(corpus, tmp_path / "run"))
    width = run.network.config.space.width
    ones = ZScore(np.zeros(width), np.ones(width))
    judge = Objective(
        run.network, trial(), MotionStatistics(ones, ones), measure_surface(head, run.network.config.space)
    ).judge
    from flametalk.train.crops import make_batch

    batch = make_batch(run.data, run.statistics, trial(), 0, range(2))
    nothing = torch.zeros_like(batch.motion)
    assert float(judge(nothing, nothing, batch).total) == 0.0
    off = nothing.clone()
    off[..., run.network.config.space["jaw"].start] = 0.01
    jaw = run.network.config.space["jaw"].start
    shut, wide = (
        replace(batch, motion=nothing.index_fill(-1, torch.tensor(jaw), x), reference=nothing[:, 0])
        for x in (0.0, 0.3)
    )
    assert float(judge(off, off, shut).gap) > 2 * float(judge(off, off, wide).gap) > 0
    assert float(judge(off, off, shut).lips) == pytest.approx(float(judge(off, off, wide).lips))


def test_recipes_survive_json() -> None:
    for name in RECIPES:
        made = recipe(name)
        assert Recipe.from_json(json.loads(json.dumps(made.to_json()))) == made
    with pytest.raises(UnknownNameError, match="builtin"):
        recipe("bultin")
    with pytest.raises(InputError, match="positive"):
        replace(recipe("tiny"), steps=0)
    with pytest.raises(InputError, match="unknown to this version"):
        Recipe.from_json(recipe("tiny").to_json() | {"magic": 1})


def test_the_paper_is_trained_as_it_says() -> None:
    paper = recipe("3dxtalker")
    assert (paper.steps, paper.batch, paper.crop, paper.peak, paper.times) == (9_000, 128, 250, 1e-4, 512)
    assert (paper.network.width, paper.network.n_heads, paper.network.depth) == (768, 12, 6)
    assert paper.network.predicts == "velocity"
    assert paper.network.noise == "extrema"


def test_what_cannot_be_trained_is_said(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--resume out"):
        prepare(trial(), _settings(corpus, tmp_path / "none", resume=True))
    run = prepare(trial(), _settings(corpus, tmp_path / "run"))
    save(run)
    with pytest.raises(InputError, match="--resume"):
        prepare(trial(), _settings(corpus, tmp_path / "run"))
    with pytest.raises(UnknownNameError, match="cpu"):
        prepare(trial(), _settings(corpus, tmp_path / "other", device="tpu"))
    with pytest.raises(InputError, match="flame-284"):
        prepare(recipe("3dxtalker"), _settings(corpus, tmp_path / "space"))
    state = tmp_path / "run" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"state\.safetensors"):
        prepare(trial(), _settings(corpus, tmp_path / "run", resume=True))


def test_the_command(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    words = ["train", "tiny", "--data", str(corpus), "-o", str(run), "--device", "cpu", "--quiet"]
    main([*words, "--steps", "2", "--crop", "32", "--validate-every", "2"])
    told = capsys.readouterr().out
    assert "2 of 2" in told
    assert str(run / "model.safetensors") in told
    assert (run / "best.safetensors").exists()
