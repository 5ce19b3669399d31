"""What the README's picture shows is the same each time."""

from __future__ import annotations

from mlflow import MlflowClient

from sandbox import demonstration


def test_a_second_look_finds_what_the_first_has_logged(mlflow_server: str) -> None:
    first = demonstration.log(mlflow_server)
    again = demonstration.log(mlflow_server)
    client = MlflowClient(mlflow_server)

    assert [each.info.run_id for each in again] == [each.info.run_id for each in first]
    assert len({each.info.run_name for each in first}) == 6
    errors = [each.data.metrics["mae"] for each in first]
    assert errors == sorted(errors)
    losses = [each.value for each in client.get_metric_history(first[0].info.run_id, "loss")]
    assert losses == sorted(losses, reverse=True)
    (version,) = client.search_model_versions(f"name = '{demonstration.MODEL}'")
    assert version.run_id == first[0].info.run_id
