"""From noise to motion: windows, solver steps, guidance. The audio goes in once a window."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import InputError
from .conditions import check_widths
from .guidance import keep_all_but, velocity_of
from .inputs import AudioInput
from .network import AudioRichTransformer
from .noise import Noise, noise_of
from .precision import autocast
from .schedules import EvenSchedule, Schedule
from .solvers import solver
from .windows import fuse, plan_windows, tie


@dataclass(frozen=True)
class SampleSettings:
    """How to sample. The defaults are the paper's."""

    schedule: Schedule = field(default_factory=EvenSchedule)  # 32 equal steps
    solver: str = "euler"
    noise: Noise | None = None  # None: the kind that the network was trained on
    guidance: float = 1.0  # 1 is none and costs nothing; another value doubles the work
    dropped: tuple[str, ...] = ("linguistic", "amplitude", "emotion")  # what guidance leads away from lacking
    window: int = 250  # frames
    overlap: int = 50  # frames
    tied: bool = True  # a window continues from what its predecessor made; else the two only cross-fade
    precision: str = "auto"  # float32, bfloat16, or what this machine is fast at


@torch.no_grad()
def sample(
    network: AudioRichTransformer,
    audio: AudioInput,
    reference: Float[Tensor, "b d"],
    generator: torch.Generator,
    settings: SampleSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "b t d"]:
    """Z-scored differences from the reference, whose z-scored frame is `reference`.

    Memory grows with the clip only by the motion itself. `progress` is told how many frames of how many
    are done.
    """
    settings = settings or SampleSettings()
    check_widths(network.config, audio, reference)
    if audio.n_frames == 0:
        raise InputError("no frames of audio features: give at least one")
    if network.training:
        raise InputError(
            "the network is in training mode, where dropout would spoil the motion: call .eval()"
        )
    clips, frames, device = len(reference), audio.n_frames, reference.device
    kind = settings.noise or noise_of(network.config)
    noise = kind.draw(
        audio.amplitude, network.config.space.width, generator
    )  # of the whole clip: windows share it
    times = settings.schedule.times().to(device)
    solve = solver(settings.solver)
    absent = keep_all_but(settings.dropped, clips).to(device)
    motion = torch.zeros_like(noise)
    for window in plan_windows(frames, settings.window, settings.overlap, audio.amplitude.mean(0)):
        heard = audio.frames(window.start, window.stop)
        x0 = noise[:, window.start : window.stop]
        with autocast(device, settings.precision):
            given = network.condition(heard, reference)
            dropped = network.condition(heard, reference, absent) if settings.guidance != 1 else None
            velocity = velocity_of(network, given, dropped, settings.guidance)
            if settings.tied and window.shared:
                velocity = tie(velocity, x0, motion[:, window.start :][:, : window.shared].clone())
            part = solve(velocity, x0, times)
        if settings.tied:
            motion[:, window.start : window.stop] = part
        else:
            fuse(motion, part, window)
        if progress:
            progress(window.stop, frames)
    return motion
