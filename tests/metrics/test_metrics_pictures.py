"""SyncNet, CSIM, copula similarity, Fréchet distances, LPIPS: on networks of exactly the official layout."""

import pickle
import struct
from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from metrics.onnx_bytes import averaging_network

from flametalk.audio.signal import Audio
from flametalk.errors import FileError, FormatError, InputError, MissingExtraError, UnsafeFileError
from flametalk.metrics import (
    copula_similarity,
    csim,
    emo_fid,
    fid,
    frechet_distance,
    fvd,
    lip_sync,
    load_lpips,
    load_onnx,
    load_syncnet,
    lpips,
)
from flametalk.metrics.likeness import ARCFACE_POINTS, align, similarity
from flametalk.metrics.lse import shift_distances
from flametalk.metrics.syncnet_sound import mfcc

RNG = np.random.default_rng(0)


def pictures(count: int, side: int = 16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)


# --- SyncNet ----------------------------------------------------------------------------------------

CONVOLUTIONS = {  # key → shape of its weight: what the official file holds
    "netcnnaud": {0: (64, 1, 3, 3), 4: (192, 64, 3, 3), 8: (384, 192, 3, 3), 11: (256, 384, 3, 3),
                  14: (256, 256, 3, 3), 18: (512, 256, 5, 4)},
    "netcnnlip": {0: (96, 3, 5, 7, 7), 4: (256, 96, 1, 5, 5), 8: (256, 256, 1, 3, 3), 11: (256, 256, 1, 3, 3),
                  14: (256, 256, 1, 3, 3), 18: (512, 256, 1, 6, 6)},
    "netfcaud": {0: (512, 512), 3: (1024, 512)},
    "netfclip": {0: (512, 512), 3: (1024, 512)},
}  # fmt: skip


def official_state(seed: int = 0) -> OrderedDict[str, torch.Tensor]:
    chance = torch.Generator().manual_seed(seed)
    state: OrderedDict[str, torch.Tensor] = OrderedDict()
    for part, layers in CONVOLUTIONS.items():
        for place, shape in layers.items():
            fan = float(np.prod(shape[1:]))
            state[f"{part}.{place}.weight"] = torch.randn(shape, generator=chance) * (2 / fan) ** 0.5
            state[f"{part}.{place}.bias"] = torch.zeros(shape[0])
            if place != 3:  # the last linear layer has no normalisation
                for name, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
                    state[f"{part}.{place + 1}.{name}"] = torch.full((shape[0],), float(value))
    return state


@pytest.fixture(scope="module")
def syncnet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("syncnet") / "syncnet_v2.model"
    torch.save(official_state(), path, _use_new_zipfile_serialization=False)  # as old as the official one
    return path


def test_syncnet_loads_the_official_layout_and_gives_the_official_shapes(syncnet_file: Path) -> None:
    model = load_syncnet(syncnet_file)
    state = official_state()
    assert torch.equal(model.network.netcnnlip[18].weight, state["netcnnlip.18.weight"])
    with torch.inference_mode():
        assert model.network.sound(torch.randn(2, 1, 13, 20)).shape == (2, 1024)
        assert model.network.lips(torch.rand(1, 3, 5, 224, 224) * 255).shape == (1, 1024)
    assert not model.network.training


def test_syncnet_refuses_what_is_not_its_weights(tmp_path: Path) -> None:
    state = official_state()
    cases = {
        "missing": {k: v for k, v in state.items() if k != "netfcaud.3.bias"},
        "unknown": state | {"netother.0.weight": torch.zeros(1)},
        "shape": state | {"netfcaud.3.bias": torch.zeros(7)},
        "nan": state | {"netfcaud.3.bias": torch.full((1024,), float("nan"))},
        "list": [1, 2],
    }
    path = tmp_path / "weights.model"
    for name, content in cases.items():
        torch.save(content, path)
        with pytest.raises(FormatError):
            load_syncnet(path)
            raise AssertionError(name)

    class Evil:
        def __reduce__(self):
            return print, ("run",)

    path.write_bytes(pickle.dumps({"netfcaud.0.weight": Evil()}))
    with pytest.raises((UnsafeFileError, FormatError)):
        load_syncnet(path)
    with pytest.raises(FileError, match="no such file"):
        load_syncnet(tmp_path / "nowhere.model")


