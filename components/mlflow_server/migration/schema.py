"""MLflow's schema, as the image's MLflow knows it and as the database has it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from mlflow.store.tracking.dbmodels.initial_models import Base as FirstTables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import sqlalchemy


@dataclass(frozen=True)
class Image:
    """What the MLflow of this image knows."""

    version: str
    head: str
    """Revision that this MLflow runs on."""
    known: frozenset[str]
    """That revision and all before it."""

    @classmethod
    def installed(cls) -> Image:
        """Read it from the migrations beside MLflow's code."""
        script = ScriptDirectory.from_config(_config())
        (head,) = script.get_heads()
        return cls(mlflow.__version__, head, frozenset(each.revision for each in script.walk_revisions()))


def revision(connection: sqlalchemy.Connection) -> str | None:
    """Read what the database is at; None for one that no migration has seen."""
    heads = MigrationContext.configure(connection).get_current_heads()
    return ", ".join(sorted(heads)) or None


def is_empty(tables: Collection[str]) -> bool:
    """Say whether there is nothing yet; a failed first attempt of `mlflow db upgrade` leaves alembic's own table."""
    return all(table.startswith("alembic_") for table in tables)


def has_first_tables(tables: Collection[str]) -> bool:
    """Say whether the tables with which the migrations begin are there; an MLflow of 2019 has made them, or a start."""
    return set(FirstTables.metadata.tables) <= set(tables)


def upgrade(connection: sqlalchemy.Connection, *, create: bool) -> None:
    """Run all that is due within the connection's transaction, which is left to the caller to commit."""
    if create:
        FirstTables.metadata.create_all(connection)
    config = _config()
    config.attributes["connection"] = _Within(connection)
    command.upgrade(config, "heads")


def _config() -> Config:
    config = Config()
    folder = Path(mlflow.__file__).parent / "store" / "db_migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


class _Within:
    """Stands where MLflow's `env.py` expects an engine, and makes it work within a transaction that is there.

    It asks for the connection's engine and connects by that; alembic then finds a transaction, and leaves it alone.
    """

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection

    @property
    def engine(self) -> _Within:
        return self

    @contextmanager
    def connect(self) -> Iterator[sqlalchemy.Connection]:
        yield self._connection
