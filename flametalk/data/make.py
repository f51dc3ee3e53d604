"""Making a corpus: shard by shard, in any order, by any number of workers, always the same bytes."""

import fcntl
import hashlib
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np

from ..audio.features import extract_features
from ..audio.signal import Audio
from ..conventions import FPS, SAMPLE_RATE
from ..errors import InputError
from ..files import PathLike
from ..head import Head
from ..version import __version__
from .cast import cast
from .shards import (
    INFO_FILE,
    CorpusInfo,
    ShardPlan,
    info_to_json,
    read_info,
    shard_path,
    write_info,
    write_shard,
)
from .take import SPACE, take
from .voice import Speaker, open_speaker

PER_SHARD = 16  # performances
USUAL_SECONDS = 9.9  # of a performance: hours are turned into a number of performances by it
VALID_SHARE, TESTS = 0.08, 40
MOST_HOURS = 10_000.0
LOCK = ".making"


def plan_corpus(hours: float, seed: int, head: Head, tests: int = TESTS) -> CorpusInfo:
    """What will be made: first the tests, then 8 % for validation, then `hours` for training."""
    if not 0.0 < hours <= MOST_HOURS:
        raise InputError(
            f"{hours:g} hours were asked for, expected more than 0 and at most {MOST_HOURS:,.0f}"
        )
    if seed < 0 or tests < 1:
        raise InputError(f"seed is {seed} and tests are {tests}, expected 0 or more and 1 or more")
    train = max(1, round(hours * 3600.0 / USUAL_SECONDS))
    counts = {"test": tests, "valid": max(1, round(VALID_SHARE * train)), "train": train}
    shards = tuple(
        ShardPlan(split, min(PER_SHARD, count - first))
        for split, count in counts.items()
        for first in range(0, count, PER_SHARD)
    )
    hush = extract_features(Audio(np.zeros(SAMPLE_RATE, np.float32), SAMPLE_RATE))
    settings = {"hours": hours, "tests": tests, "flametalk": __version__, "head": _fingerprint(head)}
    return CorpusInfo(SPACE, head.name, FPS, dict(hush.provenance), shards, seed, settings)


def make_corpus(folder: PathLike, info: CorpusInfo, head: Head, workers: int = 1) -> Iterator[int]:
    """Make what is missing of `info` in `folder`; gives the number of each shard when it is written."""
    if workers < 1:
        raise InputError(f"{workers} workers were asked for, expected at least 1")
    folder = Path(folder).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _begin(folder, info)
        missing = [n for n in range(len(info.shards)) if not shard_path(folder, n).exists()]
        if workers == 1 or len(missing) <= 1:
            with open_speaker() as speaker:
                for number in missing:
                    make_shard(folder, info, number, speaker, head)
                    yield number
        else:
            yield from _by_many(folder, info, missing, workers)


def make_shard(folder: Path, info: CorpusInfo, number: int, speaker: Speaker, head: Head) -> None:
    """All performances of one shard; they depend on the seed, their split and their place in it only."""
    plan = info.shards[number]
    first = sum(p.performances for p in info.shards[:number] if p.split == plan.split)
    keep = plan.split != "train"
    performances = []
    for index in range(first, first + plan.performances):
        role = cast(plan.split, index, info.seed)
        performances.append(take(f"{plan.split}-{index:06d}", role, speaker, head, keep))
    write_shard(folder, number, performances)


def _by_many(folder: Path, info: CorpusInfo, missing: list[int], workers: int) -> Iterator[int]:
    spawn = multiprocessing.get_context("spawn")  # threads do not survive a fork
    with ProcessPoolExecutor(min(workers, len(missing)), spawn, _start_worker) as pool:
        try:
            jobs = {pool.submit(_work, folder, info, number): number for number in missing}
            for job in as_completed(jobs):
                job.result()
                yield jobs[job]
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """One thread for computing, and one that ends the worker when its parent is gone."""
    import torch

    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(folder: Path, info: CorpusInfo, number: int) -> None:
    with ExitStack() as stack:
        speaker = stack.enter_context(open_speaker())
        make_shard(folder, info, number, speaker, Head.load(info.made_for))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else makes this corpus meanwhile; the lock ends with the process, however it ends."""
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"{folder} is being made by another process: wait for it, or stop it") from error
        yield


def _begin(folder: Path, info: CorpusInfo) -> None:
    """Write the description, or check that it is the one that was begun with; clear what a kill left."""
    if (folder / INFO_FILE).exists():
        there = info_to_json(read_info(folder))
        wanted = info_to_json(info)
        differs = sorted(key for key in wanted if wanted[key] != there[key])
        if differs:
            raise InputError(
                f"{folder} holds a corpus that was begun with another {' and '.join(differs)}: "
                "choose another folder, or the same settings to go on"
            )
    elif any(folder.glob("shard-*")):
        raise InputError(f"{folder} has shards but no {INFO_FILE}: choose another folder")
    else:
        write_info(folder, info)
    for half in folder.glob(".shard-*"):
        half.unlink()


def _fingerprint(head: Head) -> str:
    """Of what decides on the meaning of coefficients."""
    digest = hashlib.sha256()
    for array in (head.template, head.shape_basis, head.expression_basis):
        digest.update(np.ascontiguousarray(array.detach().cpu().numpy()).tobytes())
    for name in sorted(head.actions):
        digest.update(head.actions[name].expression.detach().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
