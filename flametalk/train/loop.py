"""The loop. Where it runs, on one CPU or many GPUs, is `accelerate`'s affair."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import AssetError, InputError, UnknownNameError
from ..extras import require
from ..generate.checkpoint import save_model
from ..generate.model import MotionModel
from ..generate.network import AudioRichTransformer, count_parameters
from ..head import Head
from ..motion.statistics import MotionStatistics
from .average import Average
from .crops import make_batch, measure_statistics
from .cycle import one_cycle
from .journal import Journal
from .objective import Errors, Objective
from .portrait import portraits_of
from .recipes import Recipe
from .source import Remembered, Source, open_source
from .state import RunState, load_state, optimiser_tensors, restore_optimiser, save_state
from .surface import Surface, measure_surface
from .validate import Validation, validate

BETAS = (0.9, 0.98)
NOISE = 4  # stream of chance for noise, flow times and dropout


@dataclass(frozen=True, eq=False)
class TrainSettings:
    """What belongs to this machine and this call, not to the recipe."""

    data: Path
    run: Path
    resume: bool = False
    device: str = "auto"  # cpu, cuda, or what is there
    features: dict[str, str] = field(default_factory=dict)  # front ends for data sets that have none
    stop_after: float | None = None  # seconds after which the run saves and ends
    quiet: bool = False


@dataclass(eq=False)
class Run:
    """Everything that changes while training, and what it is made of."""

    recipe: Recipe
    settings: TrainSettings
    accelerator: Any
    source: Source
    data: Remembered
    validation: Remembered | None
    head: Head | None
    statistics: MotionStatistics
    network: AudioRichTransformer
    objective: torch.nn.Module  # wrapped by accelerate
    optimiser: Any
    average: Average
    journal: Journal
    step: int = 0
    seconds: float = 0.0
    best: float = float("inf")


def train(recipe: Recipe, settings: TrainSettings, told: Callable[[int, float], None] | None = None) -> Run:
    """Train to the recipe's last step, or until Ctrl-C. `told` hears of each step and its loss."""
    run = prepare(recipe, settings)
    began, first = time.monotonic(), run.seconds
    with stop_signal() as stop, run.journal.bar(run.step, recipe.steps) as bar:
        while run.step < recipe.steps and not stop():
            errors = learn(run)
            run.seconds = first + time.monotonic() - began
            loss = float(errors.total)
            if not np.isfinite(loss):
                raise InputError(
                    f"the loss is {loss} at step {run.step}: go on from {settings.run} with a lower --peak"
                )
            bar.update(loss)
            run.journal.write(run.step, errors, _rate(run))
            if told:
                told(run.step, loss)
            last = run.step == recipe.steps
            if settings.stop_after is not None and time.monotonic() - began > settings.stop_after:
                break
            if run.step % recipe.validate_every == 0 or last:
                look(run)
            if run.step % recipe.save_every == 0 and not last:
                save(run)
    save(run)
    run.journal.close()
    return run


def learn(run: Run) -> Errors:
    """One step of the optimiser."""
    recipe, accelerator = run.recipe, run.accelerator
    share = range(accelerator.process_index, recipe.batch, accelerator.num_processes)
    batch = make_batch(run.data, run.statistics, recipe, run.step, share).to(accelerator.device)
    for group in run.optimiser.param_groups:
        group["lr"] = _rate(run)
    chance = np.random.default_rng([recipe.seed, NOISE, run.step, accelerator.process_index])
    noise, dropout = (int(n) for n in chance.integers(2**62, size=2))
    devices = [accelerator.device] if accelerator.device.type == "cuda" else []
    with torch.random.fork_rng(devices):  # dropout has no generator of its own
        torch.manual_seed(dropout)
        with accelerator.autocast():
            errors = run.objective(batch, torch.Generator().manual_seed(noise))
        run.optimiser.zero_grad()
        accelerator.backward(errors.total)
    if recipe.clip:
        accelerator.clip_grad_norm_(run.network.parameters(), recipe.clip)
    run.optimiser.step()
    run.average.update(run.network)
    run.step += 1
    return replace(errors, total=errors.total.detach())


