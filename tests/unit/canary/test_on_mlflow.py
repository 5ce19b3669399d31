"""The canary on MLflow's own server, with SQLite and a folder: what it leaves behind, and what it notices."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from tests.unit.canary.trial import STEPS, Canary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 120
RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass
class Server:
    """One `mlflow server`, which can be stopped and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        settings = {
            "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{self.folder}/mlflow.db",
            "MLFLOW_ARTIFACTS_DESTINATION": str(self.folder / "artifacts"),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_ENABLE_AI_GATEWAY": "false",
        }
        with (self.folder / "server.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", "--host=127.0.0.1", f"--port={self.port}", "--workers=1"],
                cwd=self.folder, env={**os.environ, **settings}, stdout=output, stderr=output,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < end, "MLflow did not start"
            time.sleep(0.2)

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        self.process.wait(timeout=30)

    def rows(self) -> dict[str, int]:
        """Rows of every table."""
        with closing(sqlite3.connect(f"file:{self.folder}/mlflow.db?mode=ro", uri=True)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names it told
                for name in tables
            }

    def files(self) -> list[Path]:
        return [path for path in (self.folder / "artifacts").rglob("*") if path.is_file()]

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = Server(folder=tmp_path_factory.mktemp("mlflow"), port=port)
    running.start()
    yield running
    running.stop()


def requests_of(sent: list[requests.PreparedRequest]) -> list[str]:
    """Method and path of each, whatever the run, the experiment and the file."""
    paths = [f"{each.method} {urlsplit(each.url or '').path}" for each in sent]
    return [re.sub(r"/artifacts/\d+/RUN/.*", "/artifacts/FILE", RUN_ID.sub("RUN", path)) for path in paths]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[requests.PreparedRequest]:
    """Requests that leave this process."""
    seen: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def spy(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        seen.append(request)
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", spy)
    return seen


def test_every_step_succeeds_and_no_table_grows_after_the_first_round(server: Server) -> None:
    canary = Canary(server.url, files=3, seconds=30)
    canary.rounds.once()
    after_the_first = server.rows()

    for _ in range(10):
        canary.rounds.once()

    assert canary.outcomes() == dict.fromkeys(STEPS, (11, 0))
    assert server.rows() == after_the_first
    assert after_the_first["runs"] == after_the_first["metrics"] == after_the_first["params"] == 1
    assert len(server.files()) == 3


def test_another_canary_adds_nothing_to_what_the_first_has_made(server: Server) -> None:
    Canary(server.url, files=3, seconds=30).rounds.once()
    before = server.rows()
    first, second = Canary(server.url, files=3, seconds=30), Canary(server.url, files=3, seconds=30)

    for _ in range(3):
        first.rounds.once()
        second.rounds.once()

    assert first.outcomes() == second.outcomes() == dict.fromkeys(STEPS, (3, 0))
    assert server.rows() == before


def test_it_sends_the_requests_that_mlflows_client_sends(
    server: Server, sent: list[requests.PreparedRequest], tmp_path: Path
) -> None:
    canary = Canary(server.url, files=3, seconds=30)
    canary.rounds.once()
    sent.clear()
    canary.rounds.once()
    of_the_canary = requests_of(sent)
    sent.clear()
    (tmp_path / "a.bin").write_bytes(b"content")

    client = MlflowClient(server.url)
    experiment = client.get_experiment_by_name("mlflow-canary")
    assert experiment
    run_id = client.search_runs([experiment.experiment_id])[0].info.run_id
    sent.clear()
    client.get_experiment_by_name("mlflow-canary")
    client.log_batch(run_id, [Metric("alive", 1.0, 1, 0)], [Param("purpose", "mlflow-canary")], [RunTag("a", "b")])
    client.get_run(run_id)
    client.set_terminated(run_id)
    client.log_artifact(run_id, str(tmp_path / "a.bin"), "rounds")
    client.download_artifacts(run_id, "rounds/a.bin", str(tmp_path))
    client.search_runs([experiment.experiment_id], "metrics.alive > 0", max_results=1)

    remaining = iter(requests_of(sent))
    assert [each for each in of_the_canary if each not in remaining] == []


def test_what_somebody_deleted_is_restored(server: Server) -> None:
    canary = Canary(server.url, files=3, seconds=30)
    canary.rounds.once()
    before = server.rows()
    client = MlflowClient(server.url)
    experiment = client.get_experiment_by_name("mlflow-canary")
    assert experiment
    (run,) = client.search_runs([experiment.experiment_id])

    client.delete_experiment(experiment.experiment_id)
    canary.rounds.once()
    client.delete_run(run.info.run_id)
    canary.rounds.once()
    canary.rounds.once()

    assert canary.outcomes()["database"] == (3, 1)
    assert [each.info.run_id for each in client.search_runs([experiment.experiment_id])] == [run.info.run_id]
    assert server.rows() == before


def test_a_server_that_dies_is_noticed_and_so_is_its_return(server: Server) -> None:
    canary = Canary(server.url, files=3, seconds=30)
    canary.rounds.once()
    server.stop()
    canary.rounds.once()
    assert canary.outcomes() == dict.fromkeys(STEPS, (1, 1))

    server.start()
    canary.rounds.once()

    assert canary.outcomes() == dict.fromkeys(STEPS, (2, 1))