def test_lip_sync_finds_the_shift_and_scores_it(syncnet_file: Path) -> None:
    chance = torch.Generator().manual_seed(1)
    sound = torch.randn(60, 8, generator=chance)
    lips = torch.roll(sound, 2, 0)  # what was heard at k is seen at k + 2
    distances = shift_distances(lips, sound, 15)
    assert distances.shape == (60, 31)
    mean = distances.mean(0).numpy()
    assert 15 - int(mean.argmin()) == 2
    assert mean.min() < 0.2 * np.median(mean)
    assert distances[0, 0].item() == pytest.approx(lips[0].norm().item(), rel=1e-4)  # beyond the ends: zeros

    samples = (0.1 * RNG.standard_normal(16_000)).astype(np.float32)
    found = lip_sync(pictures(9, 224), Audio(samples, 16_000), load_syncnet(syncnet_file))
    assert found.frames == 4 and found.distances.shape == (31,)
    assert found.lse_d() == pytest.approx(float(found.distances.min()))
    assert found.lse_d("mean") == pytest.approx(float(found.distances.mean()))
    assert found.lse_c == pytest.approx(float(np.median(found.distances) - found.distances.min()))
    assert "syncnet_v2.model" in str(found.lse_c)
    with pytest.raises(InputError, match="too short"):
        lip_sync(pictures(5, 16), Audio(samples, 16_000), load_syncnet(syncnet_file))
    with pytest.raises(InputError, match="30 frames a second"):
        lip_sync(pictures(9, 16), Audio(samples, 16_000), load_syncnet(syncnet_file), fps=30)


def test_mfcc_against_plain_loops() -> None:
    """The same definition written frame by frame, bin by bin."""
    samples = (3000 * np.sin(np.arange(900) * 0.2) + RNG.normal(0, 50, 900)).astype(np.int16)
    signal = [float(samples[0])] + [float(b) - 0.97 * float(a) for a, b in pairwise(samples)]
    count = 1 + int(np.ceil((len(signal) - 400) / 160))
    signal += [0.0] * (count * 160 + 400)
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28)
    edges = [int(513 * 700 * (10 ** (m / 2595) - 1) / 16_000) for m in mel]
    got = mfcc(samples)
    assert got.shape == (count, 13)
    for k in range(count):
        power = np.abs(np.fft.rfft(signal[160 * k : 160 * k + 400], 512)) ** 2 / 512
        bands = []
        for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
            rising = sum(power[b] * (b - low) / (middle - low) for b in range(low, middle))
            bands.append(rising + sum(power[b] * (high - b) / (high - middle) for b in range(middle, high)))
        logs = np.log(bands)
        for c in range(1, 13):
            dct = sum(v * np.cos(np.pi * c * (2 * i + 1) / 52) for i, v in enumerate(logs)) * np.sqrt(2 / 26)
            assert got[k, c] == pytest.approx(dct * (1 + 11 * np.sin(np.pi * c / 22)), rel=1e-6, abs=1e-6)
        assert got[k, 0] == pytest.approx(np.log(power.sum()))
    assert np.isfinite(mfcc(np.zeros(1600, np.int16))).all()


# --- faces ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def embedder_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of our own: the mean of each colour."""
    path = tmp_path_factory.mktemp("onnx") / "embedder.onnx"
    path.write_bytes(averaging_network())
    return path


def test_csim_with_a_network_by_path(embedder_file: Path) -> None:
    pytest.importorskip("onnxruntime")
    network = load_onnx(embedder_file, size=(112, 112))
    red, green = np.zeros((2, 30, 30, 3), np.uint8), np.zeros((1, 30, 30, 3), np.uint8)
    red[..., 0], green[..., 1] = 255, 255
    assert np.allclose(network(red), [[1, -1, -1]] * 2, atol=1e-5)  # RGB, (x − 127.5) / 127.5
    assert csim(red, red[:1], network) == pytest.approx(1.0)
    assert csim(red, green, network) == pytest.approx(-1 / 3)
    assert csim(np.concatenate([red, green]), red[:1], network) == pytest.approx((1 + 1 - 1 / 3) / 3)
    assert "embedder.onnx" in str(csim(red, green, network))
    swapped = load_onnx(embedder_file, size=(112, 112), bgr=True)
    assert np.allclose(swapped(red), [[-1, -1, 1]] * 2, atol=1e-5)
    with pytest.raises(InputError, match="one, or as many"):
        csim(np.concatenate([red, red]), red, network)