def prepare(recipe: Recipe, settings: TrainSettings) -> Run:
    """Data, statistics and network; from scratch, or from where a run stopped."""
    accelerate = require("accelerate", "train", "training")
    cpu = settings.device == "cpu" or (settings.device == "auto" and not torch.cuda.is_available())
    if settings.device not in ("auto", "cpu", "cuda"):
        raise UnknownNameError("device", settings.device, ("auto", "cpu", "cuda"))
    unused = accelerate.DistributedDataParallelKwargs(find_unused_parameters=True)
    accelerator = accelerate.Accelerator(
        cpu=cpu, mixed_precision="no" if cpu else "bf16", kwargs_handlers=[unused]
    )
    state = load_state(settings.run) if settings.resume else None
    if state is None and (settings.run / "state.safetensors").exists():
        raise InputError(f"{settings.run} holds a run already: add --resume to go on, or choose another -o")
    source = open_source(settings.data, "train", settings.features)
    head, surface = _head_of(source, recipe)
    portraits = portraits_of(head, source.space)
    data = Remembered(source, recipe.network.amplitude_bins, portraits)
    try:
        held_out = open_source(settings.data, "valid", settings.features)
        validation = Remembered(held_out, recipe.network.amplitude_bins, portraits)
    except InputError:
        validation = None  # a corpus whose validation shards are not made yet
    statistics = state.statistics if state else measure_statistics(data, recipe)
    if state:
        recipe = replace(recipe, network=state.recipe.network)
    elif recipe.mouth_noise < 1:
        recipe = replace(recipe, network=_quieten(recipe, statistics, surface))
    if recipe.network.space != source.space:
        raise InputError(
            f"the recipe moves the space '{recipe.network.space.name}', "
            f"the data are '{source.space.name}': choose the recipe for this data set"
        )
    with torch.random.fork_rng([]):
        torch.manual_seed(recipe.seed)
        network = AudioRichTransformer(recipe.network)
    if state:
        network.load_state_dict(state.weights)
    network.train()
    average = Average(network.to(accelerator.device), recipe.average)
    objective = Objective(network, recipe, statistics, surface)
    optimiser = torch.optim.AdamW(_groups(network, recipe.decay), recipe.peak, BETAS, fused=True)
    objective, optimiser = accelerator.prepare(objective, optimiser)
    run = Run(
        recipe, settings, accelerator, source, data, validation, head, statistics, network,
        objective, optimiser, average,
        Journal(settings.run, settings.quiet, accelerator.is_main_process),
    )  # fmt: skip
    if state:
        restore_optimiser(_plain(optimiser), state.optimiser)
        average.load({k: v.to(accelerator.device) for k, v in state.average.items()}, state.step)
        run.step, run.seconds, run.best = state.step, state.seconds, state.best
    run.journal.say(
        f"{recipe.name}: {count_parameters(network) / 1e6:.2f} M parameters, {len(data):,} performances, "
        f"{accelerator.num_processes} × {accelerator.device.type}, from step {run.step:,} of {recipe.steps:,}"
    )
    return run


def look(run: Run) -> Validation | None:
    """Validate the averaged weights; keep them if they are the best so far."""
    if not run.accelerator.is_main_process or run.validation is None or run.head is None:
        return None
    network = averaged(run)
    seen = validate(network, run.statistics, run.validation, run.recipe, run.head)
    run.journal.show(run.step, seen, run.head)
    if seen.lip_error < run.best:
        run.best = seen.lip_error
        save_model(as_model(run, network, seen.figures), run.settings.run / "best.safetensors")
    return seen


def save(run: Run) -> None:
    """The state to go on from, and the model as it is."""
    if not run.accelerator.is_main_process:
        return
    state = RunState(
        run.recipe, run.step, run.seconds, run.best, run.statistics,
        run.network.state_dict(), run.average.values, optimiser_tensors(_plain(run.optimiser)),
    )  # fmt: skip
    save_state(state, run.settings.run)
    save_model(as_model(run, averaged(run), {}), run.settings.run / "model.safetensors")


def averaged(run: Run) -> AudioRichTransformer:
    """A network of its own with the moving average as its weights."""
    network = deepcopy(run.network)
    network.load_state_dict(run.average.values)
    return network.eval()


def as_model(run: Run, network: AudioRichTransformer, figures: dict[str, float]) -> MotionModel:
    """What is saved: ready to sample, with its story."""
    info = {
        "name": run.recipe.name,
        "steps": run.step,
        "of": run.recipe.steps,
        "hours": round(run.seconds / 3600, 3),
        "performances": len(run.data),
        "seed": run.recipe.seed,
        "sample_steps": run.recipe.sample_steps,
        "parameters": count_parameters(network),
        "validation": {name: round(value, 4) for name, value in figures.items()},
    }
    return MotionModel(
        network, run.statistics, run.source.made_for, run.source.features, run.source.fps, info
    )


@contextmanager
def stop_signal() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C (or a polite kill) was heard. The step that runs is finished; a second ends at once."""
    heard: list[int] = []

    def hear(number: int, _frame: object) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)

    try:
        before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread, where no signal arrives
        before = {}
    try:
        yield lambda: bool(heard)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _rate(run: Run) -> float:
    return one_cycle(run.step, run.recipe.steps, run.recipe.peak, run.recipe.warm)


def _groups(network: torch.nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices; biases, tables and norms are left free."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


def _plain(optimiser: Any) -> torch.optim.Optimizer:
    """Without accelerate's wrapper."""
    return getattr(optimiser, "optimizer", optimiser)


def _head_of(source: Source, recipe: Recipe) -> tuple[Head | None, Surface | None]:
    """The head that judges, where it is at hand; a recipe that needs it for its loss insists."""
    try:
        head = Head.load(source.made_for)
    except AssetError:
        if recipe.lips or recipe.gap or recipe.mouth_noise < 1:
            raise
        return None, None
    needs = recipe.lips or recipe.gap or recipe.mouth_noise < 1
    return head, measure_surface(head, source.space) if needs else None


def _quieten(recipe: Recipe, statistics: MotionStatistics, surface: Surface | None) -> Any:
    """Noise only where something is left to chance: little in the mouth, none where nothing moves."""
    assert surface is not None
    mouth = np.where(surface.mouth.numpy(), recipe.mouth_noise, 1.0)
    scale = np.where(statistics.difference.moves, mouth, 0.0)
    return replace(recipe.network, noise_scale=tuple(map(float, scale)))
