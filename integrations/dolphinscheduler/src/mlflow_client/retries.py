"""Retries of what creates something: an answer that was lost is looked for before anything is created again.

MLflow's own HTTP layer repeats every request, also the one that creates a run: when the answer is lost on the way, it
creates a second one. So those repetitions are off while something is created, and this module repeats instead.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow_client.causes import is_transient
from mlflow_client.errors import ConfigurationError
from mlflow_client.logs import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
_creating = threading.RLock()


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often something is created at most, and how long to wait in between.

    The wait doubles from `first_wait_seconds` to `longest_wait_seconds`, each less up to a half by chance, so that the
    tasks of a workflow do not come back all at once.
    """

    attempts: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigurationError(
                f"RetryPolicy: attempts is {self.attempts}, and the first one counts: give 1 or more"
            )
        if not 0 <= self.first_wait_seconds <= self.longest_wait_seconds:
            raise ConfigurationError(
                f"RetryPolicy: first_wait_seconds is {self.first_wait_seconds}: "
                f"give 0 to longest_wait_seconds ({self.longest_wait_seconds})"
            )

    def wait_seconds(self, attempt: int) -> float:
        """How long to wait after an attempt, counted from 1."""
        import random  # noqa: PLC0415 - needed when something has failed alone

        longest = min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (attempt - 1))
        return float(longest * random.uniform(0.5, 1.0))  # noqa: S311 - it spreads load, and keeps no secret


def create_once(
    what: str,
    create: Callable[[], str],
    find: Callable[[], Sequence[str]],
    discard: Callable[[str], None],
    policy: RetryPolicy,
) -> str:
    """Creates something, exactly once, however often the answer is lost.

    Args:
        what: for the log.
        create: asks the server to create it, and returns its id.
        find: the ids of what the attempts so far have created.
        discard: takes one back, where the server was so slow that a later attempt did not see an earlier one.
        policy: how often and how fast.

    Raises:
        Exception: what the last attempt raised; at once where a repetition cannot help.
    """
    attempt = 1
    while True:
        try:
            found = find() if attempt > 1 else ()
            if found:
                created = found[0]
            else:
                with _without_repetitions():
                    created = create()
            break
        except Exception as error:
            if attempt >= policy.attempts or not is_transient(error):
                raise
            wait = policy.wait_seconds(attempt)
            tell(f"creating {what} again", {"attempt": attempt, "wait_seconds": round(wait, 2), "reason": str(error)})
        time.sleep(wait)
        attempt += 1
    for late in find() if attempt > 1 else ():
        if late != created:
            discard(late)
    return created


@contextmanager
def _without_repetitions() -> Iterator[None]:
    """MLflow reads the variable for each request; there is no other way to tell it for one."""
    with _creating:
        before = os.environ.get(MAX_RETRIES)
        os.environ[MAX_RETRIES] = "0"
        try:
            yield
        finally:
            if before is None:
                del os.environ[MAX_RETRIES]
            else:
                os.environ[MAX_RETRIES] = before
