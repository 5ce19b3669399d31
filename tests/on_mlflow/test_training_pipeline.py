"""The steps of the pipeline against a server of MLflow on this machine."""

from __future__ import annotations

import re
import uuid
from contextlib import nullcontext
from typing import TYPE_CHECKING

import mlflow
import numpy as np
import pytest
from mlflow.entities import LoggedModelOutput
from mlflow_client import MLFlowClient

from training_pipeline import command_line, data, proof, registry, serving
from training_pipeline.errors import PipelineError
from training_pipeline.training import Settings, train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.entities.model_registry import ModelVersion

EXPERIMENT = "training-pipeline-test"
WEAK, GOOD, BEST = 1, 2, 5
"""Principal components; ROC AUC on the rows held out is 0.982, 0.993 and 1.000."""


@pytest.fixture(scope="module")
def client(mlflow_server: str) -> Iterator[MLFlowClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        patch.setenv("MLFLOW_EXPERIMENT_ID", "")
        before = mlflow.get_tracking_uri()
        yield MLFlowClient(mlflow_server, experiment_name=EXPERIMENT)
        mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def runs(client: MLFlowClient) -> dict[int, str]:
    """Runs that the tests share, by the components of their models."""
    return {components: trained(client, components) for components in (WEAK, GOOD, BEST)}


@pytest.fixture
def name() -> str:
    """Of a registered model that no other test knows."""
    return f"model-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes this process a task of DolphinScheduler; its workflow instance."""
    instance = uuid.uuid4().hex
    monkeypatch.setenv("DS_WORKFLOW_INSTANCE_ID", instance)
    return instance


def trained(client: MLFlowClient, components: int) -> str:
    """Trains as a process of its own would; the run's id."""
    own = MLFlowClient(client.tracking_uri, experiment_name=EXPERIMENT)
    return train(own, Settings(components=components, regularization=1.0))


def offered(client: MLFlowClient, name: str, run_id: str, *options: str) -> int:
    """Registers and offers for promotion, as the commands do it; the exit code of the latter."""
    version = registry.register(client, name, run_id)
    return command_line.main(["promote", f"--model-name={name}", f"--model-version={version}", *options])


def version_of(client: MLFlowClient, name: str, number: int) -> ModelVersion:
    return client.tracking.get_model_version(name, str(number))


def test_a_run_holds_what_the_model_came_from_and_what_it_shows(client: MLFlowClient, runs: dict[int, str]) -> None:
    run = client.tracking.get_run(runs[GOOD])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"components": "2", "regularization": "1.0"}
    assert run.data.metrics["held_out_roc_auc"] == pytest.approx(0.9928, abs=1e-4)
    assert run.data.metrics["training_accuracy"] > 0.9
    assert run.inputs is not None
    inputs = {each.dataset.name: each.tags[0].value for each in run.inputs.dataset_inputs}
    assert inputs == {
        "breast-cancer-wisconsin-training": "training",
        "breast-cancer-wisconsin-held-out": "evaluation",
    }


def test_a_model_tells_what_it_takes_and_what_it_needs(client: MLFlowClient, runs: dict[int, str], name: str) -> None:
    registry.register(client, name, runs[GOOD])
    loaded = mlflow.pyfunc.load_model(f"models:/{name}/1")
    assert loaded.metadata.get_input_schema().input_names() == list(data.load().training.features.columns)
    needs = mlflow.pyfunc.get_model_dependencies(f"models:/{name}/1")
    with open(needs) as file:  # noqa: PTH123 - MLflow's own path
        assert re.search(r"^scikit-learn==[\d.]+$", file.read(), re.MULTILINE)


