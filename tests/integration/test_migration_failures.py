"""The migration's program when it fails, is killed or loses its database: what is in the database afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.database_session.lock import WHOLE_DATABASE
from components.mlflow_server.migration import gate, schema
from components.mlflow_server.migration.outcome import Outcome
from tests.integration.migration_pod import migration
from tests.integration.plugin_harness import free_port
from tests.integration.plugin_postgres import postgres
from tests.integration.server_databases import HEAD, LATE, databases, older, until

if TYPE_CHECKING:
    import pytest
    import sqlalchemy

    from tests.integration.migration_pod import MigrationPod
    from tests.integration.server_databases import Database, Databases

__all__ = ["databases", "migration", "older", "postgres"]  # fixtures: importing them makes them known here


def test_a_migration_that_fails_is_rolled_back_as_a_whole_and_not_tried_again(
    migration: MigrationPod, databases: Databases, older: Database
) -> None:
    database = databases.make(older)
    database.run(f"SET ROLE mlflow; CREATE TABLE {LATE} (id int)")
    before = database.schema()
    ended = migration.run(database)

    assert ended.code == Outcome.ROLLED_BACK.exit_code, ended.log
    assert ended.message.startswith("failed and rolled back: DuplicateTable: ")
    assert f'relation "{LATE}" already exists' in ended.message
    assert ended.message.endswith(
        f"PostgreSQL has rolled all of it back, the schema is at {older.revision()} as before\n"
    )
    assert database.schema() == before
    (failure,) = [line for line in ended.lines() if "traceback" in line]
    assert failure["level"] == "error"


def test_a_migration_that_loses_rows_is_rolled_back(
    databases: Databases, older: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = databases.make(older)
    real = schema.upgrade

    def careless(connection: sqlalchemy.Connection, *, create: bool) -> None:
        real(connection, create=create)
        connection.exec_driver_sql("DELETE FROM experiments")

    monkeypatch.setattr(schema, "upgrade", careless)
    ending = gate.run(database.settings())

    assert ending.outcome is Outcome.ROLLED_BACK
    assert "lost rows: experiments 1;" in ending.reason
    assert database.run("SELECT count(*) FROM experiments") == [(1,)]
    assert database.revision() == older.revision()


def test_a_migration_that_commits_on_its_own_and_fails_is_told_as_what_it_is(
    databases: Databases, older: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = databases.make(older)

    def rash(connection: sqlalchemy.Connection, *, create: bool) -> None:
        assert not create
        connection.exec_driver_sql("CREATE TABLE half (id int)")
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("CREATE TABLE half (id int)")

    monkeypatch.setattr(schema, "upgrade", rash)
    ending = gate.run(database.settings())

    assert ending.outcome is Outcome.LEFT_CHANGED
    assert "Restore the last backup" in ending.reason
    assert "half" in database.tables()


def killed(migration: MigrationPod, database: Database) -> None:
    """Kills an attempt that has done almost all, in the middle of a statement."""
    database.stop_migrations()
    attempt = migration.start(database)
    attempt.reach_the_middle(database)
    attempt.kill()
    # Long before the statement would have ended.
    until(lambda: not database.migrating(), seconds=15)
    database.let_migrations_go_on()


def test_an_attempt_on_an_empty_database_that_is_killed_leaves_nothing_and_the_next_one_completes(
    migration: MigrationPod, databases: Databases
) -> None:
    database = databases.make()
    killed(migration, database)

    assert database.tables() == set()
    assert gate.run(database.settings()).outcome is Outcome.DONE
    assert database.revision() == HEAD


def test_an_attempt_that_is_killed_leaves_the_old_schema_and_the_next_one_completes(
    migration: MigrationPod, databases: Databases, older: Database
) -> None:
    database = databases.make(older)
    before = database.schema()
    killed(migration, database)

    assert database.schema() == before
    assert gate.run(database.settings()).outcome is Outcome.DONE
    assert database.revision() == HEAD


def test_the_lock_is_held_for_as_long_as_the_work_goes_on(
    migration: MigrationPod, databases: Databases, older: Database
) -> None:
    database = databases.make(older)
    database.stop_migrations()
    attempt = migration.start(database)
    attempt.reach_the_middle(database)

    take = f"SELECT pg_try_advisory_lock({WHOLE_DATABASE})"
    assert database.run(take) == [(False,)]
    attempt.kill()
    assert database.run(take) == [(False,)]
    until(lambda: not database.migrating(), seconds=15)
    assert database.run(take) == [(True,)]


def test_a_database_that_goes_away_meanwhile_has_rolled_back_and_is_tried_again_later(
    migration: MigrationPod, databases: Databases, older: Database
) -> None:
    database = databases.make(older)
    database.stop_migrations()
    attempt = migration.start(database)
    attempt.reach_the_middle(database)
    (pid,) = database.migrating()
    database.run(f"SELECT pg_terminate_backend({pid})")
    ended = attempt.end()

    assert ended.code == Outcome.RETRY_LATER.exit_code, ended.log
    assert ended.message.startswith("retry later: OperationalError: ")
    assert f"the schema is at {older.revision()} as before" in ended.message
    database.let_migrations_go_on()
    assert gate.run(database.settings()).outcome is Outcome.DONE


def test_a_database_that_does_not_answer_is_tried_again_later(databases: Databases) -> None:
    database = databases.make()
    settings = database.settings()
    nobody = settings.uri.replace(str(database.postgres.port), str(free_port()))
    ending = gate.run(type(settings)(**{**vars(settings), "uri": nobody}))

    assert ending.outcome is Outcome.RETRY_LATER
    assert ending.reason.startswith("nothing was begun, since the database cannot be looked at: OperationalError: ")
