"""What a server that starts, or fails to, tells in its log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.unit.server_log.running import free_port, server_pod

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording
    from tests.unit.server_log.running import Server

FIRST_REVISION = "451aebb31d03"


def test_every_line_of_the_start_has_the_form_whoever_wrote_it(server: Server) -> None:
    loggers = {line["logger"] for line in server.pod.lines()}

    assert loggers >= {"mlflow.store.db.utils", "stdout", "stderr", "uvicorn.error"}
    # No line twice, in another form or by another handler.
    assert server.pod.messages().count("Registry store URI not provided. Using backend store URI.") == 1
    assert len([message for message in server.pod.messages() if message.startswith("Started server process")]) == 2


def test_a_schema_that_is_too_old_is_told_in_the_form(dev: Recording, database: Path, tmp_path: Path) -> None:
    pod = server_pod(dev, tmp_path, database, free_port())
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = ?", [FIRST_REVISION])

    assert pod.run() != 0
    (line,) = [line for line in pod.lines() if "traceback" in line]
    assert line["level"] == "error"
    assert "out-of-date database schema" in line["error"]


def test_a_port_that_is_taken_is_told_in_the_form(
    dev: Recording, database: Path, server: Server, tmp_path: Path
) -> None:
    pod = server_pod(dev, tmp_path, database, server.port)
    pod.run()

    assert "address already in use" in pod.messages()[-1].lower()


def test_an_application_that_cannot_be_loaded_is_told_in_the_form(
    dev: Recording, database: Path, tmp_path: Path
) -> None:
    pod = server_pod(dev, tmp_path, database, free_port())
    # What MLflow's command hands to its workers, which do not take this one.
    pod.environment["_MLFLOW_STATIC_PREFIX"] = "/{prefix}"
    # How long uvicorn waits for a worker that does not answer, before it looks whether there is one.
    options = pod.environment["MLFLOW_UVICORN_OPTS"]
    pod.environment["MLFLOW_UVICORN_OPTS"] = options.replace("healthcheck 60", "healthcheck 2")

    pod.run()

    failures = [line for line in pod.lines() if line["message"] == "MLflow's application cannot be loaded"]
    assert "must not contain" in failures[0]["error"]
    assert "traceback" in failures[0]
    assert [message for message in pod.messages() if "failed to start, stopping the parent" in message]
