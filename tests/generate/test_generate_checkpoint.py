"""Checkpoints and the clip at the end: round trips and refusals."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from generate_samples import SPACE, audio_of, tiny_network
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from flametalk.audio.features import AudioFeatures
from flametalk.clip import Clip
from flametalk.errors import FileError, FormatError, HeadMismatchError, InputError
from flametalk.generate.checkpoint import load_model, save_model
from flametalk.generate.model import MotionModel, generate_clip
from flametalk.generate.sample import SampleSettings
from flametalk.generate.schedules import EvenSchedule
from flametalk.motion.statistics import MotionStatistics, ZScore

pytestmark = pytest.mark.core

FAST = SampleSettings(schedule=EvenSchedule(2), window=20, overlap=5, precision="float32")


def _model() -> MotionModel:
    rng = np.random.default_rng(0)
    std = rng.uniform(0.01, 0.1, SPACE.width)
    std[0] = 0.0  # one coefficient that never moved in the corpus
    scores = [ZScore(rng.normal(size=SPACE.width) * 0.01, std), ZScore(np.zeros(SPACE.width), std + 1)]
    listens = {"linguistic": "phones (5)", "emotion": "rules on prosody (4)"}
    return MotionModel(
        tiny_network(), MotionStatistics(*scores), "builtin-1", listens, info={"name": "tiny", "steps": 3}
    )


def _features(frames: int = 30, **changes: object) -> AudioFeatures:
    audio = audio_of(frames, 1)
    parts: dict = {
        "fps": 25.0,
        "linguistic": audio.linguistic[0].numpy(),
        "amplitude": audio.amplitude[0].numpy(),
        "envelope": audio.envelope[0].numpy(),
        "emotion": audio.emotion[0].numpy(),
        "emotion_scores": {"neutral": 1.0},
        "aperture": np.zeros(frames, np.float32),
        "provenance": {"linguistic": "phones (5)", "emotion": "rules on prosody (4)"},
    }
    return AudioFeatures(**(parts | changes))


def _reference() -> Clip:
    return Clip.neutral(
        2,
        shape=np.array([0.5, -1.0]),
        expression=np.full((2, 3), 0.1),
        neck=np.full((2, 3), 0.2),
        made_for="builtin-1",
    )


def _seed(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_round_trip_is_exact(tmp_path: Path) -> None:
    model = _model()
    save_model(model, tmp_path / "a.safetensors")
    back = load_model(tmp_path / "a.safetensors", "builtin-1")
    for name, value in model.network.state_dict().items():
        torch.testing.assert_close(back.network.state_dict()[name], value, rtol=0, atol=0)
    for name in ("difference", "frame"):
        ours, theirs = getattr(model.statistics, name), getattr(back.statistics, name)
        np.testing.assert_array_equal(ours.mean, theirs.mean)
        np.testing.assert_array_equal(ours.std, theirs.std)
    assert back.network.config == model.network.config and not back.network.training
    assert (back.made_for, back.features, back.fps, back.info) == (
        model.made_for,
        model.features,
        model.fps,
        model.info,
    )
    made = [generate_clip(m, _features(), _reference(), _seed(), FAST) for m in (model, back)]
    assert made[0] == made[1]
    assert all(p.requires_grad for p in back.network.parameters())
    written = json.loads((tmp_path / "a.json").read_text())
    assert written["made_for"] == "builtin-1" and written["network"]["width"] == 32
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.safetensors"]


def test_half_is_half_as_large_and_close(tmp_path: Path) -> None:
    model = _model()
    save_model(model, tmp_path / "full.safetensors")
    save_model(model, tmp_path / "half.safetensors", half=True)
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("full", "half")]
    assert sizes[1] < 0.6 * sizes[0]
    back = load_model(tmp_path / "half.safetensors")
    for name, value in model.network.state_dict().items():
        torch.testing.assert_close(back.network.state_dict()[name], value, rtol=1e-3, atol=1e-5)


def test_a_failed_save_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(_model(), tmp_path / "a.safetensors")
    before = (tmp_path / "a.safetensors").read_bytes()

    def fails(tensors: dict, path: Path, metadata: dict) -> None:
        path.write_bytes(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.torch.save_file", fails)
    with pytest.raises(FileError, match="disk full"):
        save_model(_model(), tmp_path / "a.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_another_head_is_refused(tmp_path: Path) -> None:
    save_model(_model(), tmp_path / "a.safetensors")
    with pytest.raises(HeadMismatchError, match="made for the head 'builtin-1', not for 'builtin-2'"):
        load_model(tmp_path / "a.safetensors", "builtin-2")
    with pytest.raises(HeadMismatchError):
        generate_clip(_model(), _features(), _reference().replace(made_for="flame2020"), _seed(), FAST)
    replace(_model(), made_for="flame").check_head("flame2023")


def test_other_features_are_refused() -> None:
    wavlm = {"linguistic": "WavLM (5, folder)", "emotion": "rules on prosody (4)"}
    with pytest.raises(InputError, match="linguistic features come from 'WavLM"):
        generate_clip(_model(), _features(provenance=wavlm), _reference(), _seed(), FAST)
    with pytest.raises(InputError, match="at 30 fps, this generator needs 25"):
        generate_clip(_model(), _features(fps=30.0), _reference(), _seed(), FAST)
    with pytest.raises(InputError, match="have 6 numbers, this network was made for 5"):
        wide = _features(linguistic=np.zeros((30, 6), np.float32))
        generate_clip(_model(), wide, _reference(), _seed(), FAST)
    model = replace(_model(), features={"linguistic": "WavLM (768, here)"})
    elsewhere = {"linguistic": "WavLM (768, there)"}
    model.check_features(_features(provenance=elsewhere))


def _rewrite(path: Path, **changes: object) -> None:
    with safe_open(path, framework="pt") as file:
        settings = json.loads(file.metadata()["settings"])
    save_file(load_file(path), path, {"settings": json.dumps(settings | changes)})


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_model(_model(), path)
    whole = path.read_bytes()
    settings = json.loads((tmp_path / "a.json").read_text())

    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="not a readable safetensors"):
        load_model(path)
    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(FormatError, match="header has no settings"):
        load_model(path)
    for changes, message in [
        ({"layout": "flametalk-generator-9"}, "update flametalk"),
        ({"network": settings["network"] | {"width": 64}}, "not a complete generator"),
        ({"network": settings["network"] | {"depth": 10**9}}, "more than 256 blocks"),
        ({"network": 3}, "not a complete generator"),
        ({"network": settings["network"] | {"colour": 1}}, "unknown to this version"),
    ]:
        path.write_bytes(whole)
        _rewrite(path, **changes)
        with pytest.raises(FormatError, match=message):
            load_model(path)
    path.write_bytes(whole)
    tensors = load_file(path)
    tensors["network/embed_motion.weight"][0, 0] = float("nan")
    save_file(tensors, path, {"settings": json.dumps(settings)})
    with pytest.raises(FormatError, match="NaN"):
        load_model(path)


def test_the_clip_is_the_reference_in_motion() -> None:
    clip = generate_clip(_model(), _features(), _reference(), _seed(4), FAST, smoothing=0)
    assert clip.n_frames == 30 and clip.fps == 25 and clip.made_for == "builtin-1"
    expected = np.float32(0.5 + _model().statistics.difference.mean[0])
    np.testing.assert_array_equal(clip.shapes()[:, 0], expected)  # a coefficient without spread keeps still
    assert (clip.neck == np.float32(0.2)).all()  # type: ignore[union-attr]
    assert clip.expression.std(0).min() > 0
    assert clip.jaw[:, 0].min() >= 0 and np.abs(clip.jaw[:, 1:]).max() <= np.float32(0.1)
    assert clip.provenance["seed"] == 4 and clip.provenance["generator"] == "tiny"
    json.dumps(clip.provenance)


def test_an_identity_that_keeps_still_is_stored_once() -> None:
    model = _model()
    model.statistics.difference.std[SPACE["shape"]] = 0.0
    clip = generate_clip(model, _features(), _reference(), _seed(), FAST)
    mean = model.statistics.difference.mean[SPACE["shape"]]
    np.testing.assert_array_equal(clip.shape, np.add(mean, [0.5, -1.0]).astype(np.float32))


def test_sampling_of_ten_minutes_is_bounded_in_work() -> None:
    """As many windows as the length needs, each of the same size: memory follows the window."""
    sizes = []
    model = _model()
    condition = model.network.condition

    def watched(audio, *rest):  # type: ignore[no-untyped-def]
        sizes.append(audio.n_frames)
        return condition(audio, *rest)

    model.network.condition = watched  # type: ignore[method-assign]
    settings = replace(FAST, schedule=EvenSchedule(1), window=250, overlap=50)
    clip = generate_clip(model, _features(15_000), _reference(), _seed(), settings)
    assert clip.n_frames == 15_000 and max(sizes) == 250
    assert 75 <= len(sizes) <= 90  # windows that meet in pauses are shorter
