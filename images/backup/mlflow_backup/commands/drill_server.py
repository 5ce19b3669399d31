"""Starts an MLflow server on what a drill has restored, and asks it for experiments and runs.

The command is a template: `{service}` and `{database}` are for the address of the database, `{bucket}` and `{prefix}`
for that of the artifacts, `{port}` is where it is to listen. For example:

    mlflow server --host 127.0.0.1 --port {port} --workers 1
        --backend-store-uri postgresql+psycopg2:///{database}?service={service}
        --artifacts-destination s3://{bucket}/{prefix}

It finds the key to the bucket in the files that AWS's own variables name. This program's image has no MLflow: the drill
that is to start one runs in an image that has both.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from mlflow_backup.database.session import connected
from mlflow_backup.failures import BackupError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlflow_backup.settings import RestoreSettings

_START_SECONDS = 180.0
_ANSWER_SECONDS = 30.0
_END_SECONDS = 15.0
_MOST = 1000
_LONGEST = 600


def ask_server(command: str, settings: RestoreSettings, database: str, prefix: str) -> dict[str, Any]:
    """Start the server, ask it, and end it.

    Raises:
        UsageError: The command cannot be read.
        BackupError: It does not start, or knows fewer experiments or runs than the database has.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    places = {"service": settings.service, "database": database, "bucket": settings.restored.bucket}
    try:
        words = [word.format(**places, prefix=prefix.rstrip("/"), port=port) for word in shlex.split(command)]
    except (KeyError, IndexError, ValueError) as error:
        raise UsageError(f"--server-command cannot be read: {error}") from error
    with _running(words, _surroundings(settings), port):
        told = _told(port)
    expected = _expected(settings.service, database)
    if told != expected:
        raise BackupError(f"MLflow tells of {told} on the restored database, which has {expected}", "different")
    return {"server": told}


def _told(port: int) -> dict[str, int]:
    experiments = _ask(port, "experiments/search", {"max_results": _MOST}).get("experiments", [])
    ids = [experiment["experiment_id"] for experiment in experiments]
    runs = _ask(port, "runs/search", {"experiment_ids": ids, "max_results": _MOST}).get("runs", []) if ids else []
    return {"experiments": len(experiments), "runs": len(runs)}


def _expected(service: str, database: str) -> dict[str, int]:
    active = "SELECT experiment_id FROM experiments WHERE lifecycle_stage = 'active'"
    with connected(service, database) as session:
        experiments = len(session.execute(active).fetchall())
        runs = session.execute(
            "SELECT count(*) FROM runs JOIN experiments USING (experiment_id)"
            " WHERE runs.lifecycle_stage = 'active' AND experiments.lifecycle_stage = 'active'"
        ).fetchone()
    return {"experiments": min(experiments, _MOST), "runs": min(runs[0] if runs else 0, _MOST)}


def _surroundings(settings: RestoreSettings) -> dict[str, str]:
    bucket = settings.restored
    environment = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": str(bucket.credentials_file)}
    environment |= {"AWS_DEFAULT_REGION": bucket.region, "AWS_EC2_METADATA_DISABLED": "true"}
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    if bucket.endpoint:
        environment["MLFLOW_S3_ENDPOINT_URL"] = bucket.endpoint
    if bucket.ca_file:
        environment["AWS_CA_BUNDLE"] = str(bucket.ca_file)
    return environment


@contextmanager
def _running(words: list[str], environment: Mapping[str, str], port: int) -> Iterator[None]:
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(words, env=dict(environment), stdout=said, stderr=said, start_new_session=True)
        except OSError as error:
            raise UsageError(f"--server-command: {words[0]!r} cannot be started: {error.strerror}") from error
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not _healthy(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    last = " ".join(said.read().decode(errors="replace").split())[-_LONGEST:]
                    raise BackupError(f"MLflow did not start on the restored database: {last}", "different")
                time.sleep(0.5)
            yield
        finally:
            _end(process)


def _healthy(port: int) -> bool:
    try:
        return _request(port, "GET", "/health", None)[0] == http.HTTPStatus.OK
    except OSError:
        return False


def _ask(port: int, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
    status, answer = 0, b""
    try:
        status, answer = _request(port, "POST", f"/api/2.0/mlflow/{path}", json.dumps(question))
        if status == http.HTTPStatus.OK:
            found: dict[str, Any] = json.loads(answer)
            return found
    except (OSError, ValueError) as error:
        answer = str(error).encode()
    said = answer.decode(errors="replace")[:_LONGEST]
    raise BackupError(f"MLflow on the restored database does not answer {path}: {status} {said}", "different")


def _request(port: int, method: str, path: str, body: str | None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with its workers, which are processes of its own session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            continue
