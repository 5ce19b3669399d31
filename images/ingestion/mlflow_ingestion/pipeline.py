"""Runs a recipe by DataHub's framework, and judges how that went."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from datahub.ingestion.api.ingestion_job_checkpointing_provider_base import JobId
from datahub.ingestion.run.pipeline import Pipeline
from pydantic import ValidationError

from mlflow_ingestion.failures import IngestionError, UsageError, failure_of, judged, one_line

if TYPE_CHECKING:
    from mlflow_ingestion.recipe import Recipe
    from mlflow_ingestion.source import PlatformSource

_STATE = JobId("mlflow_stale_entity_removal")
"""Under this name the framework keeps what it has told DataHub of, to remove what is no longer there."""


class Ingestion:
    """One run of a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._pipeline: _Pipeline | None = None

    def run(self) -> None:
        """Tell DataHub everything.

        Raises:
            IngestionError: DataHub did not get all of it. What it did get stays, and the next run sends all anew; what
                is no longer in MLflow is remembered until a run gets to its end.
        """
        self._pipeline = pipeline = self._prepared()
        self._demand_permission(pipeline)
        pipeline.run()
        source: PlatformSource = pipeline.source
        if source.ended_by is not None:
            raise failure_of(source.ended_by, f"MLflow at {self._recipe.tracking_uri}")
        self._judge_sink(pipeline)
        self._judge_source(pipeline)
        try:
            pipeline.commit()
        except Exception as error:
            raise failure_of(error, self._recipe.datahub) from error

    @property
    def records(self) -> int:
        """How many aspects the sink has taken."""
        return int(self._pipeline.sink.get_report().total_records_written) if self._pipeline else 0

    @property
    def entities(self) -> dict[str, int]:
        """How many there are of each type."""
        told = self._pipeline.source.entities if self._pipeline else ()
        return dict(sorted(Counter(urn.split(":")[2] for urn in told).items()))

    @property
    def removed(self) -> int:
        """How many are no longer in MLflow."""
        return len(self._pipeline.source.get_report().soft_deleted_stale_entities) if self._pipeline else 0

    @property
    def warnings(self) -> list[str]:
        """What is odd and yet no failure: a sample, each in a line."""
        return [_written(entry) for entry in self._pipeline.source.get_report().warnings] if self._pipeline else []

    def _prepared(self) -> _Pipeline:
        """Connect to DataHub, without sending anything."""
        try:
            # Reports into DataHub take rights that nothing else here does; freshness is watched in the cluster.
            made: _Pipeline = _Pipeline.create(self._recipe.pipeline, report_to=None, no_progress=True)
        except ValidationError as error:
            raise UsageError(f"the recipe: {_invalid(error)}") from error
        except Exception as error:
            causes = (error, error.__cause__, error.__context__)
            invalid = next((each for each in causes if isinstance(each, ValidationError)), None)
            if invalid is not None:
                raise UsageError(f"the recipe: {_invalid(invalid)}") from error
            raise failure_of(error, self._recipe.datahub) from error
        return made

    def _demand_permission(self, pipeline: Pipeline) -> None:
        """Read what was told the last time. Who may not do that may not write either, and nothing is sent yet."""
        provider = pipeline.source.state_provider.ingestion_checkpointing_state_provider
        if provider is None:
            return
        try:
            provider.get_latest_checkpoint(str(pipeline.config.pipeline_name), _STATE)
        except Exception as error:
            raise failure_of(error, self._recipe.datahub) from error

    def _judge_sink(self, pipeline: Pipeline) -> None:
        failures = pipeline.sink.get_report().failures
        if failures:
            # The framework keeps a sample.
            some = [failures[number] for number in range(list.__len__(failures))]
            infos = [each.get("info") or {} for each in some]
            told = infos[0].get("message") or one_line(str(some[0]))
            statuses = [info["status"] for info in infos if isinstance(info.get("status"), int)]
            error = judged(self._recipe.datahub, one_line(told), statuses)
            raise IngestionError(f"{error} (so for {len(failures)} of what it was told)", error.code)

    def _judge_source(self, pipeline: Pipeline) -> None:
        failures = list(pipeline.source.get_report().failures)
        if failures:
            raise IngestionError(f"{len(failures)} things could not be told, such as: {_written(failures[0])}")


class _Pipeline(Pipeline):
    """The framework's, with what it does at the wrong time or place put right."""

    def process_commits(self) -> None:
        """Put it off: the framework does it while its sink may still be sending, and failures are yet to come.

        What it commits is what is removed the next time. A removal that DataHub did not get would never be made again.
        """

    def commit(self) -> None:
        """Keep what DataHub was told of, now that it has all of it."""
        super().process_commits()

    def _warn_old_cli_version(self) -> None:
        """Ask no registry on the Internet for newer versions: the pod reaches MLflow and DataHub alone."""


def _invalid(error: ValidationError) -> str:
    """Name what is wrong, without the values."""
    wrong = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False))
    return one_line("; ".join(wrong))


def _written(entry: Any) -> str:
    """Write an entry of a report; the framework keeps a sample of them, some with their number."""
    entry = entry[1] if isinstance(entry, tuple) else entry
    context = ", ".join(str(each[1] if isinstance(each, tuple) else each) for each in entry.context)
    return one_line(f"{entry.title or ''} {entry.message} ({context})".strip())
