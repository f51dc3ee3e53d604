"""A progress bar for whatever comes one by one and takes longer than two seconds."""

import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
AFTER = 2.0  # seconds before anything shows
FIRST_RUN = "compiling the renderer; only the first run waits for this …"


def with_progress(items: Iterable[Item], total: int | None = None, what: str = "rendering") -> Iterator[Item]:
    """`items`, with a bar on standard error, and a word where even the first one takes its time."""
    from tqdm import tqdm

    patience = threading.Timer(AFTER, lambda: print(FIRST_RUN, file=sys.stderr, flush=True))
    patience.daemon = True
    patience.start()
    try:
        for item in tqdm(items, desc=what, total=total, unit="frame", delay=AFTER, dynamic_ncols=True):
            patience.cancel()
            yield item
    finally:
        patience.cancel()
