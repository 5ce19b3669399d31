"""The client of DolphinScheduler's tasks against a real server: what is logged, registered, found and compared."""

from __future__ import annotations

import signal
import uuid
from typing import TYPE_CHECKING, Any

import mlflow
import pytest
from mlflow_client import (
    ConfigurationError,
    MLFlowClient,
    NotFoundError,
    RefusedError,
    declare_context,
    setup_mlflow_for_dolphinscheduler,
)

from tests.dolphinscheduler.losing_proxy import losing_proxy
from tests.dolphinscheduler.process_state import clean_process

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")


def test_the_setup_of_the_mission_returns_a_client_that_tags_its_runs(mlflow_server: str) -> None:
    declare_context(workflow_instance_id="4711")
    client = setup_mlflow_for_dolphinscheduler(
        experiment_name="my_experiment", tags={"task": "training"}, tracking_uri=mlflow_server
    )
    with client.start_run("first") as run:
        client.log_params({"rate": 0.1, "depth": 3})
        client.log_metrics({"loss": 0.5, "auc": 0.9}, step=2)
    read = client.tracking.get_run(run.info.run_id)
    assert mlflow.get_experiment(read.info.experiment_id).name == "my_experiment"
    assert (read.info.status, read.info.run_name) == ("FINISHED", "first")
    assert read.data.params == {"rate": "0.1", "depth": "3"}
    assert read.data.metrics == {"loss": 0.5, "auc": 0.9}
    assert read.data.tags["task"] == "training"
    assert read.data.tags["dolphin.workflow_instance_id"] == "4711"


def test_mlflows_own_functions_use_the_same_run(client: MLFlowClient) -> None:
    with client.start_run() as run:
        mlflow.log_param("own", 1)
    assert client.tracking.get_run(run.info.run_id).data.params == {"own": "1"}


def test_a_run_costs_the_requests_of_mlflow_and_none_of_its_own(mlflow_server: str) -> None:
    with losing_proxy(mlflow_server) as proxy:
        client = MLFlowClient(proxy.url)
        client.set_experiment(f"client-{uuid.uuid4().hex}")
        proxy.asked.clear()
        with mlflow.start_run():
            pass
        plain, proxy.asked = proxy.asked, []
        with client.start_run():
            pass
        assert [path.partition("?")[0] for path in proxy.asked] == [path.partition("?")[0] for path in plain]


def test_more_than_a_request_holds_is_logged_in_several(mlflow_server: str) -> None:
    with losing_proxy(mlflow_server) as proxy:
        client = MLFlowClient(proxy.url, experiment_name=f"client-{uuid.uuid4().hex}")
        with client.start_run() as run:
            client.log_params({f"p{number}": number for number in range(250)})
            client.set_tags({f"t{number}": number for number in range(101)})
            client.log_metric_history("loss", [1.0] * 2001, first_step=5)
        assert proxy.count("log-batch") == 3 + 2 + 3
    direct = MLFlowClient(mlflow_server).tracking
    assert len(direct.get_run(run.info.run_id).data.params) == 250
    history = direct.get_metric_history(run.info.run_id, "loss")
    assert sorted(each.step for each in history) == list(range(5, 2006))


def test_a_loop_is_logged_in_few_requests_and_whole_even_when_it_fails(mlflow_server: str) -> None:
    with losing_proxy(mlflow_server) as proxy:
        client = MLFlowClient(proxy.url, experiment_name=f"client-{uuid.uuid4().hex}")
        run_id = client.create_run()

        def train() -> None:
            with client.metric_batch(run_id=run_id) as batch:
                for step in range(1200):
                    batch.log({"loss": 1 / (1100 - step)}, step=step)

        with pytest.raises(ZeroDivisionError):
            train()
        assert proxy.count("log-batch") == 2
        assert len(client.tracking.get_metric_history(run_id, "loss")) == 1100


def test_artifacts_go_up_and_come_down(client: MLFlowClient, tmp_path: Path) -> None:
    (tmp_path / "up" / "deep").mkdir(parents=True)
    (tmp_path / "up" / "deep" / "notes.txt").write_text("für alle")
    with client.start_run() as run:
        client.log_artifact(tmp_path / "up", "folder")
        client.log_artifact(tmp_path / "up" / "deep" / "notes.txt")
        client.log_text("text", "some.txt")
        client.log_dict({"a": 1}, "some.json")
        assert sorted(each.path for each in client.list_artifacts()) == ["folder", "notes.txt", "some.json", "some.txt"]
    down = client.download_artifact("folder/deep/notes.txt", tmp_path, run_id=run.info.run_id)
    assert down.read_text() == "für alle"


def test_a_file_that_is_not_there_is_told_before_anything_is_sent(client: MLFlowClient) -> None:
    with client.start_run(), pytest.raises(ConfigurationError, match=r"model\.bin cannot be logged, it is not there"):
        client.log_artifact("model.bin")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("bad"), "FAILED"),
        (SystemExit(1), "FAILED"),
        (SystemExit(0), "FINISHED"),
        (KeyboardInterrupt(), "KILLED"),
    ],
)
def test_a_run_ends_as_what_became_of_its_block(client: MLFlowClient, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), client.start_run() as run:
        raise error
    assert client.tracking.get_run(run.info.run_id).info.status == status
    assert mlflow.active_run() is None


def test_a_handler_of_the_tasks_own_stays(client: MLFlowClient) -> None:
    handler = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with client.start_run():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, handler)


def test_a_run_that_the_block_ends_itself_keeps_its_status(client: MLFlowClient) -> None:
    with client.start_run() as run:
        mlflow.end_run("KILLED")
    assert client.tracking.get_run(run.info.run_id).info.status == "KILLED"


