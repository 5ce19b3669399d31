"""The lock of the whole database, held in turns.

A backup takes the same lock and does not wait for it: it tries, gives up, and its Job tries again with growing
intervals. So a collection of an hour lets go of the lock every few seconds for as many: half of all tries succeed.
While somebody else has it, nothing is removed.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import sqlalchemy

from components.database_session.errors import told
from components.database_session.lock import LockHeldError, take_lock

from .outcome import LaterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from .settings import Settings

_LOG = logging.getLogger(__name__)
_ALIVE = "SELECT 1"


class Turns:
    """Holds the lock by a session of its own, within `with`."""

    def __init__(
        self, engine: sqlalchemy.Engine, settings: Settings, stop: Event, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._stop = stop
        self._clock = clock
        self._session: sqlalchemy.Connection | None = None
        self._taken = 0.0

    def __enter__(self) -> Turns:  # noqa: PYI034 - `Self` came with Python 3.11
        """Take the lock.

        Raises:
            LaterError: Somebody has it for too long, the database is away, or a signal has come.
        """
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def go_on(self) -> None:
        """Come here between two removals: the lock is held afterwards, and was others' to take if it was time.

        Raises:
            LaterError: As when it is taken first, or it has been lost together with its session.
        """
        if self._stop.is_set():
            raise LaterError("told to stop")
        self.check()
        if self._clock() - self._taken >= self._settings.turn_seconds:
            self._release()
            self._wait(self._settings.pause_seconds)
            self._take()

    def check(self) -> None:
        """See whether the session, and so the lock, is still there.

        Raises:
            LaterError: It is not; somebody else may have the lock by now.
        """
        if self._session is None:
            raise LaterError("the lock is not held")
        try:
            with self._session.begin():
                self._session.exec_driver_sql(_ALIVE)
        except sqlalchemy.exc.DBAPIError as error:
            raise LaterError(f"the session that holds the lock is gone: {told(error)}") from error

    def _take(self) -> None:
        try:
            self._session = self._engine.connect()
            take_lock(self._session, self._settings.lock_seconds, self._wait)
        except LockHeldError as held:
            raise LaterError(str(held)) from held
        except sqlalchemy.exc.DBAPIError as error:
            raise LaterError(f"the database cannot be reached: {told(error)}") from error
        self._taken = self._clock()

    def _release(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            # The lock goes with the session, of which no pool keeps anything.
            session.close()

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise LaterError("told to stop")
