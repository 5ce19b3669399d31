"""The exporter's program against a real PostgreSQL and a real MinIO, and what its role and its key may do there."""

from __future__ import annotations

import io
import signal
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest
from minio.error import S3Error

from tests.integration.inventory_exporter_pod import (
    LIMIT,
    READER_PASSWORD,
    Exporter,
    Stores,
    exporter,
    filled,
    of,
    running,
    stores,
)
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["exporter", "filled", "postgres", "store", "stores"]  # fixtures: importing them makes them known here


def below(series: dict[str, float], prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): value for name, value in series.items() if name.startswith(prefix)}


def up(series: dict[str, float], source: str) -> float | None:
    return series.get(f'mlflow_exporter_source_up{{source="{source}"}}')


def both_up(series: dict[str, float]) -> bool:
    return up(series, "database") == up(series, "bucket") == 1


def test_experiments_runs_models_and_versions_are_counted_as_mlflow_counts_them(exporter: Exporter) -> None:
    series = exporter.until(both_up)

    assert below(series, "mlflow_experiments") == {'{lifecycle_stage="active"}': 2, '{lifecycle_stage="deleted"}': 1}
    assert {labels: number for labels, number in below(series, "mlflow_runs").items() if number} == {
        '{lifecycle_stage="active",status="FINISHED"}': 1,
        '{lifecycle_stage="active",status="FAILED"}': 1,
        '{lifecycle_stage="active",status="RUNNING"}': 1,
        '{lifecycle_stage="deleted",status="FINISHED"}': 1,
    }
    assert len(below(series, "mlflow_runs")) == 10
    assert series["mlflow_registered_models"] == 2
    assert series["mlflow_model_versions"] == 2


def test_the_oldest_run_that_is_deleted_but_kept_has_the_time_of_its_deletion(exporter: Exporter) -> None:
    series = exporter.until(both_up)

    assert 0 < time.time() - series["mlflow_deleted_runs_oldest_timestamp_seconds"] < 3600


def test_the_servers_connections_are_counted_against_its_limit(exporter: Exporter, filled: Stores) -> None:
    before = exporter.until(both_up)["mlflow_database_connections"]

    with closing(filled.as_server()), closing(filled.as_reader()):
        series = exporter.until(lambda seen: seen.get("mlflow_database_connections") == before + 1)

    assert series["mlflow_database_connection_limit"] == LIMIT


def test_a_role_without_a_limit_shares_the_servers(exporter: Exporter, filled: Stores) -> None:
    filled.postgres.run("ALTER ROLE mlflow CONNECTION LIMIT -1")
    try:
        # PostgreSQL's default of 100, of which three are kept for administrators.
        exporter.until(lambda seen: seen.get("mlflow_database_connection_limit") == 97)
    finally:
        filled.postgres.run(f"ALTER ROLE mlflow CONNECTION LIMIT {LIMIT}")


def test_the_size_of_the_database_is_postgresqls_own_figure(exporter: Exporter, filled: Stores) -> None:
    ((size,),) = filled.postgres.run("SELECT pg_database_size('mlflow')")

    assert exporter.until(both_up)["mlflow_database_size_bytes"] == pytest.approx(size, rel=0.1)


def test_objects_and_bytes_of_the_bucket_are_counted(exporter: Exporter) -> None:
    series = exporter.until(both_up)

    assert below(series, "mlflow_bucket_") == {"objects": 3, "bytes": 30, "scan_complete": 1}


def test_each_source_tells_how_long_it_took_and_when_it_succeeded(exporter: Exporter) -> None:
    series = exporter.until(both_up)

    for source in ("database", "bucket"):
        assert series[f'mlflow_exporter_refresh_duration_seconds{{source="{source}"}}'] > 0
        assert 0 <= time.time() - series[f'mlflow_exporter_last_success_timestamp_seconds{{source="{source}"}}'] < 60


