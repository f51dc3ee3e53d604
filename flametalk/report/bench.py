"""`evaluate`: folders of clips against their truth."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..clip import Clip
from ..errors import HeadMismatchError, InputError, UnknownNameError
from ..files import PathLike
from ..head import Head
from .evaluation import TRUTH, Evaluation
from .measure import Measured, measure_pair
from .pairs import Pair, Source, find_clips, load_pair, pair_up
from .trace import Masks

Done = Callable[[int, int], None]  # clips done, clips in all
MOST_WORKERS = 8  # each holds a few hundred megabytes of vertices


def evaluate(
    pred: Source | Mapping[str, Source],
    truth: Source,
    head: Head | PathLike | None = None,
    output: PathLike | None = None,
    partners: str = "all",
    lengths: str = "equal",
    workers: int | None = None,
    progress: Done | None = None,
) -> Evaluation:
    """Measure predictions against their truth, paired by name.

    `pred` is a folder of clips, several as {"method": folder}, or clips in memory by name. Files called
    NAME.seed0, NAME.seed1 … are samples of one input: their values are averaged and their diversity measured.
    Clips without a partner and clips of different lengths are refused, unless `partners="common"` and
    `lengths="cut"` say otherwise. `output` is a folder for the report.
    """
    for kind, given, valid in (
        ("partners", partners, ("all", "common")),
        ("lengths", lengths, ("equal", "cut")),
    ):
        if given not in valid:
            raise UnknownNameError(kind, given, valid)
    truths = find_clips(truth, "the truth")
    methods = _methods(pred)
    pairs, left_out = {}, []
    for method, source in methods.items():
        predictions = find_clips(source, f"'{method}'")
        pairs[method] = pair_up(method, predictions, truths, partners)
        kept = {pair.name for pair in pairs[method]}
        left_out += [f"{method}: {name}" for name in sorted({*predictions, *truths} - kept)]
    chosen = _head(head, next(iter(pairs.values()))[0])
    masks = Masks.of(chosen)
    tasks = [(method, pair) for method in pairs for pair in pairs[method]]

    def work(task: tuple[str, Pair]) -> Measured:
        method, pair = task
        theirs, samples = load_pair(pair, method, lengths)
        try:
            return measure_pair(pair.name, theirs, samples, chosen, masks)
        except (HeadMismatchError, InputError) as error:
            raise type(error)(f"clip '{pair.name}' of '{method}': {error}") from error

    measured = _in_parallel(work, tasks, workers, progress)
    by_method: dict[str, list[Measured]] = {method: [] for method in pairs}
    for (method, _), result in zip(tasks, measured, strict=True):
        by_method[method].append(result)
    evaluation = Evaluation(
        clips={method: tuple(clips) for method, clips in by_method.items()},
        pairs={method: tuple(own) for method, own in pairs.items()},
        model=chosen,
        masks={m.name: str(m) for m in (masks.every, masks.face, masks.lips, masks.upper)},
        settings={"partners": partners, "lengths": lengths},
        left_out=tuple(left_out),
        sources={method: _told(source) for method, source in (methods | {TRUTH: truth}).items()},
    )
    if output is not None:
        evaluation.save(Path(output))
    return evaluation


def _methods(pred: Source | Mapping[str, Source]) -> dict[str, Source]:
    """Names of methods with their clips."""
    if not isinstance(pred, Mapping):
        return {Path(pred).resolve().name: pred}
    if not pred:
        raise InputError("nothing to evaluate: no predictions were given")
    if all(isinstance(value, Clip) for value in pred.values()):
        return {"prediction": pred}  # type: ignore[dict-item]
    if TRUTH in pred:
        raise InputError(f"a method cannot be called '{TRUTH}': that is what it is compared with")
    return dict(pred)  # type: ignore[arg-type]


def _head(given: Head | PathLike | None, pair: Pair) -> Head:
    if isinstance(given, Head):
        return given
    if given is not None:
        return Head.load(given)
    truth, samples = load_pair(pair, "the prediction", "cut")
    names = [clip.made_for for clip in (truth, *samples) if clip.made_for]
    if not names or set(names) == {"flame"}:
        told = "name no head" if not names else "are of some FLAME head"
        raise HeadMismatchError(f"the clips {told}: say which one with head= (--head flame2020)")
    return Head.load(next(name for name in names if name != "flame"))


def _in_parallel(
    work: Callable[[tuple[str, Pair]], Measured],
    tasks: list[tuple[str, Pair]],
    workers: int | None,
    progress: Done | None,
) -> list[Measured]:
    """Threads: the work is in tensors, which let go of the interpreter."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = workers if workers is not None else min(cores, MOST_WORKERS)
    if count < 1:
        raise InputError(f"workers is {count}, expected 1 or more")
    results: list[Measured] = []
    with ThreadPoolExecutor(count, thread_name_prefix="flametalk-evaluate") as pool:
        waiting = [pool.submit(work, task) for task in tasks]
        try:
            for done, future in enumerate(waiting, 1):
                results.append(future.result())
                if progress:
                    progress(done, len(tasks))
        finally:
            for future in waiting:  # after an error the others need not be made
                future.cancel()
    return results


def _told(source: Source) -> str:
    return "clips in memory" if isinstance(source, Mapping) else str(source)