def test_the_first_version_that_is_good_enough_is_the_champion(
    client: MLFlowClient, runs: dict[int, str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offered(client, name, runs[GOOD]) == 0
    assert "outcome=promoted\n" in capsys.readouterr().out
    assert registry.aliases(client, name) == {"champion": "1"}
    version = version_of(client, name, 1)
    assert version.run_id == runs[GOOD]
    assert version.tags["gate.metric"] == "roc_auc"
    assert float(version.tags["gate.value"]) == client.tracking.get_run(runs[GOOD]).data.metrics["held_out_roc_auc"]
    assert version.tags["gate.reason"] == "roc_auc is 0.9928, and there is no champion"


def test_a_version_below_the_threshold_is_held_even_where_there_is_no_champion(
    client: MLFlowClient, runs: dict[int, str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offered(client, name, runs[WEAK], "--threshold=0.99") == 0
    assert "outcome=held\n" in capsys.readouterr().out
    assert registry.aliases(client, name) == {"challenger": "1"}
    assert version_of(client, name, 1).tags["gate.outcome"] == "held"
    assert command_line.main(["serve-once", f"--model-name={name}"]) == 1
    assert f"no version of {name} is the champion; let a version pass the gate" in capsys.readouterr().err


def test_a_better_version_takes_the_place_of_the_champion(
    client: MLFlowClient, runs: dict[int, str], name: str
) -> None:
    offered(client, name, runs[GOOD])
    assert offered(client, name, runs[BEST]) == 0
    assert registry.aliases(client, name) == {"champion": "2"}
    tags = version_of(client, name, 2).tags
    assert tags["gate.champion_version"] == "1"
    assert tags["gate.champion_value"] == version_of(client, name, 1).tags["gate.value"]


def test_a_worse_version_stays_the_challenger_and_may_end_the_workflow(
    client: MLFlowClient, runs: dict[int, str], name: str
) -> None:
    offered(client, name, runs[GOOD])
    assert offered(client, name, runs[WEAK], "--fail-if-held") == command_line.HELD
    assert registry.aliases(client, name) == {"champion": "1", "challenger": "2"}


def test_better_by_less_than_the_margin_is_held(client: MLFlowClient, runs: dict[int, str], name: str) -> None:
    offered(client, name, runs[GOOD])
    offered(client, name, runs[BEST], "--margin=0.01")
    assert registry.aliases(client, name) == {"champion": "1", "challenger": "2"}
    assert "and the margin of 0.01" in version_of(client, name, 2).tags["gate.reason"]


def test_another_metric_decides_where_it_is_asked_for(client: MLFlowClient, runs: dict[int, str], name: str) -> None:
    offered(client, name, runs[GOOD], "--metric=accuracy", "--threshold=0.96")
    assert version_of(client, name, 1).tags["gate.reason"] == "accuracy is 0.9548, below the threshold of 0.96"


def test_the_same_again_makes_nothing_new(client: MLFlowClient, runs: dict[int, str], name: str) -> None:
    for _ in range(2):
        offered(client, name, runs[GOOD])
    assert [version.version for version in client.model_versions(name)] == ["1"]
    assert registry.aliases(client, name) == {"champion": "1"}


def test_a_promotion_that_was_cut_off_is_made_up_for(client: MLFlowClient, runs: dict[int, str], name: str) -> None:
    offered(client, name, runs[GOOD])
    client.set_alias(name, registry.CHALLENGER, "1")  # what is left when it ends between its last two steps
    offered(client, name, runs[GOOD])
    assert registry.aliases(client, name) == {"champion": "1"}


def test_a_retried_training_hands_on_the_run_of_the_last_attempt(client: MLFlowClient, task: str) -> None:
    first = trained(client, WEAK)
    assert trained(client, WEAK) == first
    (run,) = client.search_runs(f"tags.`dolphin.workflow_instance_id` = '{task}'")
    assert run.info.run_id == first
    assert run.outputs is not None
    assert len(run.outputs.model_outputs) == 1


@pytest.mark.usefixtures("task")
def test_a_model_that_an_attempt_left_half_uploaded_is_trained_again(client: MLFlowClient) -> None:
    with client.start_run("train", tags={"task": "train"}, on_retry="resume") as run:
        half = client.tracking.create_logged_model(client.experiment_id, "model", source_run_id=run.info.run_id)
        client.tracking.log_outputs(run.info.run_id, [LoggedModelOutput(half.model_id, step=0)])
    run_id = trained(client, WEAK)
    assert run_id == run.info.run_id
    name = f"model-{uuid.uuid4().hex[:8]}"
    registry.register(client, name, run_id)
    assert registry.predict(name, "1", data.load().held_out).shape == (155, 2)


@pytest.mark.usefixtures("task")
def test_in_a_task_of_dolphinscheduler_results_are_its_parameters(
    client: MLFlowClient, runs: dict[int, str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    offered(client, name, runs[GOOD])
    assert "${setValue(outcome=promoted)}\n" in capsys.readouterr().out


def test_a_run_without_a_model_is_told(client: MLFlowClient, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    empty = client.create_run("empty")
    assert command_line.main(["register", f"--run-id={empty}", f"--model-name={name}"]) == 1
    assert f"--run-id: run {empty} has no model; give the run_id that the step train" in capsys.readouterr().err


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    "words",
    ["register --run-id=nobody", "promote --model-version=1 --model-name=nobody", "serve-once --model-name=nobody"],
)
def test_what_the_server_does_not_have_is_told(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(words.split()) == 1
    assert "not found; check the name or id, and that it is on this server" in capsys.readouterr().err


def test_a_champion_that_shows_something_else_than_the_gate_has_seen_is_told(
    client: MLFlowClient, runs: dict[int, str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    offered(client, name, runs[GOOD])
    client.tracking.set_model_version_tag(name, "1", "gate.value", "0.5")
    assert command_line.main(["serve-once", f"--model-name={name}"]) == 1
    assert "shows roc_auc 0.992807, and the gate has seen 0.500000; look for other" in capsys.readouterr().err


def test_a_server_that_says_something_else_than_the_champion_is_told(
    client: MLFlowClient, runs: dict[int, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(client, name, runs[GOOD])
    monkeypatch.setattr(serving, "serving", lambda *_: nullcontext(""))
    monkeypatch.setattr(serving, "predict", lambda *_: np.full((155, 2), 0.5))
    with pytest.raises(PipelineError, match=f"says something else than version 1 of {name} does; look whether"):
        proof.serve_once(client, name)


def test_a_champion_that_came_by_no_gate_is_served_and_that_is_told(
    client: MLFlowClient, runs: dict[int, str], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    registry.register(client, name, runs[WEAK])
    client.set_alias(name, registry.CHAMPION, "1")
    assert proof.serve_once(client, name) == "1"
    assert f"version 1 of {name} became the champion without the gate" in caplog.text


def test_rows_that_the_model_does_not_take_are_refused_with_the_reason(
    client: MLFlowClient, runs: dict[int, str], name: str
) -> None:
    registry.register(client, name, runs[GOOD])
    with serving.serving(f"models:/{name}@challenger", client.tracking_uri) as url:
        some = data.load().held_out.features
        assert np.array_equal(serving.predict(url, some), registry.predict(name, "1", data.load().held_out))
        with pytest.raises(
            PipelineError, match=r"answers with status 400: .*mean area.*; compare the model's signature"
        ):
            serving.predict(url, some.drop(columns="mean area"))


def test_a_server_that_does_not_come_up_is_told_with_the_end_of_its_log(client: MLFlowClient, name: str) -> None:
    with (
        pytest.raises(PipelineError, match=rf"(?s)did not come up; its log ends with:.*{name}"),
        serving.serving(f"models:/{name}@champion", client.tracking_uri),
    ):
        pytest.fail("it serves what is not there")
