"""Databases of the server's role in a throw-away PostgreSQL, for the tests of the migration."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from mlflow.store.tracking.dbmodels.initial_models import Base as FirstTables

from components.database_session.connection import engine_of
from components.mlflow_server.migration import schema
from components.mlflow_server.migration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from tests.integration.plugin_postgres import Postgres

ROLE = "mlflow"
PASSWORD = "correct-horse-server"  # noqa: S105 - of a throw-away server
HEAD = schema.Image.installed().head
BEFORE_ANALYTICS = "b7e2c1a4d9f3"
"""A revision of MLflow 3, before one that moves rows of some tables into columns of others."""
LATE = "scheduler_leases"
"""A table that the last revision makes."""
STOP = f"""
CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.{LATE}') THEN
    PERFORM pg_sleep(60);
  END IF;
END $$;
CREATE EVENT TRIGGER stop ON ddl_command_end EXECUTE FUNCTION stop();
"""
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
PATIENCE = 300  # seconds for one attempt on a busy machine


def until(happened: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.1)


@dataclass(frozen=True)
class Database:
    """A database of the server's role."""

    postgres: Postgres
    name: str

    @property
    def uri(self) -> str:
        """Without the password, as in the pod."""
        tls = f"sslmode=verify-full&sslrootcert={self.postgres.authority}"
        return f"postgresql+psycopg2://{ROLE}@127.0.0.1:{self.postgres.port}/{self.name}?{tls}"

    @property
    def uri_with_password(self) -> str:
        return self.uri.replace(f"{ROLE}@", f"{ROLE}:{PASSWORD}@")

    def settings(self, *, lock_seconds: float = 1, table_seconds: float = 1) -> Settings:
        """For an attempt within this process."""
        return Settings(
            uri=self.uri_with_password,
            lock_seconds=lock_seconds,
            table_seconds=table_seconds,
            message_file=Path(os.devnull),
        )

    def run(self, *statements: str) -> list[Any]:
        return self.postgres.run(*statements, database=self.name)

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """A session of the server's role, in a transaction from its first statement on."""
        with self.postgres.session(self.name, ROLE, PASSWORD) as session:
            session.autocommit = False
            yield session
            session.rollback()

    def tables(self) -> set[str]:
        return {name for (name,) in self.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    def revision(self) -> str | None:
        if "alembic_version" not in self.tables():
            return None
        ((revision,),) = self.run("SELECT version_num FROM alembic_version")
        return str(revision)

    def stop_migrations(self) -> None:
        """Lets each migration stop in the middle of a statement, when it has done almost all."""
        self.run(STOP)

    def let_migrations_go_on(self) -> None:
        self.run("DROP EVENT TRIGGER stop; DROP FUNCTION stop")

    def migrating(self) -> list[int]:
        """The sessions that do so."""
        return [pid for (pid,) in self.run(f"{OTHERS} AND application_name = 'mlflow-migration'")]

    def has_stopped_one(self) -> bool:
        return bool(self.run(f"{OTHERS} AND wait_event = 'PgSleep'"))

    def schema(self) -> str:
        """All that `pg_dump` knows of it but the rows."""
        connection = f"host=127.0.0.1 port={self.postgres.port} dbname={self.name} user={ROLE} password={PASSWORD}"
        words = ["pg_dump", "--schema-only", f"{connection} sslmode=require"]
        text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        # A key that is new at each run.
        return "\n".join(line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


@dataclass
class Databases:
    """Makes databases."""

    postgres: Postgres
    made: int = 0

    def make(self, template: Database | None = None) -> Database:
        """A new one, empty or with all that another has."""
        self.made += 1
        name = f"mlflow_{self.made}"
        like = ""
        if template:
            # PostgreSQL copies only what nobody uses; a server that was told to end takes a moment for it.
            until(lambda: not template.run(OTHERS))
            like = f" TEMPLATE {template.name}"
        self.postgres.run(f"CREATE DATABASE {name} OWNER {ROLE}{like}")
        return Database(self.postgres, name)


@pytest.fixture(scope="module")
def databases(postgres: Postgres) -> Databases:
    postgres.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
    return Databases(postgres)


@pytest.fixture(scope="module")
def older(databases: Databases) -> Database:
    """One of an older MLflow 3, with the one experiment that its server makes; to be copied."""
    database = databases.make()
    engine = engine_of(database.uri_with_password, "older-mlflow")
    with engine.begin() as connection:
        FirstTables.metadata.create_all(connection)
        config = schema._config()
        config.attributes["connection"] = schema._Within(connection)
        command.upgrade(config, BEFORE_ANALYTICS)
    database.run(
        "INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (1, 'Default', 'active')",
    )
    return database
