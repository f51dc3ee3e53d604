"""The benchmark's own methods and its comparison with the paper, in closed form."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from metrics.metric_samples import head, lively

from flametalk.audio.signal import Audio
from flametalk.generate.config import NetworkConfig
from flametalk.report.statistics import Summary
from scripts.benchmark import PAPER, Spoken, amplitude_only, checkpoints, directions, mean_pose, sampled
from scripts.train_ablations import ABLATIONS, FULL, small

FRAMES = 50


def spoken(jaw_of_loudness: float = 0.2) -> list[Spoken]:
    """Clips whose jaw is a known multiple of the loudness, from the quietest frame to the loudest."""
    clips = []
    for k in range(3):
        level = 0.5 + 0.5 * np.sin(np.arange(FRAMES) * (0.3 + 0.1 * k))
        tone = np.sin(2 * np.pi * 400 * np.arange(FRAMES * 640) / 16_000)
        jaw = np.zeros((FRAMES, 3), np.float32)
        jaw[:, 0] = jaw_of_loudness * level
        sound = Audio((np.repeat(level, 640) * tone).astype(np.float32), 16_000)
        clips.append(Spoken(f"c{k}", lively(FRAMES, k, jaw=jaw, audio=sound)))
    return clips


def test_the_mean_pose_is_that_of_the_others() -> None:
    given = spoken()
    made = mean_pose(given)
    others = np.stack([given[0].truth.head.mean(0), given[2].truth.head.mean(0)]).mean(0)
    assert np.allclose(made["c1"].head, others[None], atol=1e-6)
    assert np.ptp(made["c1"].expression, axis=0).max() == 0.0
    assert np.array_equal(made["c1"].shape, given[1].truth.shape)


def test_amplitude_only_finds_how_far_a_loud_mouth_opens() -> None:
    given = spoken()
    made = amplitude_only(given)
    for one in given:
        assert np.corrcoef(made[one.name].jaw[:, 0], one.truth.jaw[:, 0])[0, 1] > 0.98
        assert np.abs(made[one.name].jaw[:, 0] - one.truth.jaw[:, 0]).mean() < 0.02
        assert (made[one.name].jaw >= 0).all()


def test_samples_are_as_long_as_their_truth() -> None:
    given = spoken()
    longer = {one.name: lively(FRAMES + 5, 0) for one in given}
    made = sampled(given, 2, lambda one, seed: longer[one.name])
    assert list(made)[:2] == ["c0.seed0", "c0.seed1"]
    assert {clip.n_frames for clip in made.values()} == {FRAMES}
    with pytest.raises(SystemExit, match="c0: 10 frames"):
        sampled(given, 1, lambda one, seed: lively(10, 0))


def test_each_ablation_changes_what_it_is_called_after() -> None:
    network = small().network
    changed = {name: ablation.change(network) for name, ablation in ABLATIONS.items()}
    assert changed[FULL] == network
    assert {head.condition for head in changed["no amplitude"].heads} == {"none", "emotion"}
    assert {head.condition for head in changed["no emotion"].heads} == {"none", "amplitude"}
    assert changed["no amplitude"].noise == "segments" and changed["white noise"].noise == "white"
    assert not changed["absolute"].relative
    assert len({ablation.folder for ablation in ABLATIONS.values()}) == len(ABLATIONS)
    for config in changed.values():
        assert NetworkConfig.from_json(config.to_json()) == config


def test_directions_are_relative_to_the_full_model() -> None:
    figures = {FULL: 10.0, "absolute": 15.0, "white noise": 9.0}
    evaluation = SimpleNamespace(
        methods=tuple(figures), summary=lambda method, key: Summary(figures[method], 0.0, 0.0, 40)
    )
    rows = directions(evaluation).splitlines()[2:]  # type: ignore[arg-type]
    assert rows[0].startswith("| absolute | paper | +42 % ")  # 1.242 / 0.877
    assert rows[1] == "| absolute | here | +50 % | +50 % | +50 % | +50 % |"
    assert rows[2] == "| white noise | here | -10 % | -10 % | -10 % | -10 % |"
    assert "white noise" not in PAPER


def test_what_was_not_trained_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ablation_absolute").mkdir()
    (tmp_path / "ablation_absolute" / "best.safetensors").write_bytes(b"x")
    found = checkpoints(tmp_path / "nowhere.safetensors", tmp_path)
    assert list(found) == ["absolute"]
    assert "left out: no emotion" in capsys.readouterr().out


def test_the_head_is_the_built_in_one() -> None:
    assert spoken()[0].truth.made_for == head().name