def test_values_of_a_dead_database_vanish_and_come_back_while_the_bucket_stays(
    exporter: Exporter, filled: Stores
) -> None:
    exporter.until(both_up)
    filled.postgres.run("ALTER ROLE mlflow_reader NOLOGIN")
    try:
        failing = exporter.until(lambda seen: up(seen, "database") == 0 and "mlflow_registered_models" not in seen)
    finally:
        filled.postgres.run("ALTER ROLE mlflow_reader LOGIN")

    assert [name for name in failing if name.startswith(("mlflow_database", "mlflow_runs", "mlflow_experiments"))] == []
    assert failing["mlflow_bucket_objects"] == 3
    assert exporter.until(both_up)["mlflow_registered_models"] == 2


def test_values_of_a_dead_bucket_vanish_and_come_back_while_the_database_stays(
    exporter: Exporter, filled: Stores
) -> None:
    exporter.until(both_up)
    administration = filled.store.client().admin
    administration.user_disable("mlflow-artifacts_reader")
    try:
        failing = exporter.until(lambda seen: up(seen, "bucket") == 0 and "mlflow_bucket_objects" not in seen)
    finally:
        administration.user_enable("mlflow-artifacts_reader")

    assert below(failing, "mlflow_bucket_") == {}
    assert failing["mlflow_registered_models"] == 2
    assert exporter.until(both_up)["mlflow_bucket_objects"] == 3


def test_the_log_is_json_lines_with_the_failures_and_without_a_secret(exporter: Exporter, filled: Stores) -> None:
    exporter.until(both_up)
    text = exporter.log.read_text()

    assert {line["level"] for line in exporter.lines()} <= {"info", "error"}
    assert {"time", "level", "message", "source", "duration"} <= set(exporter.lines()[-1])
    assert [secret for secret in (READER_PASSWORD, *filled.reader_key) if secret in text] == []


def test_it_ends_at_once_when_told_to(filled: Stores, tmp_path: Path) -> None:
    with running(of(filled), tmp_path) as started:
        started.until(both_up)
        started.process.send_signal(signal.SIGTERM)

        assert started.process.wait(5) == 0
        assert started.lines()[-1]["message"] == "told to stop"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO experiment_tags VALUES ('x', 'y', 0)",
        "UPDATE runs SET status = 'KILLED'",
        "DELETE FROM model_versions",
        "TRUNCATE params",
        "CREATE TABLE own (id int)",
        "CREATE SCHEMA own",
        "DROP TABLE runs",
        "ALTER ROLE mlflow_reader CONNECTION LIMIT -1",
    ],
)
def test_the_reading_role_changes_nothing(filled: Stores, statement: str) -> None:
    with filled.as_reader() as session, pytest.raises(psycopg.Error) as refused:
        session.execute(statement)

    assert refused.value.sqlstate == "42501"  # insufficient privilege


def test_the_reading_role_reads_what_a_later_migration_makes(filled: Stores) -> None:
    with filled.as_server() as session:
        session.execute("CREATE TABLE later (id int)")
    with filled.as_reader() as session:
        assert session.execute("SELECT count(*) FROM later").fetchone() == (0,)
    with filled.as_server() as session:
        session.execute("DROP TABLE later")


def test_the_reading_role_has_few_connections_and_little_time(filled: Stores) -> None:
    ((limit, settings),) = filled.postgres.run(
        "SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'mlflow_reader'"
    )

    assert limit == 3
    assert settings == ["statement_timeout=30000", "idle_in_transaction_session_timeout=60000"]


def test_the_listing_key_neither_gets_nor_puts_nor_deletes_an_object(filled: Stores) -> None:
    s3 = filled.store.client(*filled.reader_key).s3
    attempts = (
        lambda: s3.get_object("mlflow-artifacts", "0"),
        lambda: s3.put_object("mlflow-artifacts", "new", io.BytesIO(b"x"), 1),
        lambda: s3.remove_object("mlflow-artifacts", "0"),
        lambda: s3.get_bucket_versioning("mlflow-artifacts"),
        lambda: s3.make_bucket("another"),
    )

    for attempt in attempts:
        with pytest.raises(S3Error) as refused:
            attempt()
        assert refused.value.code == "AccessDenied"


def test_neither_the_migration_nor_the_exporter_makes_a_later_update_change_anything(filled: Stores) -> None:
    filled.project.settled()
