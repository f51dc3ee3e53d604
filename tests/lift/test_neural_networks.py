"""Names, shapes and numbers of the networks against DECA's checkpoints and an independent ResNet."""

import numpy as np
import pytest
import torch
from official_emoca import NARROW, SMALL, random_networks, stir
from torch.nn import functional as F

from flametalk.errors import InputError
from flametalk.lift.neural.codes import split
from flametalk.lift.neural.decoder import DetailDecoder
from flametalk.lift.neural.encoder import Encoder
from flametalk.lift.neural.model import FaceEncoder

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def model() -> FaceEncoder:
    return FaceEncoder("random", "flame2020", SMALL, **random_networks())


def test_names_and_shapes_are_the_official_ones() -> None:
    with torch.device("meta"):
        encoder, decoder = Encoder(236), DetailDecoder()
    shapes = {key: tuple(value.shape) for key, value in encoder.state_dict().items()}
    backbone = {k: v for k, v in shapes.items() if k.startswith("encoder.")}
    assert len(backbone) == 318 and len(shapes) == 322
    assert sum(p.numel() for p in encoder.encoder.parameters()) == 23_508_032
    assert shapes["encoder.conv1.weight"] == (64, 3, 7, 7)
    assert shapes["encoder.layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert shapes["encoder.layer3.5.conv2.weight"] == (256, 256, 3, 3)
    assert shapes["encoder.layer4.2.bn3.running_var"] == (2048,)
    assert shapes["layers.0.weight"] == (1024, 2048) and shapes["layers.2.weight"] == (236, 1024)
    assert encoder.encoder.layer2[0].conv2.stride == (2, 2)  # version 1.5
    assert encoder.encoder.layer2[0].conv1.stride == (1, 1)
    found = {key: tuple(value.shape) for key, value in decoder.state_dict().items()}
    assert found["l1.0.weight"] == (8192, 181)
    convolutions = {2: (128, 128), 6: (64, 128), 10: (64, 64), 14: (32, 64), 18: (16, 32), 21: (1, 16)}
    norms = {0: 128, 3: 128, 7: 64, 11: 64, 15: 32, 19: 16}
    for number, shape in convolutions.items():
        assert found[f"conv_blocks.{number}.weight"] == (*shape, 3, 3)
        assert found[f"conv_blocks.{number}.bias"] == shape[:1]
    for number, width in norms.items():
        assert found[f"conv_blocks.{number}.running_mean"] == (width,)
        assert decoder.conv_blocks[number].eps == (1e-5 if number == 0 else 0.8)
    assert len(found) == 2 + 2 * len(convolutions) + 5 * len(norms)


def test_full_size_against_the_resnet_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    mine = Encoder(236)
    stir(mine)
    with torch.device("meta"):
        config = transformers.ResNetConfig(depths=[3, 4, 6, 3], layer_type="bottleneck")
        twin = transformers.ResNetModel(config)
    weights = {_their_name(k): v for k, v in mine.encoder.state_dict().items()}
    twin.load_state_dict(weights, strict=True, assign=True)
    picture = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        features = twin.eval()(picture).pooler_output[:, :, 0, 0]
        expected = mine.layers[2](torch.relu(mine.layers[0](features)))
        got = mine(picture)
    assert float((got - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def _their_name(key: str) -> str:
    """torchvision's name of a weight → that of transformers."""
    parts = key.split(".")
    kind = {"conv": "convolution", "bn": "normalization"}
    if not parts[0].startswith("layer"):
        return f"embedder.embedder.{kind[parts[0][:-1]]}.{parts[1]}"
    start = f"encoder.stages.{int(parts[0][-1]) - 1}.layers.{parts[1]}"
    if parts[2] == "downsample":
        return f"{start}.shortcut.{('convolution', 'normalization')[int(parts[3])]}.{parts[4]}"
    return f"{start}.layer.{int(parts[2][-1]) - 1}.{kind[parts[2][:-1]]}.{parts[3]}"


def test_the_small_resnet_against_plain_functions() -> None:
    """The same without any module: convolution, normalisation and sums by hand."""
    encoder = random_networks()["E_flame"].encoder
    w = encoder.state_dict()

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        def wide(part: str) -> torch.Tensor:
            return w[f"{name}.{part}"][:, None, None]

        return (x - wide("running_mean")) / (wide("running_var") + 1e-5).sqrt() * wide("weight") + wide(
            "bias"
        )

    def conv(x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        kernel = w[f"{name}.weight"]
        side = kernel.shape[-1]
        columns = F.unfold(x, side, padding=side // 2, stride=stride)
        rows = kernel.flatten(1) @ columns
        size = (x.shape[-2] - 1) // stride + 1
        return rows.unflatten(-1, (size, size))

    picture = torch.rand(2, 3, 64, 64)
    x = F.max_pool2d(norm(conv(picture, "conv1", 2), "bn1").clamp(min=0), 3, 2, 1)
    for stage in range(1, 5):
        name, stride = f"layer{stage}.0", 1 if stage == 1 else 2
        y = norm(conv(x, f"{name}.conv1"), f"{name}.bn1").clamp(min=0)
        y = norm(conv(y, f"{name}.conv2", stride), f"{name}.bn2").clamp(min=0)
        y = norm(conv(y, f"{name}.conv3"), f"{name}.bn3")
        x = (y + norm(conv(x, f"{name}.downsample.0", stride), f"{name}.downsample.1")).clamp(min=0)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(picture), x.mean((2, 3)), rtol=1e-4, atol=1e-5)


def test_the_decoder_against_plain_functions() -> None:
    decoder = random_networks()["D_detail"]
    w = decoder.state_dict()
    jaw, expression, detail = torch.randn(2, 3), torch.randn(2, 50), torch.randn(2, 128)

    def norm(x: torch.Tensor, number: int, eps: float) -> torch.Tensor:
        def wide(part: str) -> torch.Tensor:
            return w[f"conv_blocks.{number}.{part}"][:, None, None]

        scaled = (x - wide("running_mean")) / (wide("running_var") + eps).sqrt()
        return scaled * wide("weight") + wide("bias")

    given = torch.cat([jaw, expression, detail], 1)
    x = (given @ w["l1.0.weight"].T + w["l1.0.bias"]).reshape(2, 128 // NARROW, 8, 8)
    x = norm(x, 0, 1e-5)
    for first in (2, 6, 10, 14, 18):
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = F.conv2d(x, w[f"conv_blocks.{first}.weight"], w[f"conv_blocks.{first}.bias"], padding=1)
        x = norm(x, first + 1, 0.8)
        x = torch.where(x > 0, x, 0.2 * x)
    x = torch.tanh(F.conv2d(x, w["conv_blocks.21.weight"], w["conv_blocks.21.bias"], padding=1)) * 0.01
    with torch.inference_mode():
        torch.testing.assert_close(decoder(jaw, expression, detail), x[:, 0], rtol=1e-4, atol=1e-7)


def test_the_outputs_are_split_in_the_official_order() -> None:
    numbers = torch.arange(236.0)[None]
    parts = split(numbers)
    first = {"shape": 0, "texture": 100, "expression": 150, "head": 200, "jaw": 203, "camera": 206}
    assert {name: int(parts[name][0, 0]) for name in first} == first
    assert parts["light"].shape == (1, 9, 3)
    assert parts["light"][0, 1].tolist() == [212.0, 213.0, 214.0]  # bands before colours


def test_expression_comes_from_its_own_encoder(model: FaceEncoder) -> None:
    crops = np.random.default_rng(1).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    codes = model.encode(crops)
    pictures = torch.from_numpy(crops).permute(0, 3, 1, 2) / 255  # no ImageNet mean, no spread
    with torch.inference_mode():
        own, flame = model.E_expression(pictures), model.E_flame(pictures)
    np.testing.assert_allclose(codes.expression, own, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(codes.jaw, flame[:, 203:206], rtol=1e-5, atol=1e-6)
    assert not np.allclose(codes.expression, flame[:, 150:200])


def test_batches_give_what_single_pictures_give(model: FaceEncoder) -> None:
    crops = np.random.default_rng(2).integers(0, 256, (7, 64, 64, 3), dtype=np.uint8)
    together = model.encode(crops, batch=3)
    single = [model.encode(crop[None]) for crop in crops]
    floats = model.encode((crop / np.float32(255) for crop in crops), batch=7)
    for name in ("shape", "expression", "head", "camera", "light", "detail"):
        one = np.concatenate([getattr(codes, name) for codes in single])
        np.testing.assert_allclose(getattr(together, name), one, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(getattr(floats, name), one, rtol=1e-4, atol=1e-5)
    rough = model.encode(crops, half=True)
    spread = np.abs(together.expression).max()
    assert 0 < np.abs(rough.expression - together.expression).max() < 0.05 * spread


def test_codes_become_a_clip(model: FaceEncoder) -> None:
    crops = np.random.default_rng(3).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    codes = model.encode(crops)
    clip = codes.clip("flame2020", 30)
    assert clip.fps == 30 and clip.made_for == "flame2020" and clip.n_frames == 4
    assert np.array_equal(clip.detail, codes.detail) and np.array_equal(clip.jaw, codes.jaw)
    assert codes.clip("flame2020", one_shape=True).shape.shape == (100,)


def test_wrong_pictures_are_named(model: FaceEncoder) -> None:
    with pytest.raises(InputError, match=r"expected \(n, 64, 64, 3\)"):
        model.encode(np.zeros((1, 32, 32, 3), np.uint8))
    with pytest.raises(InputError, match="floats from 0 to 1"):
        model.encode(np.full((1, 64, 64, 3), 255.0, np.float32))
    with pytest.raises(InputError, match="no pictures"):
        model.encode(np.zeros((0, 64, 64, 3), np.uint8))