def test_the_tasks_own_error_is_not_hidden_by_a_server_that_went_away(mlflow_server: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with losing_proxy(mlflow_server) as proxy:
        client = MLFlowClient(proxy.url, experiment_name=f"client-{uuid.uuid4().hex}")
        client.set_experiment(client._experiment_name)
        proxy.refused["runs/update"] = 100
        with pytest.raises(ValueError, match="no data"), client.start_run():
            raise ValueError("no data")


def test_without_a_run_it_is_said_how_to_have_one(client: MLFlowClient) -> None:
    with pytest.raises(ConfigurationError, match=r"no run is active: do this inside `with client\.start_run"):
        client.log_metric("loss", 1)


def test_unnamed_runs_of_one_task_are_resumed_in_their_order(mlflow_server: str) -> None:
    context = {"workflow_instance_id": uuid.uuid4().hex, "task_definition_code": "1", "task_instance_id": "5"}

    def attempt(number: int) -> list[str]:
        client = MLFlowClient(
            mlflow_server,
            experiment_name="resumed",
            on_retry="resume",
            context={**context, "task_instance_id": str(number)},
        )
        made = []
        for _ in range(2):
            with client.start_run() as run, client.start_run("child", nested=True) as child:
                made += [run.info.run_id, child.info.run_id]
        return made

    first = attempt(5)
    assert len(set(first)) == 4
    assert attempt(6) == first
    assert MLFlowClient(mlflow_server).tracking.get_run(first[0]).data.tags["dolphin.retry_number"] == "1"
    attempt(7)
    assert MLFlowClient(mlflow_server).tracking.get_run(first[0]).data.tags["dolphin.retry_number"] == "2"


def test_a_retry_number_that_is_none_is_counted_anew(mlflow_server: str) -> None:
    context = {"workflow_instance_id": uuid.uuid4().hex, "task_definition_code": "1"}
    client = MLFlowClient(mlflow_server, experiment_name="resumed", context=context)
    run_id = client.create_run(tags={"dolphin.retry_number": "many"})
    with client.start_run(on_retry="resume") as run:
        assert run.info.run_id == run_id
    assert client.tracking.get_run(run_id).data.tags["dolphin.retry_number"] == "1"


def test_a_retried_task_starts_a_new_run_where_that_is_wanted(mlflow_server: str) -> None:
    context = {"workflow_instance_id": uuid.uuid4().hex, "task_definition_code": "1"}
    for _ in range(2):
        client = MLFlowClient(mlflow_server, experiment_name="new", context=context)
        with client.start_run():
            pass
    assert len(client.runs_of_workflow()) == 2


@pytest.mark.parametrize(
    ("context", "missing"),
    [({"task_definition_code": "1"}, "workflow instance"), ({"workflow_instance_id": "1"}, "own name")],
)
def test_resume_says_what_it_does_not_know_and_how_to_tell_it(
    mlflow_server: str, context: dict[str, str], missing: str
) -> None:
    client = MLFlowClient(mlflow_server, experiment_name="resumed", on_retry="resume", context=context)
    with (
        pytest.raises(ConfigurationError, match=f"does not know its {missing}: tell it by declare_context"),
        client.start_run(),
    ):
        pass


def test_a_parameter_that_changes_is_told_with_the_cure(client: MLFlowClient) -> None:
    with client.start_run(params={"depth": 1}) as run:
        client.log_param("depth", 1)
        with pytest.raises(
            RefusedError, match=f"logging parameters of run {run.info.run_id}: .*a parameter of a run is written once"
        ):
            client.log_param("depth", 2)


def test_a_deleted_experiment_is_told_with_the_cure(client: MLFlowClient) -> None:
    client.tracking.delete_experiment(client.experiment_id)
    with pytest.raises(RefusedError, match=r"setting experiment 'client-.*restore it in MLflow, or use another name"):
        client.set_experiment(client._experiment_name)


def test_a_run_or_experiment_that_is_not_there_is_told(client: MLFlowClient) -> None:
    with pytest.raises(NotFoundError, match=r"reading run 0123456789abcdef0123456789abcdef: .*on this server"):
        client.compare_runs(["0123456789abcdef0123456789abcdef"])
    with pytest.raises(NotFoundError, match="finding experiment 'none': there is none of this name"):
        client.search_runs(experiment_names=["none"])


def test_without_an_address_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(
        ConfigurationError, match="MLFLOW_TRACKING_URI is not set, and runs would be lost in the worker"
    ):
        MLFlowClient()


def test_an_address_that_nobody_has_replaced_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="which DolphinScheduler has not replaced: give the address"):
        MLFlowClient("${mlflow_uri}")


def test_an_option_that_is_none_is_refused(mlflow_server: str) -> None:
    with pytest.raises(ConfigurationError, match="on_retry is 'again': give one of new, resume"):
        MLFlowClient(mlflow_server, on_retry="again")  # type: ignore[arg-type]


def test_without_an_experiment_it_is_said_how_to_name_one(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pytest.raises(
            ConfigurationError, match="no experiment is named: give experiment_name, set MLFLOW_EXPERIMENT_NAME"
        ),
        MLFlowClient(mlflow_server).start_run(),
    ):
        pass
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "from the environment")
    assert MLFlowClient(mlflow_server).create_run()


def test_a_text_that_the_search_cannot_say_is_refused(client: MLFlowClient) -> None:
    with pytest.raises(ConfigurationError, match="has both kinds of quotes"):
        client.runs_of_workflow("'\"")
    assert client.runs_of_workflow("o'clock") == []
