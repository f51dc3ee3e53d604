"""Sampling from end to end: seeds, batches, windows; and a network that learns one clip by heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from generate_samples import SPACE, audio_of, normal, tiny_config, tiny_network

from flametalk.errors import InputError, UnknownNameError
from flametalk.generate.inputs import AudioInput
from flametalk.generate.loss import flow_loss
from flametalk.generate.network import AudioRichTransformer
from flametalk.generate.noise import SegmentNoise, WhiteNoise
from flametalk.generate.precision import autocast, fast_bfloat16
from flametalk.generate.sample import SampleSettings, sample
from flametalk.generate.schedules import EvenSchedule, SwaySchedule
from flametalk.generate.times import UniformTimes
from flametalk.generate.windows import plan_windows

pytestmark = pytest.mark.core

FAST = SampleSettings(schedule=EvenSchedule(3), window=40, overlap=10, precision="float32")


def _seed(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_seed_decides_the_motion() -> None:
    network, audio, reference = tiny_network(), audio_of(100), normal(2, SPACE.width)
    first = sample(network, audio, reference, _seed(), FAST)
    assert first.shape == (2, 100, SPACE.width) and first.isfinite().all()
    torch.testing.assert_close(sample(network, audio, reference, _seed(), FAST), first, rtol=0, atol=0)
    assert not torch.equal(sample(network, audio, reference, _seed(1), FAST), first)


def test_global_seeds_are_left_alone() -> None:
    network, state = tiny_network(), torch.random.get_rng_state()
    sample(network, audio_of(20), normal(2, SPACE.width), _seed(), FAST)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    "changes",
    [
        {"solver": "midpoint"},
        {"schedule": SwaySchedule(2)},
        {"noise": WhiteNoise()},
        {"noise": SegmentNoise()},
        {"guidance": 2.0},
        {"guidance": 2.0, "dropped": ("emotion",)},
        {"tied": False},
        {"precision": "bfloat16"},
    ],
)
def test_every_setting_has_an_effect(changes: dict) -> None:
    network, audio, reference = tiny_network(), audio_of(100), normal(2, SPACE.width)
    plain = sample(network, audio, reference, _seed(), FAST)
    other = sample(network, audio, reference, _seed(), replace(FAST, **changes))
    assert other.isfinite().all() and not torch.equal(plain, other)


def test_guidance_over_one_condition_moves_only_its_head() -> None:
    network, audio, reference = tiny_network(), audio_of(30), normal(2, SPACE.width)
    one = replace(FAST, schedule=EvenSchedule(1))
    plain = sample(network, audio, reference, _seed(), one)
    other = sample(network, audio, reference, _seed(), replace(one, guidance=2.0, dropped=("emotion",)))
    changed = {
        name: not torch.allclose(plain[..., s], other[..., s], atol=1e-4) for name, s in SPACE.slices.items()
    }
    assert changed == {"shape": False, "expression": True, "head": False, "jaw": False}


@pytest.mark.parametrize("tied", [False, True])
def test_seams_are_no_larger_than_what_is_elsewhere(tied: bool) -> None:
    network, audio, reference = tiny_network(), audio_of(400, 1), normal(1, SPACE.width)
    settings = replace(FAST, noise=SegmentNoise(), tied=tied)
    motion = sample(network, audio, reference, _seed(), settings)[0]
    change = torch.diff(motion, dim=0).norm(dim=1)
    seams = torch.zeros(399, dtype=torch.bool)
    for window in plan_windows(400, FAST.window, FAST.overlap, audio.amplitude.mean(0))[1:]:
        for at in (window.start, window.start + window.shared):
            seams[at - 2 : at + 2] = True
    for part in (0.5, 0.9):
        assert change[seams].quantile(part) <= 1.2 * change[~seams].quantile(part)


def test_progress_is_told() -> None:
    heard: list[tuple[int, int]] = []
    sample(tiny_network(), audio_of(60), normal(2, SPACE.width), _seed(), FAST, lambda *at: heard.append(at))
    assert [of for _, of in heard] == [60, 60] and heard[-1][0] == 60 and 30 <= heard[0][0] <= 40


def test_refusals() -> None:
    network, reference = tiny_network(), normal(1, SPACE.width)
    with pytest.raises(InputError, match="training mode"):
        sample(tiny_network().train(), audio_of(10, 1), reference, _seed(), FAST)
    with pytest.raises(InputError, match="no frames"):
        sample(network, audio_of(10, 1).frames(0, 0), reference, _seed(), FAST)
    with pytest.raises(InputError, match="reference frame have 4 numbers"):
        sample(network, audio_of(10, 1), normal(1, 4), _seed(), FAST)
    with pytest.raises(UnknownNameError, match="float32"):
        autocast(torch.device("cpu"), "float16")
    assert fast_bfloat16(torch.device("cpu")) in (True, False)
    assert not fast_bfloat16(torch.device("meta"))


def test_inputs_stack_and_cut() -> None:
    a, b = audio_of(12, 1), audio_of(12, 1, seed=1)
    both = AudioInput.stack([a, b])
    torch.testing.assert_close(both.frames(3, 7).emotion[1:], b.emotion[:, 3:7])
    torch.testing.assert_close(both.amplitude[:1], a.envelope.mean(-1))
    assert both.to("cpu").n_frames == 12


def test_a_network_learns_a_clip_by_heart() -> None:
    """Two clips that differ in their audio: each comes back from its own audio."""
    time = torch.arange(24) / 24 * 2 * np.pi
    phase = torch.linspace(0, 3, SPACE.width)
    clips = torch.stack([torch.sin(time[:, None] * k + phase) for k in (1, 2)])
    audio, reference = audio_of(24), torch.zeros(2, SPACE.width)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AudioRichTransformer(
            tiny_config(aligned=True, width=64, noise="white", scaled_jaw=False)
        ).train()
    generator, steps = _seed(), 200
    optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    many = AudioInput(*(x.repeat(4, 1, 1) for x in (audio.linguistic, audio.envelope, audio.emotion)))
    losses = []
    for _ in range(steps):
        loss = flow_loss(
            network,
            many,
            reference.repeat(4, 1),
            clips.repeat(4, 1, 1),
            UniformTimes(),
            generator,
            0.0,
        )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    assert np.mean(losses[-20:]) < 0.1 * np.mean(losses[:5])
    settings = SampleSettings(schedule=EvenSchedule(16), precision="float32")
    made = sample(network.eval(), audio, reference, _seed(7), settings)
    assert (made - clips).square().mean() < 0.03
    swapped = AudioInput(audio.linguistic.flip(0), audio.envelope.flip(0), audio.emotion.flip(0))
    made = sample(network, swapped, reference, _seed(7), settings)
    assert (made - clips.flip(0)).square().mean() < 0.03
