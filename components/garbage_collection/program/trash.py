"""What MLflow keeps although it is deleted: found, looked at again, and removed one by one by MLflow's own store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from components.database_session.errors import passes, told
from components.program_logging.redaction import in_one_line

from . import queries
from .artifacts import Artifacts
from .outcome import Kind, LaterError, RefusedError

if TYPE_CHECKING:
    from .settings import Settings

_FIRST_TABLE = "experiments"


@dataclass(frozen=True)
class Due:
    """One thing that has been deleted for long enough."""

    kind: Kind
    id: str
    since_ms: int
    """When it was deleted, or a model changed last, in Unix time."""


class KeptError(Exception):
    """Why a thing that is due is passed over."""


class Trash:
    """The database and the bucket of one server."""

    def __init__(self, engine: sqlalchemy.Engine, settings: Settings, before_ms: int) -> None:
        """Open both.

        Args:
            engine: Of the database.
            settings: Where both are.
            before_ms: What was deleted later is not due.

        Raises:
            LaterError: One of them is away, or no server has made its tables yet.
            RefusedError: One of them is not what this image works with.
        """
        self._before_ms = before_ms
        try:
            # MLflow would make the tables, next to a server that does so too.
            if not sqlalchemy.inspect(engine).has_table(_FIRST_TABLE):
                raise LaterError("the database has no tables of MLflow yet")
            # MLflow annotates its methods in part only, hence no static type.
            store: Any = SqlAlchemyStore
            self._store = store(settings.uri, f"s3://{settings.bucket}")
        except sqlalchemy.exc.SQLAlchemyError as error:
            if passes(error):
                raise LaterError(f"the database cannot be reached: {told(error)}") from error
            raise RefusedError(f"the database cannot be used: {told(error)}") from error
        except MlflowException as error:
            raise RefusedError(f"the database is not one for this image: {in_one_line(error)}") from error
        self._artifacts = Artifacts(settings.bucket)
        self._artifacts.look()

    def due(self) -> list[Due]:
        """List what is due: runs, then models, then the experiments that both have to have left.

        Raises:
            LaterError: The database does not answer.
        """
        try:
            with self._store.ManagedSessionMaker() as session:
                return [
                    Due(kind, str(row.id), row.since_ms)
                    for kind in Kind
                    for row in session.execute(queries.due(kind, self._before_ms))
                ]
        except MlflowException as error:
            raise LaterError(f"the database does not answer: {in_one_line(error)}") from error

    def check(self, due: Due) -> None:
        """See whether it would be removed.

        Raises:
            KeptError: It is not due any more, or still needed. An experiment may become empty before it is its turn.
        """
        self._looked_at_again(due)

    def remove(self, due: Due) -> None:
        """Remove one thing: first its artifacts, then its rows, so that what is interrupted can be taken up again.

        Raises:
            KeptError: It is not due any more, or still needed.
            LaterError: The bucket is away.
            Exception: It cannot be removed; its rows are still there.
        """
        location = self._looked_at_again(due)
        # These methods of the store belong to `mlflow gc`.
        if due.kind is Kind.EXPERIMENT:
            self._store._hard_delete_experiment(due.id)  # noqa: SLF001
            return
        self._artifacts.remove(location, due.id)
        if due.kind is Kind.RUN:
            self._store._hard_delete_run(due.id)  # noqa: SLF001
        else:
            self._store._hard_delete_logged_model(due.id)  # noqa: SLF001

    def _looked_at_again(self, due: Due) -> str:
        """Find where its artifacts are; somebody may have restored or registered it since it was listed."""
        held, version = "", None
        with self._store.ManagedSessionMaker() as session:
            row = session.execute(queries.due(due.kind, self._before_ms, due.id)).first()
            if due.kind is Kind.EXPERIMENT:
                held = queries.contents(session, due.id)
            else:
                version = queries.version_of(session, due.id)
        # Not within, where MLflow would make each of these an error of its own.
        if row is None:
            raise KeptError("it has been restored or removed meanwhile")
        if held:
            raise KeptError(f"it still holds {held}")
        if version:
            raise KeptError(f"version {version} refers to it")
        return str(row.location or "")
