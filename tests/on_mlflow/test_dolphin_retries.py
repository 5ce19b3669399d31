"""Nothing is created twice, however often the answer is lost; against a real server."""

from __future__ import annotations

import logging
import os
import threading
import uuid
from typing import TYPE_CHECKING

import pytest
import requests
from mlflow_client import ConfigurationError, MLFlowClient, RetryPolicy, ServerUnreachableError
from mlflow_client.retries import MAX_RETRIES, create_once
from mlflow_client.tags import REQUEST_ID

from tests.dolphinscheduler.losing_proxy import LosingProxy, losing_proxy
from tests.dolphinscheduler.process_state import clean_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")

SOON = RetryPolicy(attempts=4, first_wait_seconds=0.01, longest_wait_seconds=0.02)
CREATE = "runs/create"


@pytest.fixture
def proxy(mlflow_server: str) -> Iterator[LosingProxy]:
    with losing_proxy(mlflow_server) as made:
        yield made


@pytest.fixture
def client(proxy: LosingProxy) -> MLFlowClient:
    made = MLFlowClient(proxy.url, experiment_name=f"retries-{uuid.uuid4().hex}", retry=SOON)
    made.set_experiment(made._experiment_name)
    return made


def names(client: MLFlowClient) -> list[str]:
    return [str(run.info.run_name) for run in client.search_runs()]


@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_answer_starts_no_second_run(client: MLFlowClient, proxy: LosingProxy, times: int) -> None:
    proxy.lost[CREATE] = times
    with client.start_run("only") as run:
        client.log_metric("loss", 0.5)
    assert names(client) == ["only"]
    assert client.tracking.get_run(run.info.run_id).info.status == "FINISHED"
    assert proxy.count(CREATE) == 1


def test_nor_does_it_for_a_run_of_the_low_level_client(client: MLFlowClient, proxy: LosingProxy) -> None:
    proxy.lost[CREATE] = 1
    run_id = client.create_run("only")
    assert [run.info.run_id for run in client.search_runs()] == [run_id]


def test_a_nested_run_whose_answer_is_lost_is_below_its_parent(client: MLFlowClient, proxy: LosingProxy) -> None:
    with client.start_run("parent") as parent:
        proxy.lost[CREATE] = 1
        with client.start_run("child", nested=True) as child:
            assert client.tracking.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert sorted(names(client)) == ["child", "parent"]


def test_a_server_that_is_away_for_a_moment_is_asked_again(
    client: MLFlowClient, proxy: LosingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    proxy.refused[CREATE] = 2
    with client.start_run("only"):
        pass
    assert names(client) == ["only"]
    assert proxy.count(CREATE) == 3
    assert caplog.messages.count("creating a run again") == 2


def test_one_that_stays_away_is_an_error_after_the_last_attempt(client: MLFlowClient, proxy: LosingProxy) -> None:
    proxy.refused[CREATE] = 100
    with pytest.raises(ServerUnreachableError, match=r"starting a run in experiment .*check MLFLOW_TRACKING_URI"):
        client.start_run().__enter__()
    assert proxy.count(CREATE) == SOON.attempts


def test_a_lost_answer_registers_no_second_version(client: MLFlowClient, proxy: LosingProxy, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    model = f"model-{uuid.uuid4().hex}"
    with client.start_run():
        client.log_artifact(tmp_path, "model")
        proxy.lost["model-versions/create"] = 1
        version = client.register_model(model)
    assert [each.version for each in client.model_versions(model)] == [version.version]


def test_metrics_of_a_lost_answer_are_logged_once(client: MLFlowClient, proxy: LosingProxy) -> None:
    with client.start_run() as run:
        proxy.lost["log-batch"] = 1
        client.log_metric_history("loss", [0.5, 0.25])
    assert [each.value for each in client.tracking.get_metric_history(run.info.run_id, "loss")] == [0.5, 0.25]


def test_a_run_that_was_slow_to_appear_is_taken_back() -> None:
    kept, late = "kept", "late"
    created: list[str] = []
    discarded: list[str] = []

    def create() -> str:
        created.append(kept if created else late)
        if created == [late]:
            raise requests.ConnectionError
        return kept

    def find() -> list[str]:
        return [late, kept] if kept in created else []

    assert create_once("a run", create, find, discarded.append, SOON) == kept
    assert discarded == [late]


def test_the_request_is_marked_with_a_tag_of_its_own(client: MLFlowClient) -> None:
    for _ in range(2):
        with client.start_run():
            pass
    assert len({run.data.tags[REQUEST_ID] for run in client.search_runs()}) == 2


def test_mlflows_own_repetitions_are_as_before_once_something_is_created(
    client: MLFlowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MAX_RETRIES, "3")
    with client.start_run():
        assert os.environ[MAX_RETRIES] == "3"


def test_threads_create_a_run_each(client: MLFlowClient, proxy: LosingProxy) -> None:
    proxy.lost[CREATE] = 2
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(client.create_run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.info.run_id for run in client.search_runs()) == sorted(made)
    assert len(made) == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"attempts": 0}, "attempts is 0, and the first one counts: give 1 or more"),
        ({"first_wait_seconds": -1}, "first_wait_seconds is -1: give 0 to longest_wait_seconds"),
        ({"first_wait_seconds": 60}, "first_wait_seconds is 60: give 0 to longest_wait_seconds \\(30.0\\)"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        RetryPolicy(**given)  # type: ignore[arg-type]


def test_the_wait_doubles_up_to_the_longest() -> None:
    policy = RetryPolicy(first_wait_seconds=1, longest_wait_seconds=5)
    for attempt, longest in enumerate((1, 2, 4, 5, 5), start=1):
        assert longest / 2 <= policy.wait_seconds(attempt) <= longest
