"""Work of many equal pieces, done by a few threads with a bounded number of pieces in memory."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")
_AHEAD = 4
"""Pieces a thread that wait for it, so that it never waits for the one who hands them out."""


def each(work: Callable[[_Item], _Done], items: Iterable[_Item], workers: int) -> Iterator[_Done]:
    """Yield the results as they come, in no order.

    The first error ends it: nothing new is begun, and it is raised when what is under way has ended.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="worker")
    try:
        pending: set[Future[_Done]] = set()
        for item in items:
            pending.add(pool.submit(work, item))
            if len(pending) >= workers * _AHEAD:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
