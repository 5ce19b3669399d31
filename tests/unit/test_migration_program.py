"""The decisions of the migration's program; what needs a database is in tests/integration/test_migration_*.py."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from components.database_session.errors import passes, told
from components.database_session.lock import WHOLE_DATABASE, session_name
from components.mlflow_server.migration import __main__ as program
from components.mlflow_server.migration import gate, schema, tables, verdicts
from components.mlflow_server.migration.outcome import EndedError, Ending, Outcome
from components.mlflow_server.migration.settings import LOCK_SECONDS, MESSAGE_FILE, TABLE_SECONDS, URI, Settings
from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = schema.Image(version="3.17.2", head="c", known=frozenset("abc"))
FIRST_TABLES = ["experiments", "metrics", "params", "runs", "tags"]


class DriverError(Exception):
    """As psycopg's, which tells the state by `sqlstate`, or psycopg2's, by `pgcode`."""

    def __init__(self, **state: str) -> None:
        super().__init__("the driver's words")
        vars(self).update(state)


def ending_of(before: str | None, found: list[str]) -> Ending:
    with pytest.raises(EndedError) as ended:
        verdicts.demand_change(IMAGE, before, found)
    return ended.value.ending


def test_the_lock_is_the_letters_of_mlflow_as_a_number_that_postgresql_takes() -> None:
    assert WHOLE_DATABASE.to_bytes(6, "big") == b"mlflow"
    assert WHOLE_DATABASE < 2**63


def test_only_what_is_done_succeeds_and_every_failure_has_a_code_of_its_own() -> None:
    codes = [outcome.exit_code for outcome in Outcome]

    assert [outcome for outcome in Outcome if outcome.exit_code == 0] == [Outcome.DONE, Outcome.NOTHING_TO_DO]
    assert len(set(codes)) == len(codes) - 1
    # Of Python, of the shell, and of signals.
    assert [code for code in codes if code in (1, 2) or code > 125] == []


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (None, []),
        (None, ["alembic_version"]),
        (None, FIRST_TABLES),
        (None, [*FIRST_TABLES, "own"]),
        ("a", ["alembic_version", *FIRST_TABLES]),
    ],
)
def test_what_is_empty_or_older_is_to_be_changed(before: str | None, found: list[str]) -> None:
    verdicts.demand_change(IMAGE, before, found)


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert ending_of("c", FIRST_TABLES) == Ending(
        Outcome.NOTHING_TO_DO, "the schema is at c, as MLflow 3.17.2 wants it"
    )


@pytest.mark.parametrize("before", ["d", "a, d"])
def test_what_the_image_does_not_know_is_refused(before: str) -> None:
    ending = ending_of(before, FIRST_TABLES)

    assert ending.outcome is Outcome.REFUSED
    assert f"at {before}, which MLflow 3.17.2 with its c does not know" in ending.reason


def test_tables_of_something_else_are_refused() -> None:
    assert ending_of(None, ["experiments", "orders"]).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (sqlalchemy.exc.OperationalError("LOCK", {}, DriverError(pgcode="55P03")), True),
        (sqlalchemy.exc.OperationalError("LOCK", {}, DriverError(sqlstate="57014")), True),
        (sqlalchemy.exc.OperationalError("SELECT", {}, DriverError(sqlstate="40P01")), True),
        (sqlalchemy.exc.OperationalError("SELECT", {}, DriverError(pgcode="08006")), True),
        (sqlalchemy.exc.OperationalError("SELECT", {}, DriverError()), True),
        (sqlalchemy.exc.OperationalError("INSERT", {}, DriverError(sqlstate="53100")), False),
        (sqlalchemy.exc.ProgrammingError("CREATE", {}, DriverError(pgcode="42P07")), False),
        (sqlalchemy.exc.ProgrammingError("CREATE", {}, DriverError()), False),
        (RuntimeError("of a migration"), False),
    ],
)
def test_only_what_passes_is_tried_again(error: Exception, again: bool) -> None:  # noqa: FBT001 - a column of the table
    assert passes(error) is again


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_runbook_tells_what_every_ending_means(outcome: Outcome) -> None:
    row = rf"^\| [^|]*`{outcome.words}`[^|]* \| {outcome.exit_code} \|"

    assert re.search(row, (stack_files.ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)


def test_an_error_of_the_database_is_told_in_the_drivers_words_and_in_one_line() -> None:
    error = sqlalchemy.exc.ProgrammingError("CREATE TABLE t (\n id int)", {}, DriverError(pgcode="42P07"))

    assert told(error) == "DriverError: the driver's words"
    assert told(RuntimeError("one\ntwo")) == "RuntimeError: one two"


def test_a_session_is_named_by_what_is_known_of_it() -> None:
    assert session_name(7, "mlflow", "backup") == "session 7 (backup, role mlflow)"
    assert session_name(7, "mlflow", "") == "session 7 (role mlflow)"
    assert session_name(7, None, None) == "session 7"


@pytest.mark.parametrize(
    ("fate", "now", "passing", "outcome"),
    [
        ("aborted", "a", False, Outcome.ROLLED_BACK),
        ("aborted", "a", True, Outcome.RETRY_LATER),
        ("in progress", "a", False, Outcome.RETRY_LATER),
        ("committed", "c", True, Outcome.DONE),
        ("committed", "a", False, Outcome.LEFT_CHANGED),
        ("committed", "b", True, Outcome.LEFT_CHANGED),
        ("aborted", "b", False, Outcome.LEFT_CHANGED),
        (None, "a", False, Outcome.LEFT_CHANGED),
    ],
)
def test_how_it_failed_is_what_the_database_says_of_it(
    fate: str | None,
    now: str,
    passing: bool,  # noqa: FBT001 - a column of the table
    outcome: Outcome,
) -> None:
    ending = verdicts.verdict(IMAGE, "a", "it broke", verdicts.Found(fate, now), passing=passing)

    assert ending.outcome is outcome
    assert "it broke" in ending.reason
    assert f"at {now}" in ending.reason


def test_rows_are_lost_when_a_table_has_fewer_or_is_gone_but_not_when_mlflow_condenses_them() -> None:
    before = {"runs": 3, "old": 1, "params": 2, "trace_tags": 5, "metrics": 1}
    after = {"runs": 2, "params": 2, "trace_tags": 1, "metrics": 4, "new": 9}

    assert tables.lost(before, after) == ({"runs": 1, "old": 1}, {"trace_tags": 4})


def test_counts_are_told_without_empty_tables() -> None:
    assert tables.listing({"runs": 3, "tags": 0, "secrets": 1}) == "runs 3, secrets 1"
    assert tables.summary({"runs": 3, "tags": 0}) == "2 tables with 3 rows"


def test_the_installed_mlflow_knows_all_its_revisions() -> None:
    image = schema.Image.installed()

    assert image.version == "3.17.2"
    assert image.head in image.known
    # The one of MLflow 2.10.0, and the first of all.
    assert {"acf3f17fdcc7", "451aebb31d03"} <= image.known


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_ending_is_left_for_kubernetes_as_a_line_and_an_exit_code(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []

    def run(settings: Settings) -> Ending:
        seen.append(settings)
        return Ending(outcome, "so it went")

    message = tmp_path / "message"
    variables = {URI: "postgresql://", LOCK_SECONDS: "30", TABLE_SECONDS: "2.5", MESSAGE_FILE: str(message)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(gate, "run", run)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    assert program.main() == outcome.exit_code
    assert message.read_text() == f"{outcome.words}: so it went\n"
    assert seen == [Settings(uri="postgresql://", lock_seconds=30, table_seconds=2.5, message_file=message)]
