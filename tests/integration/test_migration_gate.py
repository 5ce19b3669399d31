"""The migration's program against a real PostgreSQL: how it ends where it may go on, has nothing to do, or has to wait.

Where the process itself is the matter it runs as in its pod; else within this one, which saves the start of MLflow.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from components.database_session.lock import WHOLE_DATABASE
from components.mlflow_server.migration import gate
from components.mlflow_server.migration.outcome import Outcome
from tests.integration.migration_pod import migration
from tests.integration.plugin_postgres import postgres
from tests.integration.server_databases import HEAD, PATIENCE, databases, older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.migration_pod import MigrationPod
    from tests.integration.server_databases import Database, Databases

__all__ = ["databases", "migration", "older", "postgres"]  # fixtures: importing them makes them known here

TAKE_LOCK = f"SELECT pg_advisory_lock({WHOLE_DATABASE})".encode()
READ_RUNS = b"SELECT 1 FROM runs"


@pytest.fixture(scope="module")
def current(databases: Databases) -> Database:
    """As `mlflow db upgrade` makes it of an empty one."""
    made = databases.make()
    words = [sys.executable, "-m", "mlflow", "db", "upgrade", made.uri_with_password]
    subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE)
    return made


def test_an_empty_database_gets_the_schema_that_mlflow_itself_makes(
    migration: MigrationPod, databases: Databases, current: Database
) -> None:
    database = databases.make()
    ended = migration.run(database)

    assert (ended.code, database.revision()) == (0, HEAD), ended.log
    assert ended.message.startswith(f"done: nothing -> {HEAD} in ")
    assert database.schema() == current.schema()


def test_every_line_of_the_log_has_the_form_and_the_steps_the_counts_and_the_outcome_are_told(
    migration: MigrationPod, databases: Databases, older: Database
) -> None:
    lines = migration.run(databases.make(older)).lines()

    assert [line for line in lines if not {"time", "level", "logger", "message"} <= set(line)] == []
    messages = [line["message"] for line in lines]
    assert [message for message in messages if message.startswith("Running upgrade ")]
    assert [message for message in messages if "rows before: " in message and "experiments 1" in message]
    assert [message for message in messages if "rows after: " in message and "experiments 1" in message]
    assert lines[-1]["outcome"] == "done"
    assert lines[-1]["message"].endswith("none lost")


def test_a_second_attempt_has_nothing_to_do_and_succeeds(migration: MigrationPod, current: Database) -> None:
    ended = migration.run(current)

    assert ended.code == 0
    assert ended.message == f"nothing to do: the schema is at {HEAD}, as MLflow 3.17.2 wants it\n"


def test_rows_that_mlflow_moves_into_columns_are_not_taken_for_lost(databases: Databases, older: Database) -> None:
    database = databases.make(older)
    database.run(
        "INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) VALUES ('tr-1', 1, 1, 'OK')",
        "INSERT INTO trace_tags (request_id, key, value) VALUES ('tr-1', 'mlflow.traceName', 'first')",
        "INSERT INTO trace_tags (request_id, key, value) VALUES ('tr-1', 'a', 'b')",
    )
    ending = gate.run(database.settings())

    assert ending.outcome is Outcome.DONE, ending
    assert ending.reason.endswith("none lost, moved into columns: trace_tags 1")
    assert database.run("SELECT key FROM trace_tags") == [("a",)]
    assert database.run("SELECT trace_name FROM trace_info") == [("first",)]


def test_a_database_of_a_newer_mlflow_is_refused_with_both_revisions_and_the_cure(
    migration: MigrationPod, databases: Databases, current: Database
) -> None:
    database = databases.make(current)
    database.run("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    ended = migration.run(database)

    assert ended.code == Outcome.REFUSED.exit_code
    assert ended.message.startswith("refused: the database is at ffffffffffff, which MLflow 3.17.2 with its ")
    assert HEAD in ended.message
    assert "Set `image` to that newer one, or restore a backup" in ended.message
    assert database.revision() == "ffffffffffff"


def test_a_database_of_something_else_is_refused_and_left_alone(databases: Databases) -> None:
    database = databases.make()
    database.run("SET ROLE mlflow; CREATE TABLE orders (id int)")
    ending = gate.run(database.settings())

    assert ending.outcome is Outcome.REFUSED
    assert "orders" in ending.reason
    assert database.tables() == {"orders"}


def test_an_attempt_waits_for_a_backup_and_gives_up_in_the_end(migration: MigrationPod, databases: Databases) -> None:
    database = databases.make()
    with database.session() as backup:
        backup.execute("SET application_name = 'mlflow-backup'")
        backup.execute(TAKE_LOCK)
        ended = migration.start(database, lock_seconds=2).end()

    assert ended.code == Outcome.RETRY_LATER.exit_code
    assert "(mlflow-backup, role mlflow) since 20" in ended.message
    assert "holds the lock of migrations and backups, waited 2 s for it" in ended.message
    waiting = [line for line in ended.lines() if line["message"].startswith("waiting for the lock")]
    assert [line["level"] for line in waiting] == ["info"]
    assert database.tables() == set()


def test_of_two_attempts_at_one_time_one_migrates_and_the_other_has_nothing_to_do(
    migration: MigrationPod, databases: Databases
) -> None:
    database = databases.make()
    attempts = [migration.start(database, lock_seconds=PATIENCE) for _ in range(2)]
    ended = [attempt.end() for attempt in attempts]

    assert [each.code for each in ended] == [0, 0]
    assert sorted(each.message.partition(":")[0] for each in ended) == ["done", "nothing to do"]


def test_an_attempt_that_is_told_to_stop_while_it_waits_does_so_and_is_to_be_made_again(
    migration: MigrationPod, databases: Databases
) -> None:
    database = databases.make()
    with database.session() as backup:
        backup.execute(TAKE_LOCK)
        attempt = migration.start(database, lock_seconds=PATIENCE)
        attempt.until("waiting for the lock")
        attempt.process.send_signal(signal.SIGTERM)
        ended = attempt.end()

    assert ended.code == Outcome.RETRY_LATER.exit_code
    assert ended.message == "retry later: told to stop before anything was begun\n"


@contextmanager
def reading(database: Database) -> Iterator[list[float]]:
    """A server's requests meanwhile, and how long each has taken."""
    took: list[float] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.wait(0.05):
            with database.session() as server:
                begun = time.monotonic()
                server.execute(READ_RUNS)
                took.append(time.monotonic() - begun)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for _ in range(200):
            if not took:
                time.sleep(0.05)
        yield took
    finally:
        stop.set()
        thread.join()


def test_servers_do_not_wait_behind_an_old_transaction_that_is_in_the_way(
    databases: Databases, older: Database
) -> None:
    database = databases.make(older)
    with database.session() as forgotten:
        forgotten.execute(READ_RUNS)
        time.sleep(1.2)
        with reading(database) as took:
            ending = gate.run(database.settings(table_seconds=1))
        pid = forgotten.info.backend_pid

    assert ending.outcome is Outcome.RETRY_LATER
    assert f"session {pid} (role mlflow) is idle in transaction in a transaction of" in ending.reason
    assert max(took) < 0.5
    assert database.revision() == older.revision()


def test_servers_wait_for_a_moment_only_when_a_transaction_turns_out_to_be_in_the_way(
    databases: Databases, older: Database
) -> None:
    database = databases.make(older)
    with reading(database) as took, database.session() as forgotten:
        forgotten.execute(READ_RUNS)
        ending = gate.run(database.settings(table_seconds=1))

    assert ending.outcome is Outcome.RETRY_LATER
    assert "tables that have to change are in use: session " in ending.reason
    assert 0.5 < max(took) < 3
    assert database.revision() == older.revision()