def test_networks_that_are_none(tmp_path: Path, embedder_file: Path) -> None:
    pytest.importorskip("onnxruntime")
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a network")
    with pytest.raises(FormatError, match="not an ONNX network"):
        load_onnx(bad, size=(8, 8))
    with pytest.raises(InputError, match="size"):
        load_onnx(embedder_file)


def test_onnx_names_its_extra(monkeypatch: pytest.MonkeyPatch, embedder_file: Path) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"flametalk\[onnx\]"):
        load_onnx(embedder_file, size=(8, 8))


def test_faces_are_aligned_by_their_points() -> None:
    angle, scale = 0.3, 1.7
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed = ARCFACE_POINTS @ turn.T + [40.0, 25.0]
    found, shift = similarity(ARCFACE_POINTS, placed)
    assert np.allclose(found, turn) and np.allclose(shift, [40.0, 25.0])
    picture = np.zeros((300, 300, 3), np.uint8)
    for x, y in placed:
        picture[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2] = 255
    face = align(picture, placed)
    assert face.shape == (112, 112, 3)
    for x, y in ARCFACE_POINTS:
        assert face[round(y), round(x), 0] > 150
    assert np.array_equal(align(picture[:112, :112], ARCFACE_POINTS), picture[:112, :112])
    with pytest.raises(InputError, match="one another"):
        align(picture, np.zeros((5, 2)))


