"""A progress bar for whatever comes one by one and takes longer than two seconds."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
AFTER = 2.0  # seconds before the bar shows


def with_progress(items: Iterable[Item], total: int | None = None, what: str = "rendering") -> Iterator[Item]:
    """`items`, with a bar on standard error."""
    from tqdm import tqdm

    yield from tqdm(items, desc=what, total=total, unit="frame", delay=AFTER, dynamic_ncols=True)
