"""Search among runs, and their comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlflow_client.comparison import RunComparison
from mlflow_client.context import TAG_PREFIX
from mlflow_client.errors import ConfigurationError, NotFoundError
from mlflow_client.models import Models
from mlflow_client.session import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import Run

PAGE = 1000
Mode = Literal["max", "min"]


class Search(Models):
    """What a client finds."""

    def search_runs(
        self,
        filter_string: str = "",
        *,
        experiment_names: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        max_results: int = PAGE,
    ) -> list[Run]:
        """Runs as `mlflow.entities.Run`.

        Args:
            filter_string: in MLflow's search language: ``metrics.auc > 0.9 and tags.`dolphin.project_code` = '7'``.
            experiment_names: where to look; the client's own experiment where it is not given.
            order_by: like `metrics.auc DESC`; the newest first where it is not given.
            max_results: the most that are returned, through as many requests as it takes.

        Raises:
            NotFoundError: an experiment of that name is not there.
        """
        ids = [self.experiment_id] if experiment_names is None else [self._id_of(name) for name in experiment_names]
        found: list[Run] = []
        token = None
        with self._doing("searching runs"):
            while len(found) < max_results:
                page = self.tracking.search_runs(
                    ids,
                    filter_string,
                    order_by=list(order_by or []),
                    max_results=min(PAGE, max_results - len(found)),
                    page_token=token,
                )
                found += page
                token = page.token
                if not token:
                    break
        return found

    def runs_of_workflow(self, workflow_instance_id: str | int | None = None) -> list[Run]:
        """The runs in the client's experiment of one workflow instance, by default of this task's own.

        Raises:
            ConfigurationError: it is not given, and this task does not know its own.
        """
        instance = str(workflow_instance_id or self.context.workflow_instance_id)
        if not instance:
            raise ConfigurationError(
                "workflow_instance_id is not given, and this task does not know its own: "
                "give it, or tell it by declare_context"
            )
        return self.search_runs(f"tags.`{TAG_PREFIX}workflow_instance_id` = {quoted(instance)}")

    def best_run(self, metric: str, *, mode: Mode = "max", filter_string: str = "") -> Run:
        """The finished run of the client's experiment whose metric, by its last value, is the best.

        Args:
            metric: by which.
            mode: whether more (`max`) or less (`min`) is better.
            filter_string: only among these, as in `search_runs`.

        Raises:
            NotFoundError: no such run has the metric.
        """
        if mode not in ("max", "min"):
            raise ConfigurationError(f"mode is {mode!r}: give max or min")
        parts = ["attributes.status = 'FINISHED'", *([filter_string] if filter_string else [])]
        order = [f"metrics.`{metric}` {'DESC' if mode == 'max' else 'ASC'}"]
        found = self.search_runs(" and ".join(parts), order_by=order, max_results=1)
        if not found or metric not in found[0].data.metrics:
            raise NotFoundError(
                f"finding the best run by {metric!r}",
                f"no finished run in experiment {self._experiment_name!r} that matches has this metric",
                "check its name, and the filter",
            )
        return found[0]

    def compare_runs(self, run_ids: Sequence[str]) -> RunComparison:
        """Parameters and metrics of some runs, side by side."""
        if not run_ids:
            raise ConfigurationError("run_ids is empty: give the ids of the runs to compare")
        runs: list[Run] = []
        for run_id in run_ids:
            with self._doing(f"reading run {run_id}"):
                runs.append(self.tracking.get_run(run_id))
        return RunComparison.of(runs)

    def _id_of(self, name: str) -> str:
        doing = f"finding experiment {name!r}"
        with self._doing(doing):
            experiment = self.tracking.get_experiment_by_name(name)
        if experiment is None:
            raise NotFoundError(doing, "there is none of this name", "check the name, and that it is on this server")
        return str(experiment.experiment_id)
