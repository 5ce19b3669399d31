"""The way from a database to an ending, as one session under one lock and one transaction."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import sqlalchemy

from components.database_session.connection import engine_of
from components.database_session.errors import passes, told
from components.database_session.lock import LockHeldError, take_lock

from . import schema, tables, verdicts
from .outcome import EndedError, Ending, Outcome, StoppedError

if TYPE_CHECKING:
    from .settings import Settings

_LOG = logging.getLogger(__name__)
_APPLICATION = "mlflow-migration"
_NUMBER = "SELECT txid_current()"
_FATE = sqlalchemy.text("SELECT txid_status(:number)")


class UnsoundError(Exception):
    """What the migrations have made is not what it should be."""


def run(settings: Settings) -> Ending:
    """Bring the schema to the image's, or tell why not."""
    image = schema.Image.installed()
    _LOG.info("this is MLflow %s, whose schema is at %s", image.version, image.head)
    engine = engine_of(settings.uri, _APPLICATION)
    try:
        with engine.connect() as connection:
            take_lock(connection, settings.lock_seconds)
            with connection.begin():
                before, found = schema.revision(connection), tables.names(connection)
            _LOG.info("the database is at %s, and has %s tables", before or "no revision", len(found))
            verdicts.demand_change(image, before, found)
            return _Change(engine, connection, image, before).run(settings.table_seconds)
    except EndedError as ended:
        return ended.ending
    except LockHeldError as held:
        return Ending(Outcome.RETRY_LATER, str(held))
    except StoppedError:
        return Ending(Outcome.RETRY_LATER, "told to stop before anything was begun")
    except sqlalchemy.exc.DBAPIError as error:
        _LOG.exception("the database cannot be looked at")
        outcome = Outcome.RETRY_LATER if passes(error) else Outcome.ROLLED_BACK
        return Ending(outcome, f"nothing was begun, since the database cannot be looked at: {told(error)}")


class _Change:
    """One attempt at the change, in one transaction of which PostgreSQL is asked in the end what became of it."""

    def __init__(
        self, engine: sqlalchemy.Engine, connection: sqlalchemy.Connection, image: schema.Image, before: str | None
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._image = image
        self._before = before
        self._number: int | None = None

    def run(self, table_seconds: float) -> Ending:
        begun = time.monotonic()
        try:
            with self._connection.begin():
                counted = self._migrate(table_seconds)
        except EndedError:
            raise
        except (Exception, StoppedError) as error:  # noqa: BLE001 - whatever it was, the database tells what became of it
            _LOG.exception("the migration fails")
            return self._failed(error)
        seconds = time.monotonic() - begun
        return Ending(Outcome.DONE, f"{self._before or 'nothing'} -> {self._image.head} in {seconds:.1f} s; {counted}")

    def _migrate(self, table_seconds: float) -> str:
        connection = self._connection
        self._number = connection.exec_driver_sql(_NUMBER).scalar_one()
        present = tables.names(connection)
        tables.lock(connection, present, table_seconds)
        before = tables.count(connection, present)
        _LOG.info("%s before: %s", tables.summary(before), tables.listing(before))
        schema.upgrade(connection, create=self._before is None and schema.is_empty(present))
        after = tables.count(connection, tables.names(connection))
        _LOG.info("%s after: %s", tables.summary(after), tables.listing(after))
        if (reached := schema.revision(connection)) != self._image.head:
            raise UnsoundError(f"the migrations have come to {reached} instead of {self._image.head}")
        lost, condensed = tables.lost(before, after)
        if lost:
            raise UnsoundError(f"the migrations have lost rows: {tables.listing(lost)}")
        moved = f", moved into columns: {tables.listing(condensed)}" if condensed else ""
        return f"{tables.summary(before)} before, {tables.summary(after)} after, none lost{moved}"

    def _failed(self, error: BaseException) -> Ending:
        """Ask by another session, since this one may be gone: it is the database that knows."""
        why = "told to stop" if isinstance(error, StoppedError) else told(error)
        try:
            with self._engine.connect() as connection:
                fate = connection.execute(_FATE, {"number": self._number}).scalar() if self._number else "aborted"
                found = verdicts.Found(fate, schema.revision(connection))
        except sqlalchemy.exc.DBAPIError:
            _LOG.exception("the database cannot be asked")
            return Ending(Outcome.RETRY_LATER, f"{why}; what became of it has to be asked later")
        passing = isinstance(error, StoppedError) or passes(error)
        return verdicts.verdict(self._image, self._before, why, found, passing=passing)
