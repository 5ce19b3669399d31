"""What the canary makes, and that it makes it once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.canary.trial import STEPS, Canary

if TYPE_CHECKING:
    from tests.unit.canary.counterpart import Counterpart
    from tests.unit.canary.trial import Told


def test_a_hundred_rounds_log_one_metric_and_the_same_parameter_to_one_run(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)

    for _ in range(100):
        canary.rounds.once()

    batches = [seen.body for seen in mlflow.seen if seen.path.endswith("runs/log-batch")]
    assert (len(mlflow.experiments), len(mlflow.runs), len(batches)) == (1, 1, 100)
    assert [len(batch["metrics"]) for batch in batches] == [1] + [0] * 99
    assert len({json.dumps(batch["params"]) for batch in batches}) == 1
    assert {tag["key"] for batch in batches for tag in batch["tags"]} == {"mlflow-canary.round"}
    assert len({tag["value"] for batch in batches for tag in batch["tags"]}) == 100


def test_files_are_overwritten_in_turn(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url, files=4)

    for _ in range(8):
        canary.rounds.once()

    stored = [seen.path for seen in mlflow.seen if seen.method == "PUT"]
    assert len(mlflow.files) == 4
    assert stored[:4] == stored[4:]
    assert len(set(stored[:4])) == 4


def test_nothing_but_the_experiment_and_its_run_is_ever_made(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    for _ in range(3):
        canary.rounds.once()

    made = [path for path in mlflow.paths() if "create" in path]
    assert made == ["POST /api/2.0/mlflow/experiments/create", "POST /api/2.0/mlflow/runs/create"]
    assert not [path for path in mlflow.paths() if "delete" in path]


def test_the_experiment_says_what_it_is(mlflow: Counterpart) -> None:
    Canary(mlflow.url).rounds.once()

    (experiment,) = mlflow.experiments
    note = {tag["key"]: tag["value"] for tag in experiment["tags"]}["mlflow.note.content"]
    assert experiment["name"] == "mlflow-canary"
    assert note.startswith("Belongs to the platform's canary")


def test_a_new_pod_goes_on_with_the_same_run(mlflow: Counterpart) -> None:
    Canary(mlflow.url).rounds.once()
    another = Canary(mlflow.url)

    another.rounds.once()

    assert another.outcomes() == dict.fromkeys(STEPS, (1, 0))
    assert (len(mlflow.experiments), len(mlflow.runs)) == (1, 1)


def test_a_deleted_experiment_is_restored_at_once_and_the_log_says_so(mlflow: Counterpart, told: Told) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.experiments[0]["lifecycle_stage"] = "deleted"

    canary.rounds.once()

    assert canary.outcomes() == dict.fromkeys(STEPS, (2, 0))
    assert "the experiment had been deleted and is restored" in [line["message"] for line in told()]


def test_a_deleted_run_is_restored_by_the_round_after(mlflow: Counterpart, told: Told) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.runs[0]["info"]["lifecycle_stage"] = "deleted"

    canary.rounds.once()
    canary.rounds.once()

    assert canary.outcomes()["database"] == (2, 1)
    assert "the run had been deleted and is restored" in [line["message"] for line in told()]
    assert len(mlflow.runs) == 1


def test_an_experiment_that_is_gone_for_good_is_made_anew(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.experiments[0]["name"] = "somebody else's"

    canary.rounds.once()

    assert canary.outcomes() == dict.fromkeys(STEPS, (2, 0))
    assert [run["info"]["experiment_id"] for run in mlflow.runs] == ["1", "2"]
