"""What Prometheus, the kubelet and a reader of the log get."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from components.canary.program.endpoint import serve
from components.canary.program.series import Series
from components.canary.program_files import MODULE, sources
from tests.unit.canary.counterpart import UPLOAD
from tests.unit.canary.trial import STEPS, Canary

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.canary.counterpart import Counterpart
    from tests.unit.canary.trial import Told


def test_all_series_exist_before_the_first_round_and_no_others() -> None:
    steps = {frozenset({("step", step)}) for step in STEPS}
    samples = Canary("http://mlflow").samples()

    assert samples["mlflow_canary_steps_total"] == {
        frozenset({("step", step), ("outcome", outcome)}) for step in STEPS for outcome in ("success", "failure")
    }
    buckets = {dict(labels)["le"] for labels in samples.pop("mlflow_canary_step_duration_seconds_bucket")}
    assert buckets == {"0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "+Inf"}
    assert samples["mlflow_canary_last_success_timestamp_seconds"] == steps
    assert samples["mlflow_canary_step_duration_seconds_count"] == steps
    assert set(samples) == {
        "mlflow_canary_steps_total",
        "mlflow_canary_step_duration_seconds_count",
        "mlflow_canary_step_duration_seconds_sum",
        "mlflow_canary_last_success_timestamp_seconds",
        "mlflow_canary_rounds_total",
        "mlflow_canary_last_round_timestamp_seconds",
    }


def test_failures_have_a_duration_too_and_leave_the_last_success_where_it_was(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    mlflow.fail(UPLOAD)

    canary.rounds.once()

    assert canary.value("mlflow_canary_step_duration_seconds_count", step="artifact_upload") == 1
    assert canary.value("mlflow_canary_last_success_timestamp_seconds", step="artifact_upload") == 0
    assert canary.value("mlflow_canary_last_success_timestamp_seconds", step="database") == 1000
    assert canary.value("mlflow_canary_last_round_timestamp_seconds") == 1000


def test_the_endpoint_tells_numbers_and_whether_the_rounds_go_on() -> None:
    alive = [True]
    server = serve("127.0.0.1", 0, Series(["database"]).registry, lambda: alive[0])
    url = f"http://127.0.0.1:{server.server_address[1]}"

    numbers = requests.get(f"{url}/metrics", timeout=5)
    assert numbers.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'mlflow_canary_steps_total{outcome="failure",step="database"} 0.0' in numbers.text
    assert requests.get(f"{url}/healthz", timeout=5).status_code == 200
    assert requests.get(f"{url}/other", timeout=5).status_code == 404
    alive[0] = False
    assert requests.get(f"{url}/healthz", timeout=5).status_code == 503
    server.shutdown()
    server.server_close()


def test_log_lines_are_json_with_time_level_step_duration_and_the_id_that_the_server_got(
    mlflow: Counterpart, told: Told
) -> None:
    Canary(mlflow.url).rounds.once()

    lines = told()
    assert [line["step"] for line in lines] == list(STEPS)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    assert {(line["level"], line["message"]) for line in lines} == {("info", "step succeeded")}
    assert all(isinstance(line["duration"], float) for line in lines)
    assert {line["round"] for line in lines} == {seen.request_id for seen in mlflow.seen}


@pytest.mark.parametrize(
    "text",
    [
        "no route to postgresql+psycopg2://mlflow:correct-horse@postgres:5432/mlflow",
        "GET https://minio/bucket/file?X-Amz-Signature=correct-horse&X-Amz-Date=1 failed",
        'login with {"password": "correct-horse"}',
        "Authorization: Bearer correct-horse",
        "aws_secret_access_key\npassword=correct-horse",
    ],
)
def test_a_failure_is_told_in_one_line_without_what_opens_a_door(text: str, mlflow: Counterpart, told: Told) -> None:
    mlflow.fail(UPLOAD, 500, text)

    Canary(mlflow.url).rounds.once()

    (line,) = [line for line in told() if line["level"] == "error"]
    assert line["error"].startswith("Refused: answered 500: ")
    assert "correct-horse" not in json.dumps(line)
    assert "\n" not in line["error"]


def test_a_long_error_is_cut(mlflow: Counterpart, told: Told) -> None:
    mlflow.fail(UPLOAD, 500, "page " * 10_000)

    Canary(mlflow.url).rounds.once()

    assert max(len(line.get("error", "")) for line in told()) == 400


def test_the_process_works_without_this_project_and_ends_when_told_to(mlflow: Counterpart, tmp_path: Path) -> None:
    for path, text in sources().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    mlflow.fail("GET /health", 200)
    process = subprocess.Popen(
        [
            sys.executable, "-m", MODULE, f"--server-url={mlflow.url}", "--interval=60",
            "--listen=127.0.0.1", "--port=0", f"--public-url={mlflow.url}/health", "--public-status", "200", "302",
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}, cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    lines = [json.loads(process.stdout.readline()) for _ in range(6)]
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=10)

    assert [line["message"] for line in lines] == ["started", *["step succeeded"] * 5]
    assert [line.get("step") for line in lines[1:]] == [*STEPS, "public_route"]
    assert json.loads(rest)["signal"] == "SIGTERM"
    assert process.returncode == 0
