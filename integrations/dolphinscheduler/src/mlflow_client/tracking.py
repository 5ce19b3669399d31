"""MLflow's low-level client, which asks no plugin for tags; here it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.tracking import MlflowClient

from mlflow_client.tags import dolphin_tags

if TYPE_CHECKING:
    from mlflow.entities import Run


class TaggingClient(MlflowClient):
    """The same in all, but that the runs that it creates carry the task's tags."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: dict[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """Creates a run as MLflow's own does; the given tags count before the task's."""
        return super().create_run(
            experiment_id, start_time=start_time, tags={**dolphin_tags(), **(tags or {})}, run_name=run_name
        )
