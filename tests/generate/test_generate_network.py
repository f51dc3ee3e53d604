"""The network: attention against plain loops, conditions that reach their heads, time, batches, sizes."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from generate_samples import HEADS, SPACE, audio_of, normal, tiny_config, tiny_network
from torch import Tensor

from flametalk.errors import InputError, UnknownNameError
from flametalk.generate.amplitude import AmplitudeEncoder
from flametalk.generate.attention import CrossAttention, SelfAttention
from flametalk.generate.block import Block
from flametalk.generate.conditions import AUDIO
from flametalk.generate.config import HeadConfig, NetworkConfig, paper_config
from flametalk.generate.guidance import keep_all_but
from flametalk.generate.inputs import AudioInput
from flametalk.generate.modulation import time_waves
from flametalk.generate.network import AudioRichTransformer, count_parameters
from flametalk.generate.rotary import rotary_angles, rotate
from flametalk.train.recipes import builtin

FRAMES = 12


def _plain_attention(query: Tensor, key: Tensor, value: Tensor, n_heads: int) -> Tensor:
    """Loops over clips, heads and frames; positions by complex numbers."""
    result = torch.zeros_like(query)
    size = query.shape[-1] // n_heads
    turns = 10_000.0 ** (-torch.arange(size // 2) * 2.0 / size)

    def placed(row: Tensor, position: int) -> Tensor:
        pairs = torch.complex(row[: size // 2], row[size // 2 :]) * torch.exp(1j * position * turns)
        return torch.cat([pairs.real, pairs.imag])

    for clip in range(len(query)):
        for head in range(n_heads):
            part = slice(head * size, (head + 1) * size)
            for q in range(query.shape[1]):
                at = placed(query[clip, q, part], q)
                scores = torch.stack(
                    [at @ placed(key[clip, k, part], k) / math.sqrt(size) for k in range(key.shape[1])]
                )
                result[clip, q, part] = scores.softmax(0) @ value[clip, :, part]
    return result


@pytest.mark.parametrize("cross", [False, True])
def test_attention_is_the_textbook_one(cross: bool) -> None:
    x, other = normal(2, 5, 16), normal(2, 5, 16, seed=1)
    angles = rotary_angles(5, 8)
    if cross:
        attention = CrossAttention(16, 2, 0.0)
        query, (key, value) = attention.query(x), attention.key_value(other).chunk(2, -1)
        result = attention(x, attention.keys(other, angles), angles)
    else:
        attention = SelfAttention(16, 2, 0.0)  # type: ignore[assignment]
        query, key, value = attention.project(x).chunk(3, -1)  # type: ignore[operator]
        result = attention(x, angles)
    torch.testing.assert_close(result, attention.out(_plain_attention(query, key, value, 2)))


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    query, key = (normal(8, seed=k).expand(1, 1, 20, 8) for k in range(2))
    angles = rotary_angles(20, 8)
    scores = (rotate(query, *angles) @ rotate(key, *angles).transpose(-1, -2))[0, 0]
    torch.testing.assert_close(scores[3:, 3:], scores[:-3, :-3], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(rotate(query, *angles).norm(dim=-1), query.norm(dim=-1))


def test_time_waves_are_cosines_then_sines() -> None:
    time = torch.tensor([0.0, 0.25])
    waves = time_waves(time, 8)
    frequencies = [1000.0 * 10_000 ** (-k / 4) for k in range(4)]
    expected = [[f(t * w) for f in (math.cos, math.sin) for w in frequencies] for t in time.tolist()]
    torch.testing.assert_close(waves, torch.tensor(expected), atol=1e-4, rtol=0)


def test_time_scales_shifts_and_gates_a_block() -> None:
    block, angles = Block(16, 2, 2, 0.0, conditioned=False), rotary_angles(5, 8)
    x = normal(2, 5, 16)
    shut = -block.table.detach().expand(2, -1, -1)  # cancels the table: both gates are zero
    torch.testing.assert_close(block(x, shut, angles), x)
    mlp_only = shut.clone()
    mlp_only[:, 3:] += torch.tensor([0.5, 1.0, 2.0])[:, None]
    expected = x + 2.0 * block.mlp(block.norm_mlp(x) * (1 + 1.0) + 0.5)
    torch.testing.assert_close(block(x, mlp_only, angles), expected)


def test_each_time_gives_another_velocity() -> None:
    network = tiny_network()
    given = network.condition(audio_of(FRAMES), normal(2, SPACE.width))
    x = normal(2, FRAMES, SPACE.width)
    early, late = (network(x, torch.full((2,), t), given) for t in (0.1, 0.9))
    assert (early - late).abs().mean() > 0.01 * early.abs().mean()


def test_an_untrained_network_predicts_zero() -> None:
    network = AudioRichTransformer(tiny_config()).eval()
    given = network.condition(audio_of(FRAMES), normal(2, SPACE.width))
    assert not network(normal(2, FRAMES, SPACE.width), torch.rand(2), given).any()


@pytest.mark.parametrize("aligned", [False, True])
def test_conditions_reach_their_heads_and_no_other(aligned: bool) -> None:
    network, audio = tiny_network(aligned), audio_of(FRAMES)
    parts = [x.clone().requires_grad_() for x in (audio.linguistic, audio.envelope, audio.emotion)]
    reference = normal(2, SPACE.width).requires_grad_()
    velocity = network(
        normal(2, FRAMES, SPACE.width), torch.rand(2), network.condition(AudioInput(*parts), reference)
    )
    reached = {}
    for name, where in SPACE.slices.items():
        gradients = torch.autograd.grad(
            velocity[..., where].square().sum(), [*parts, reference], retain_graph=True, allow_unused=True
        )
        reached[name] = [g is not None and bool(g.abs().sum() > 0) for g in gradients]
    assert reached == {  # linguistic, amplitude, emotion, reference
        "shape": [True, False, False, True],
        "expression": [True, False, True, True],
        "head": [True, True, False, True],
        "jaw": [True, True, False, True],
    }


@pytest.mark.parametrize("aligned", [False, True])
def test_every_weight_is_used(aligned: bool) -> None:
    network = tiny_network(aligned).train()
    keep = keep_all_but(("linguistic",), 2)
    keep[1] = torch.tensor([True, False, False])
    given = network.condition(audio_of(FRAMES), normal(2, SPACE.width), keep)
    network(normal(2, FRAMES, SPACE.width), torch.rand(2), given).square().sum().backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_a_dropped_condition_is_not_heard() -> None:
    network, reference, x = tiny_network(), normal(2, SPACE.width), normal(2, FRAMES, SPACE.width)
    quiet = keep_all_but(AUDIO, 2)
    a, b = (network.condition(audio_of(FRAMES, seed=k), reference, quiet) for k in range(2))
    torch.testing.assert_close(network(x, torch.rand(2) * 0, a), network(x, torch.rand(2) * 0, b))
    mixed = network.condition(audio_of(FRAMES), reference, torch.tensor([[True] * 3, [False] * 3]))
    full = network.condition(audio_of(FRAMES), reference)
    time = torch.full((2,), 0.5)
    torch.testing.assert_close(network(x, time, mixed)[:1], network(x, time, full)[:1])
    torch.testing.assert_close(network(x, time, mixed)[1:], network(x, time, a)[1:])


def test_conditioning_once_equals_conditioning_at_every_step() -> None:
    network, audio, reference = tiny_network(True), audio_of(FRAMES), normal(2, SPACE.width)
    cached = network.condition(audio, reference)
    before = [kv.key.clone() for kv in cached.trunk]
    for k in range(3):
        x, time = normal(2, FRAMES, SPACE.width, seed=k), torch.full((2,), k / 3)
        torch.testing.assert_close(
            network(x, time, cached), network(x, time, network.condition(audio, reference)), rtol=0, atol=0
        )
    assert all(torch.equal(kv.key, old) for kv, old in zip(cached.trunk, before, strict=True))


def test_clips_of_a_batch_do_not_see_each_other() -> None:
    network, audio, reference = tiny_network(), audio_of(FRAMES, clips=3), normal(3, SPACE.width)
    x, time = normal(3, FRAMES, SPACE.width), torch.tensor([0.1, 0.5, 0.9])
    together = network(x, time, network.condition(audio, reference))
    for k in range(3):
        one = slice(k, k + 1)
        alone = AudioInput(audio.linguistic[one], audio.envelope[one], audio.emotion[one])
        torch.testing.assert_close(
            together[one],
            network(x[one], time[one], network.condition(alone, reference[one])),
            rtol=1e-4,
            atol=1e-4,
        )


def test_padding_frames_are_not_seen() -> None:
    network, reference = tiny_network(), normal(1, SPACE.width)
    valid = (torch.arange(FRAMES) < 8)[None]
    audio, other = audio_of(FRAMES, 1), audio_of(FRAMES, 1, seed=5)
    padded = AudioInput(
        torch.cat([audio.linguistic[:, :8], other.linguistic[:, 8:]], 1),
        audio.envelope,  # the amplitude encoder's convolutions reach over the edge; padding there is silence
        torch.cat([audio.emotion[:, :8], other.emotion[:, 8:]], 1),
    )
    x = normal(1, FRAMES, SPACE.width)
    x_other = torch.cat([x[:, :8], normal(1, 4, SPACE.width, seed=9)], 1)
    time = torch.tensor([0.5])
    a = network(x, time, network.condition(audio, reference, valid=valid))
    b = network(x_other, time, network.condition(padded, reference, valid=valid))
    torch.testing.assert_close(a[:, :8], b[:, :8], rtol=1e-4, atol=1e-4)


def test_the_amplitude_encoder_reaches_eight_frames() -> None:
    encoder = AmplitudeEncoder((8, 8, 8)).eval()
    envelope = torch.rand(1, 40, 640)
    louder = envelope.clone()
    louder[:, 20] += 1
    changed = (encoder(envelope) != encoder(louder)).any(-1)[0].nonzero()[:, 0]
    assert changed.min() >= 12 and changed.max() <= 28 and len(changed) > 8  # 1 + 2 + 4, and 1 of the average


def test_sizes_are_checked() -> None:
    network = tiny_network()
    wrong = AudioInput(torch.zeros(1, 4, 6), torch.zeros(1, 4, 640), torch.zeros(1, 4, 4))
    with pytest.raises(InputError, match="linguistic features have 6 numbers, this network was made for 5"):
        network.condition(wrong, normal(1, SPACE.width))
    with pytest.raises(InputError, match="different sizes"):
        AudioInput(torch.zeros(1, 4, 6), torch.zeros(1, 5, 640), torch.zeros(1, 4, 4))
    with pytest.raises(InputError, match="does not divide"):
        tiny_config(n_heads=3)
    with pytest.raises(InputError, match="the heads move"):
        NetworkConfig(space=SPACE, heads=HEADS[:2])
    with pytest.raises(UnknownNameError, match="amplitude, emotion, none"):
        HeadConfig("pose", ("head",), 1, "weather")


def test_configs_survive_json() -> None:
    for config in (paper_config(), builtin().network, tiny_config()):
        assert NetworkConfig.from_json(config.to_json()) == config
    with pytest.raises(InputError, match="unknown to this version"):
        NetworkConfig.from_json(tiny_config().to_json() | {"colour": 1})


def test_bfloat16_stays_near_float32() -> None:
    network, reference = tiny_network(), normal(2, SPACE.width)
    x, time = normal(2, FRAMES, SPACE.width), torch.rand(2)
    exact = network(x, time, network.condition(audio_of(FRAMES), reference))
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(x, time, network.condition(audio_of(FRAMES), reference)).float()
    assert (rough - exact).norm() < 0.05 * exact.norm()


def test_sizes_of_the_two_recipes(capsys: pytest.CaptureFixture[str]) -> None:
    with torch.device("meta"):
        paper, ours = (count_parameters(AudioRichTransformer(c)) for c in (paper_config(), builtin().network))
    with capsys.disabled():
        print(f"\nparameters: paper {paper:,}, built-in {ours:,}")
    assert 140e6 < paper < 160e6
    assert 2 * ours <= 25 * 2**20  # bytes of float16


@pytest.mark.slow
def test_paper_size_runs() -> None:
    network = AudioRichTransformer(paper_config()).eval()
    audio = AudioInput(torch.zeros(1, 250, 768), torch.zeros(1, 250, 640), torch.zeros(1, 250, 768))
    with torch.no_grad():
        given = network.condition(audio, torch.zeros(1, 284))
        assert network(torch.randn(1, 250, 284), torch.rand(1), given).shape == (1, 250, 284)
    print(f"{count_parameters(network):,} parameters")
    assert 140e6 < count_parameters(network) < 160e6


COMPILED = """
import torch
from generate_samples import SPACE, audio_of, normal, tiny_network
network = tiny_network()
given = network.condition(audio_of(12), normal(2, SPACE.width))
compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
x, time = normal(2, 12, SPACE.width), torch.rand(2)
torch.testing.assert_close(compiled(x, time, given), network(x, time, given), rtol=1e-4, atol=1e-4)
"""


@pytest.mark.slow
def test_compiles_as_one_graph() -> None:
    """In a process of its own, where no run-time type checker is wrapped around the functions."""
    places = [Path(__file__).parent, Path(__file__).parents[2]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, places))}
    subprocess.run([sys.executable, "-c", COMPILED], check=True, env=environment)
