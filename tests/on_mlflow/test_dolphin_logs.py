"""The client of DolphinScheduler's tasks against a real server: what it tells in a task's log, and how."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from mlflow_client import (
    MLFlowClient,
    configure_logging,
    declare_context,
    setup_mlflow_for_dolphinscheduler,
)
from mlflow_client.logs import LOGGER

from tests.dolphinscheduler.process_state import clean_process

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")


def test_events_are_json_lines_with_their_facts(client: MLFlowClient) -> None:
    declare_context(workflow_instance_id="9")
    stream = StringIO()
    configure_logging(stream=stream)
    configure_logging(stream=StringIO())
    with client.start_run() as run:
        pass
    started, ended = (json.loads(line) for line in stream.getvalue().splitlines())
    assert started["message"] == "run started"
    assert ended["message"] == "run ended as FINISHED"
    for line in (started, ended):
        assert line["run_id"] == run.info.run_id
        assert line["workflow_instance_id"] == "9"
        assert line["level"] == "info"
        assert line["time"].endswith("Z")


def test_an_error_in_the_log_has_its_trace() -> None:
    stream = StringIO()
    configure_logging(stream=stream)
    LOGGER.error("it failed", exc_info=ValueError("no data"))
    line = json.loads(stream.getvalue())
    assert line["level"] == "error"
    assert "ValueError: no data" in line["error"]


def test_standard_output_is_left_to_the_results_of_the_task(
    mlflow_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client = setup_mlflow_for_dolphinscheduler("logged", tracking_uri=mlflow_server)
    client.end_run(client.create_run())
    printed = capsys.readouterr()
    assert '"message": "run created"' in printed.err
    assert '"message"' not in printed.out