def test_copula_similarity() -> None:
    first = pictures(3, 32, 1)
    assert copula_similarity(first, first) == 1.0
    assert copula_similarity(first, 255 - first) < 0.2
    brighter = (first // 2 + 60).astype(np.uint8)  # ranks stay but for ties
    assert copula_similarity(first, brighter) > 0.85
    still = np.repeat(first[:1], 4, axis=0)
    assert copula_similarity(still, variant="consecutive") == 1.0
    # a patch of 4 numbers 0 1 2 3 against 3 1 2 0: only the ends differ, by 2·Φ⁻¹(4/5) each
    one = np.array([0, 1, 2, 3], np.uint8).reshape(1, 2, 2, 1).repeat(3, 3)
    two = np.array([3, 1, 2, 0], np.uint8).reshape(1, 2, 2, 1).repeat(3, 3)
    apart = np.sqrt(2 * (2 * 0.8416212335729143) ** 2 / 4)
    assert copula_similarity(one, two, patch=2) == pytest.approx(max(0.0, 1 - apart))
    with pytest.raises(InputError, match="two at least"):
        copula_similarity(first[:1], variant="consecutive")
    with pytest.raises(InputError, match="as many"):
        copula_similarity(first)


# --- distributions ----------------------------------------------------------------------------------


def test_frechet_distance_of_gaussians() -> None:
    """Same covariance: the squared distance of the means. Scaled by a: (a − 1)² of the variance."""
    rows = RNG.normal(size=(500, 6)) @ RNG.normal(size=(6, 6))
    shift = np.arange(6.0)
    assert frechet_distance(rows + shift, rows) == pytest.approx(shift @ shift)
    variance = ((rows - rows.mean(0)) ** 2).sum() / 499
    centred = rows - rows.mean(0)
    assert frechet_distance(3 * centred, centred) == pytest.approx(4 * variance)
    few = RNG.normal(size=(4, 50))  # fewer rows than dimensions
    assert frechet_distance(few, few) == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(InputError, match="2 rows"):
        frechet_distance(rows[:1], rows)


def test_fid_agrees_with_torchmetrics() -> None:
    image = pytest.importorskip("torchmetrics.image.fid")

    class Colours(torch.nn.Module):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            return batch.float().flatten(2).mean(2)

    ours, theirs = pictures(40, 12, 1), (pictures(60, 12, 2) // 2).astype(np.uint8)
    metric = image.FrechetInceptionDistance(feature=Colours(), input_img_size=(3, 12, 12))
    metric.set_dtype(torch.float64)
    for batch, real in ((theirs, True), (ours, False)):
        metric.update(torch.from_numpy(batch).permute(0, 3, 1, 2), real=real)
    score = fid(ours, theirs, lambda batch: batch.reshape(len(batch), -1, 3).mean(1))
    assert score == pytest.approx(float(metric.compute()), rel=1e-4)
    assert emo_fid(ours, theirs, lambda b: b.reshape(len(b), -1, 3).mean(1)).name == "Emo-FID"


def test_fvd_takes_whole_windows() -> None:
    seen: list[tuple[int, ...]] = []

    def network(window: np.ndarray) -> np.ndarray:
        seen.append(window.shape)
        return window.mean((0, 1, 2))

    videos = [pictures(40, 8, 1), pictures(16, 8, 2)]
    assert fvd(videos, videos, network) == pytest.approx(0.0, abs=1e-9)
    assert seen == [(16, 8, 8, 3)] * 6
    with pytest.raises(InputError, match="2 are needed"):
        fvd([pictures(20, 8)], videos, network)


ALEX = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}


def test_lpips_against_the_formula(tmp_path: Path) -> None:
    """torchvision's layout, LPIPS' own weights; the reference is written with functional calls."""
    chance = torch.Generator().manual_seed(0)
    trunk = {"classifier.1.weight": torch.zeros(2, 2)}
    for place, (made, given, side) in ALEX.items():
        trunk[f"features.{place}.weight"] = torch.randn(made, given, side, side, generator=chance) * 0.05
        trunk[f"features.{place}.bias"] = torch.randn(made, generator=chance) * 0.1
    own = {
        f"lin{i}.model.1.weight": torch.rand(1, shape[0], 1, 1, generator=chance)
        for i, shape in enumerate(ALEX.values())
    }
    torch.save(trunk, tmp_path / "alexnet.pth")
    torch.save(own, tmp_path / "alex.pth")
    model = load_lpips(tmp_path / "alexnet.pth", weights=tmp_path / "alex.pth")
    first, second = pictures(2, 64, 1), pictures(2, 64, 2)
    assert lpips(first, first, model) == 0.0

    def features(batch: np.ndarray) -> list[torch.Tensor]:
        shift, spread = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
        x = (torch.from_numpy(batch) / 127.5 - 1 - shift) / spread
        x, found = x.permute(0, 3, 1, 2), []
        plan = [(4, 2, False), (1, 2, True), (1, 1, True), (1, 1, False), (1, 1, False)]
        for place, (stride, padding, pool) in zip(ALEX, plan, strict=True):
            x = torch.nn.functional.max_pool2d(x, 3, 2) if pool else x
            weight, bias = (trunk[f"features.{place}.{name}"] for name in ("weight", "bias"))
            x = torch.nn.functional.conv2d(x, weight, bias, stride, padding).relu()
            found.append(x / (x.square().sum(1, keepdim=True) + 1e-8).sqrt())
        return found

    total = sum(
        ((a - b).square() * own[f"lin{i}.model.1.weight"]).sum(1).mean((1, 2))
        for i, (a, b) in enumerate(zip(features(first), features(second), strict=True))
    )
    assert lpips(first, second, model) == pytest.approx(float(total.mean()), rel=1e-5)
    with pytest.raises(FormatError, match="vgg"):
        load_lpips(tmp_path / "alexnet.pth", "vgg")


def test_lpips_own_weights_come_with_torchmetrics(tmp_path: Path) -> None:
    pytest.importorskip("torchmetrics")
    trunk = {}
    for place, (made, given, side) in ALEX.items():
        trunk[f"features.{place}.weight"] = torch.rand(made, given, side, side) * 0.05
        trunk[f"features.{place}.bias"] = torch.zeros(made)
    torch.save(trunk, tmp_path / "alexnet.pth")
    model = load_lpips(tmp_path / "alexnet.pth")
    assert [w.shape[1] for w in model.weights] == [64, 192, 384, 256, 256]
    assert all(bool((w >= 0).all()) for w in model.weights)


def test_the_onnx_bytes_are_what_the_format_says() -> None:
    assert struct.pack("<B", 0x08) == averaging_network()[:1]  # field 1, a varint: the version
