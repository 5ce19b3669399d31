"""Runs side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlflow_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow.entities import Run


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """What some runs have in common, and in what they differ.

    Attributes:
        run_ids: in the order that they were given in.
        names: of each run, by its id.
        params: of each parameter, the value of each run that has it, by the run's id.
        metrics: of each metric, the last value of each run that has it, by the run's id.
    """

    run_ids: tuple[str, ...]
    names: Mapping[str, str]
    params: Mapping[str, Mapping[str, str]]
    metrics: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> RunComparison:
        """Puts runs of MLflow side by side."""
        params: dict[str, dict[str, str]] = {}
        metrics: dict[str, dict[str, float]] = {}
        for run in runs:
            for key, text in run.data.params.items():
                params.setdefault(key, {})[run.info.run_id] = text
            for key, value in run.data.metrics.items():
                metrics.setdefault(key, {})[run.info.run_id] = value
        return cls(
            run_ids=tuple(run.info.run_id for run in runs),
            names={run.info.run_id: run.info.run_name or "" for run in runs},
            params=params,
            metrics=metrics,
        )

    def differing_params(self) -> dict[str, Mapping[str, str]]:
        """The parameters that are not the same in all runs, or that some do not have."""
        return {
            key: values
            for key, values in self.params.items()
            if len(values) < len(self.run_ids) or len(set(values.values())) > 1
        }

    def best(self, metric: str, *, mode: Literal["max", "min"] = "max") -> str:
        """The id of the run whose metric is the best.

        Raises:
            ConfigurationError: none of them has it.
        """
        values = self.metrics.get(metric, {})
        if not values:
            raise ConfigurationError(
                f"metric {metric!r} is in none of these runs: use {', '.join(sorted(self.metrics))}"
            )
        choose = max if mode == "max" else min
        return choose(values, key=lambda run_id: values[run_id])

    def table(self) -> list[list[str]]:
        """Rows of texts: the runs as columns, below them parameters and metrics; empty where a run has none."""
        rows = [["", *(self.names[run_id] for run_id in self.run_ids)]]
        for kind in (self.params, self.metrics):
            rows += [[key, *(str(kind[key].get(run_id, "")) for run_id in self.run_ids)] for key in sorted(kind)]
        return rows
