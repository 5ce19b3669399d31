"""DataHub's source for MLflow, and what it leaves out (acryl-datahub 1.7.0.17, `ingestion/source/mlflow.py`).

Each mend says what it mends; where DataHub's own does the same one day, it can go.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from datahub.api.entities.dataprocess.dataprocess_instance import DataProcessInstance
from datahub.emitter.mcp import MetadataChangeProposalWrapper
from datahub.ingestion.source.mlflow import MLflowConfig, MLflowSource
from datahub.metadata.schema_classes import (
    ContainerPropertiesClass,
    DataProcessInstanceOutputClass,
    DataProcessInstancePropertiesClass,
    EdgeClass,
    MLModelGroupPropertiesClass,
    StatusClass,
)
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from requests import RequestException

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from datahub.ingestion.api.common import PipelineContext
    from datahub.ingestion.api.workunit import MetadataWorkUnit
    from mlflow.entities import Dataset, Experiment, Run
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

_SHARED = ("urn:li:dataset:", "urn:li:platformResource:")
"""Entities that DataHub's source tells of again with every run that has to do with them."""


class PlatformSource(MLflowSource):
    """Experiments, runs, datasets, models and their versions, with all that ties them together.

    Runs come with their tags, links lead to where people open MLflow, a run leads to every model version made of it,
    and deleted runs go. Versions are asked for once, and not once a run.
    """

    def __init__(self, ctx: PipelineContext, config: MLflowConfig) -> None:
        super().__init__(ctx, config)
        self.ended_by: Exception | None = None
        """What broke the crawl off."""
        self.entities: set[str] = set()
        """URNs that were told of."""
        self._base = str(config.base_external_url).rstrip("/")
        self._versions_of_model: defaultdict[str, list[ModelVersion]] = defaultdict(list)
        self._versions_of_run: defaultdict[str, list[ModelVersion]] = defaultdict(list)
        self._runs_with_versions: dict[str, Run] = {}
        self._told: dict[tuple[str, str], str] = {}

    @classmethod
    def create(cls, config_dict: dict[str, Any], ctx: PipelineContext) -> PlatformSource:
        """Make it of a recipe, as the framework asks."""
        return cls(ctx, MLflowConfig.model_validate(config_dict))

    def get_workunits_internal(self) -> Iterator[MetadataWorkUnit]:
        """Crawl. Nothing is told before MLflow has answered, and nothing shared twice."""
        try:
            for version in self._traverse_mlflow_search_func(search_func=self.client.search_model_versions):
                self._versions_of_model[version.name].append(version)
                self._versions_of_run[version.run_id].append(version)
            for unit in super().get_workunits_internal():
                self.entities.add(unit.get_urn())
                if not self._told_before(unit):
                    yield unit
            yield from self._deleted_runs()
        except Exception as error:
            self.ended_by = error
            raise

    # Versions are noted above: DataHub's own asks for those of each run, one request a run, and for the run of each.

    def get_mlflow_model_versions_from_run(self, run_id: str) -> list[ModelVersion]:
        """Tell the versions made of a run."""
        return self._versions_of_run.get(run_id, [])

    def _get_mlflow_model_versions(self, registered_model: RegisteredModel) -> Iterable[ModelVersion]:
        """Tell the versions with their aliases, which a search tells with the model alone."""
        versions = self._versions_of_model[registered_model.name]
        for version in versions:
            number = str(version.version)
            version.aliases[:] = [alias for alias, at in registered_model.aliases.items() if str(at) == number]
        return versions

    def _get_mlflow_run(self, model_version: ModelVersion) -> Run | None:
        """Tell the run of a version. None where it is deleted; DataHub's own would stumble once it is gone."""
        return self._runs_with_versions.get(model_version.run_id or "")

    def _get_experiment_container_workunit(self, experiment: Experiment) -> Iterator[MetadataWorkUnit]:
        """Add the link, which DataHub's own lacks."""
        for unit in super()._get_experiment_container_workunit(experiment):
            properties = unit.metadata.aspect
            if isinstance(properties, ContainerPropertiesClass):
                properties.externalUrl = f"{self._base}/#/experiments/{experiment.experiment_id}"
            yield unit

    def _get_run_workunits(self, experiment: Experiment, run: Run) -> Iterator[MetadataWorkUnit]:
        if run.info.run_id in self._versions_of_run:
            self._runs_with_versions[run.info.run_id] = run
        return self._alone(run, self._mended(run, super()._get_run_workunits(experiment, run)))

    def _get_dataset_input_workunits(self, run: Run) -> Iterator[MetadataWorkUnit]:
        return self._alone(run, super()._get_dataset_input_workunits(run))

    def _mended(self, run: Run, units: Iterable[MetadataWorkUnit]) -> Iterator[MetadataWorkUnit]:
        """Put in the tags, which DataHub's own looks for in the wrong place, and every version instead of one."""
        for unit in units:
            aspect = unit.metadata.aspect
            if isinstance(aspect, DataProcessInstancePropertiesClass):
                aspect.customProperties = dict(run.data.tags)
            if isinstance(aspect, DataProcessInstanceOutputClass):
                urns = sorted(self._make_ml_model_urn(each) for each in self._versions_of_run[run.info.run_id])
                aspect.outputEdges = [EdgeClass(destinationUrn=urn) for urn in urns]
            yield unit

    def _alone(self, run: Run, units: Iterable[MetadataWorkUnit]) -> Iterator[MetadataWorkUnit]:
        """Keep what is odd about one run from being the end of all that come after it."""
        try:
            yield from list(units)
        except (MlflowException, RequestException):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is about this run
            self.report.failure(title="A run", message="could not be told", context=run.info.run_id, exc=error)

    def _get_dataset_schema(self, dataset: Dataset) -> list[tuple[str, str]] | None:
        """Take a dataset without a schema for what it is; DataHub's own breaks off."""
        if dataset.schema is None:
            # It becomes a property, which has to be a text.
            dataset._schema = ""  # noqa: SLF001 - an entity of MLflow has no setters
            return None
        schema: list[tuple[str, str]] | None = super()._get_dataset_schema(dataset)
        return schema

    def _get_ml_group_workunit(self, registered_model: RegisteredModel) -> MetadataWorkUnit:
        """Add the link, which DataHub's own lacks."""
        unit = super()._get_ml_group_workunit(registered_model)
        properties = unit.metadata.aspect
        if isinstance(properties, MLModelGroupPropertiesClass):
            properties.externalUrl = f"{self._base}/#/models/{quote(registered_model.name, safe='')}"
        return unit

    def _make_external_url(self, model_version: ModelVersion) -> str:
        """Link to a version, whatever its model is called."""
        return f"{self._base}/#/models/{quote(model_version.name, safe='')}/versions/{model_version.version}"

    def _make_external_url_from_run(self, experiment: Experiment, run: Run) -> str:
        """Link to a run where people open it; DataHub's own links to where it asks."""
        return f"{self._base}/#/experiments/{experiment.experiment_id}/runs/{run.info.run_id}"

    def _deleted_runs(self) -> Iterator[MetadataWorkUnit]:
        """Remove the runs that are deleted; the framework never removes an instance of a process by itself.

        MLflow keeps them until they are collected as garbage, which takes days: one of the hourly runs sees them.
        """
        everywhere = self._traverse_mlflow_search_func(
            search_func=self.client.search_experiments, view_type=ViewType.ALL
        )
        for experiment in list(everywhere):
            for run in self._traverse_mlflow_search_func(
                search_func=self.client.search_runs,
                experiment_ids=[experiment.experiment_id],
                run_view_type=ViewType.DELETED_ONLY,
            ):
                instance = DataProcessInstance(id=run.info.run_id, orchestrator=self.platform)
                gone = StatusClass(removed=True)
                yield MetadataChangeProposalWrapper(entityUrn=str(instance.urn), aspect=gone).as_workunit()

    def _told_before(self, unit: MetadataWorkUnit) -> bool:
        urn = unit.get_urn()
        aspect = getattr(unit.metadata, "aspect", None)
        if aspect is None or not urn.startswith(_SHARED):
            return False
        key, content = (urn, aspect.ASPECT_NAME), json.dumps(aspect.to_obj(), sort_keys=True)
        before, self._told[key] = self._told.get(key), content
        return before == content
