"""A little corpus of random numbers, for tests of the store."""

from pathlib import Path

import numpy as np

from flametalk.audio.signal import Audio
from flametalk.data.shards import CorpusInfo, Performance, ShardPlan, write_info, write_shard
from flametalk.motion.space import BUILTIN_162

PLAN = (ShardPlan("test", 1), ShardPlan("valid", 2), ShardPlan("train", 3), ShardPlan("train", 2))


def performance(name: str, frames: int = 20, seed: int = 0, sound: bool = False) -> Performance:
    chance = np.random.default_rng(seed)
    return Performance(
        name,
        (0.3 * chance.standard_normal((frames, 162))).astype(np.float32),
        chance.random((frames, 42), np.float32),
        chance.random((frames, 640), np.float32),
        chance.standard_normal((frames, 20)).astype(np.float32),
        {"text": f"é {name}", "phones": [["AA", 0.1, 0.2]], "seed": seed},
        Audio(0.1 * chance.standard_normal(640 * frames).astype(np.float32), 16_000) if sound else None,
    )


def write_corpus(folder: Path, leave_out: frozenset[int] = frozenset()) -> list[Performance]:
    """All performances of the plan, of which the shards `leave_out` are not written."""
    folder.mkdir(parents=True, exist_ok=True)
    write_info(
        folder, CorpusInfo(BUILTIN_162, "builtin-1", 25.0, {"linguistic": "phones"}, PLAN, 7, {"hours": 0.1})
    )
    made = []
    for number, plan in enumerate(PLAN):
        some = [
            performance(f"{plan.split}-{number}-{k}", 20 + k, 10 * number + k, plan.split != "train")
            for k in range(plan.performances)
        ]
        made += some
        if number not in leave_out:
            write_shard(folder, number, some)
    return made
