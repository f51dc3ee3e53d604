"""A corpus of a few short made-up performances, and the tiny recipe over it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from flametalk.audio.phones import N_PHONES, PHONE_INDEX, SILENCE
from flametalk.data.shards import CorpusInfo, Performance, ShardPlan, write_info, write_shard
from flametalk.head import Head
from flametalk.motion.space import BUILTIN_162
from flametalk.train.recipes import Recipe, tiny

PLAN = (ShardPlan("valid", 2), ShardPlan("train", 4))
FEATURES = {"linguistic": "phones (42)", "emotion": "rules on prosody (20)"}
FRAMES = 50
BROWS = [1, 9, 10, 13]  # expressions that leave the lips alone


def performance(name: str, seed: int, frames: int = FRAMES) -> Performance:
    """A jaw that opens in AA and is shut in M; head and brows wander."""
    chance = np.random.default_rng(seed)
    phones, opening = np.zeros((frames, N_PHONES), np.float32), np.zeros(frames, np.float32)
    spoken, start = [], 0
    while start < frames:
        stop = min(frames, start + int(chance.integers(3, 8)))
        open_now = bool(chance.random() < 0.5)
        phones[start:stop, PHONE_INDEX["AA" if open_now else "M"]] = 1.0
        opening[start:stop] = 0.2 * open_now
        spoken.append(["AA" if open_now else "M", start / 25, stop / 25])
        start = stop
    phones = 0.9 * phones
    phones[:, SILENCE] += 0.1
    motion = np.zeros((frames, BUILTIN_162.width), np.float32)
    motion[:, BUILTIN_162["jaw"].start] = opening
    expression = motion[:, BUILTIN_162["expression"]]
    expression[:, BROWS] = np.cumsum(chance.normal(0, 0.1, (frames, len(BROWS))), 0)
    motion[:, BUILTIN_162["head"]] = np.cumsum(chance.normal(0, 0.01, (frames, 3)), 0)
    loudness = (0.02 + opening)[:, None] * chance.uniform(0.5, 1.0, (frames, 640))
    feeling = {"name": "happy", "intensity": 1.0, "start": 0.0, "end": frames / 25}
    return Performance(
        name,
        motion,
        phones,
        loudness.astype(np.float32),
        chance.standard_normal((frames, 20)).astype(np.float32),
        {"phones": spoken, "feelings": [feeling], "seed": seed},
    )


def write_corpus(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    info = CorpusInfo(BUILTIN_162, Head.load().name, 25.0, FEATURES, PLAN, 7, {})
    write_info(folder, info)
    for number, plan in enumerate(PLAN):
        some = [
            performance(f"{plan.split}-{k}", 10 * number + k, FRAMES - 20 * (k == 1))
            for k in range(plan.performances)
        ]
        write_shard(folder, number, some)
    return folder


def trial(**changes: Any) -> Recipe:
    """The tiny recipe, with a few steps."""
    return replace(tiny(), **({"crop": 32, "steps": 6, "validate_every": 3, "save_every": 2} | changes))
