"""Path, noise, times, solvers, guidance and loss: closed forms and known equations."""

import itertools
import math

import pytest
import torch
from generate_samples import SPACE, audio_of, normal, tiny_config, tiny_network
from torch import Tensor

from flametalk.errors import UnknownNameError
from flametalk.generate import path
from flametalk.generate.extrema import envelope_extrema
from flametalk.generate.guidance import drop_some, guide, keep_all_but, velocity_of
from flametalk.generate.loss import flow_loss, velocity_error
from flametalk.generate.noise import ExtremaNoise, JawOpening, Noise, SegmentNoise, WhiteNoise, noise_of
from flametalk.generate.schedules import EvenSchedule, SwaySchedule
from flametalk.generate.solvers import Solver, euler, midpoint, solver
from flametalk.generate.times import StepTimes, UniformTimes

pytestmark = pytest.mark.core


def _seed(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_path_is_straight() -> None:
    x0, x1, time = normal(3, 4, 5), normal(3, 4, 5, seed=1), torch.tensor([0.0, 0.3, 1.0])
    x, speed = path.at_time(x0, x1, time), path.velocity(x0, x1)
    torch.testing.assert_close(x[0], x0[0])
    torch.testing.assert_close(x[1], 0.3 * x1[1] + 0.7 * x0[1])
    torch.testing.assert_close(x[2], x1[2])
    torch.testing.assert_close(path.end_of(x, speed, time), x1)
    torch.testing.assert_close(path.start_of(x, speed, time), x0)
    later = path.at_time(x0, x1, time + 1e-2)
    torch.testing.assert_close((later - x) / 1e-2, speed, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("kind", [WhiteNoise(), SegmentNoise(), ExtremaNoise()])
def test_noise_is_normal_at_its_anchors_and_repeats_by_seed(kind: Noise) -> None:
    amplitude = torch.rand(2, 101, generator=_seed())
    noise = kind.draw(amplitude, 4000, _seed(1))
    torch.testing.assert_close(noise, kind.draw(amplitude, 4000, _seed(1)), rtol=0, atol=0)
    assert not torch.equal(noise, kind.draw(amplitude, 4000, _seed(2)))
    assert noise.shape == (2, 101, 4000)
    for frame in (0, 100):  # both are anchors of every kind
        assert abs(noise[:, frame].std() - 1) < 0.05 and abs(noise[:, frame].mean()) < 0.05
    assert not torch.equal(noise[0], noise[1])


def test_segment_noise_is_linear_between_anchors() -> None:
    noise = SegmentNoise(25).draw(torch.zeros(1, 60), 3, _seed())[0]
    bends = torch.diff(noise, n=2, dim=0).abs().amax(1)
    assert (bends > 1e-4).nonzero()[:, 0].tolist() == [24, 49]  # second difference k is at frame k + 1


def test_extrema_of_known_curves() -> None:
    sine = torch.sin(torch.arange(100) * (2 * math.pi / 40)) + 1
    assert envelope_extrema(sine, 1000).tolist() == [0, 10, 30, 50, 70, 90, 99]
    plateau = torch.tensor([0.0, 1, 2, 2, 2, 1, 0, 0, 1])
    assert envelope_extrema(plateau, 1000).tolist() == [0, 2, 6, 8]
    assert envelope_extrema(torch.zeros(60), 25).tolist() == [0, 20, 39, 59]
    assert envelope_extrema(torch.zeros(1), 25).tolist() == [0]
    rng = torch.rand(500, generator=_seed())
    assert torch.diff(envelope_extrema(rng.cumsum(0), 25)).max() <= 25


def test_extrema_noise_bends_only_where_the_loudness_turns() -> None:
    curve = torch.tensor([0.0, 1, 2, 3, 2, 1, 0, 1, 2, 3])
    noise = ExtremaNoise().draw(curve[None], 3, _seed())[0]
    bends = torch.diff(noise, n=2, dim=0).abs().amax(1)
    assert (bends > 1e-4).nonzero()[:, 0].tolist() == [2, 5]


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("kind", [WhiteNoise(), SegmentNoise(), ExtremaNoise()])
def test_noise_of_very_short_clips(kind: Noise, frames: int) -> None:
    assert kind.draw(torch.zeros(1, frames), 3, _seed()).isfinite().all()


def test_the_jaw_starts_as_open_as_it_is_loud() -> None:
    amplitude = torch.tensor([[0.0, 0.1, 0.2, 0.4]])
    plain = WhiteNoise().draw(amplitude, 3, _seed())
    jaw = JawOpening(WhiteNoise(), 1).draw(amplitude, 3, _seed())
    torch.testing.assert_close(jaw[..., 1], plain[..., 1].abs() * torch.tensor([0.0, 0.25, 0.5, 1.0]))
    torch.testing.assert_close(jaw[..., ::2], plain[..., ::2])
    silent = JawOpening(WhiteNoise(), 1).draw(torch.zeros(1, 4), 3, _seed())
    assert not silent[..., 1].any() and silent.isfinite().all()


def test_networks_name_their_noise() -> None:
    jaw = SPACE["jaw"].start
    assert noise_of(tiny_config()) == JawOpening(ExtremaNoise(), jaw)
    assert noise_of(tiny_config(noise="segments")) == JawOpening(SegmentNoise(), jaw)
    assert noise_of(tiny_config(noise="white", scaled_jaw=False)) == WhiteNoise()
    with pytest.raises(UnknownNameError, match="extrema, segments, white"):
        tiny_config(noise="pink")


def test_training_times() -> None:
    steps = StepTimes(512).draw(20_000, _seed()) * 512
    assert torch.equal(steps, steps.round()) and steps.min() == 0 and steps.max() == 511
    even = UniformTimes().draw(1000, _seed())
    assert ((even.sort().values * 1000).floor() == torch.arange(1000)).float().mean() > 0.99
    assert even.min() >= 0 and even.max() < 1 and not torch.equal(even, even.sort().values)


def test_schedules_run_from_noise_to_motion() -> None:
    torch.testing.assert_close(EvenSchedule(4).times(), torch.tensor([0, 0.25, 0.5, 0.75, 1]))
    sway = SwaySchedule(8).times()
    torch.testing.assert_close(sway, 1 - torch.cos(torch.linspace(0, 1, 9) * math.pi / 2))
    assert (torch.diff(sway, n=2) > 0).all() and sway[0] == 0 and sway[-1] == 1
    torch.testing.assert_close(SwaySchedule(8, 0.0).times(), EvenSchedule(8).times())


@pytest.mark.parametrize(("solve", "order"), [(euler, 1), (midpoint, 2)])
def test_order_of_convergence(solve: Solver, order: int) -> None:
    """dx/dt = x·cos(t) has the solution x0·exp(sin(t))."""

    def field(x: Tensor, time: Tensor) -> Tensor:
        return x * torch.cos(time)[:, None, None]

    x0 = torch.ones(1, 1, 1, dtype=torch.float64)
    exact = math.exp(math.sin(1.0))
    errors = [
        abs(solve(field, x0, torch.linspace(0, 1, n + 1, dtype=torch.float64)).item() - exact)
        for n in (64, 128, 256)
    ]
    for coarse, fine in itertools.pairwise(errors):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.1)


def test_solvers_are_exact_on_the_true_path_in_one_step() -> None:
    x0, x1 = normal(2, 4, 3), normal(2, 4, 3, seed=1)
    for name in ("euler", "midpoint"):
        torch.testing.assert_close(solver(name)(lambda x, t: x1 - x0, x0, EvenSchedule(1).times()), x1)
    with pytest.raises(UnknownNameError, match="euler, midpoint"):
        solver("heun")


def test_guidance_formula() -> None:
    given, dropped = normal(2, 3), normal(2, 3, seed=1)
    torch.testing.assert_close(guide(given, dropped, 1.0), given)
    torch.testing.assert_close(guide(given, dropped, 0.0), dropped)
    torch.testing.assert_close(guide(given, dropped, 2.5), 2.5 * given - 1.5 * dropped)


def test_guided_velocity_is_made_of_the_two() -> None:
    network, reference, x = tiny_network(), normal(2, 11), normal(2, 9, 11)
    audio, time = audio_of(9), torch.tensor([0.2, 0.7])
    given = network.condition(audio, reference)
    dropped = network.condition(audio, reference, keep_all_but(("emotion",), 2))
    expected = 3 * network(x, time, given) - 2 * network(x, time, dropped)
    torch.testing.assert_close(velocity_of(network, given, dropped, 3.0)(x, time), expected)
    torch.testing.assert_close(velocity_of(network, given)(x, time), network(x, time, given))
    with pytest.raises(UnknownNameError, match="linguistic"):
        keep_all_but(("loudness",), 2)


def test_how_often_conditions_are_dropped() -> None:
    keep = drop_some(20_000, 0.1, _seed()).float()
    assert keep.mean(0).tolist() == pytest.approx([0.81] * 3, abs=0.01)
    assert (keep.sum(1) == 0).float().mean() == pytest.approx(0.1 + 0.9 * 0.001, abs=0.01)
    assert drop_some(10, 0.0, _seed()).all()


def test_the_error_counts_real_frames_by_weight() -> None:
    predicted, target = torch.zeros(2, 3, 2), torch.ones(2, 3, 2)
    target[0, 2] = 100.0  # padding
    target[..., 1] *= 2
    valid = torch.tensor([[True, True, False], [True, True, True]])
    assert velocity_error(predicted, target, valid=valid) == pytest.approx((1 + 4) / 2)
    weights = torch.tensor([3.0, 1.0])
    assert velocity_error(predicted, target, weights, valid) == pytest.approx((1.5 * 1 + 0.5 * 4) / 2)
    assert velocity_error(predicted[1:], target[1:]) == pytest.approx(2.5)


def test_loss_of_a_resting_network_is_that_of_the_velocities() -> None:
    """A network that predicts 0 for motion 0 has the mean square of the noise as its loss: 1."""
    network = tiny_network(noise="white", scaled_jaw=False)
    with torch.no_grad():
        for head in network.heads.values():
            head.mlp[-1].weight.zero_()  # type: ignore[union-attr,index]
            head.mlp[-1].bias.zero_()  # type: ignore[union-attr,index]
    motion = torch.zeros(16, 50, 11)
    loss = flow_loss(network, audio_of(50, 16), normal(16, 11), motion, StepTimes(), _seed(), 0.1)
    assert loss.item() == pytest.approx(1, abs=0.05)
