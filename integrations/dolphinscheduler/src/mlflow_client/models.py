"""Models of the registry: versions, created once, with aliases, and stages where the server is too old for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_client.errors import ConfigurationError, NotFoundError
from mlflow_client.logs import tell
from mlflow_client.retries import create_once
from mlflow_client.runs import Runs
from mlflow_client.session import quoted
from mlflow_client.tags import REQUEST_ID, new_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities.model_registry import ModelVersion

STAGES = ("None", "Staging", "Production", "Archived")


class Models(Runs):
    """What a client does with registered models."""

    def register_model(
        self,
        name: str,
        artifact_path: str = "model",
        *,
        run_id: str | None = None,
        model_uri: str | None = None,
        tags: Mapping[str, object] | None = None,
        alias: str | None = None,
    ) -> ModelVersion:
        """Makes what a run has logged a version of a registered model, exactly once; creates the model where needed.

        Args:
            name: of the registered model.
            artifact_path: what the run has logged it as.
            run_id: the run, where it is not the active one.
            model_uri: the model, where it is not a run's: `models:/m-...`, `s3://...`.
            tags: of the version, beside those of the task and of the client.
            alias: points to this version from now on.

        Returns:
            The version, as `mlflow.entities.model_registry.ModelVersion`.
        """
        import mlflow  # noqa: PLC0415

        uri = model_uri or f"runs:/{self._run_id(run_id)}/{artifact_path}"
        request = new_request()
        marked = {**self.run_tags(tags), REQUEST_ID: request}
        with self._doing(f"registering {uri} as model {name!r}"):
            version = create_once(
                f"a version of model {name!r}",
                lambda: str(mlflow.register_model(uri, name, tags=marked).version),
                lambda: self._versions_by(name, request),
                lambda late: self.tracking.delete_model_version(name, late),
                self.retry,
            )
            registered = self.tracking.get_model_version(name, version)
        tell("model registered", {"model": name, "version": version, "source": uri})
        if alias:
            self.set_alias(name, alias, version)
        return registered

    def set_alias(self, name: str, alias: str, version: str | int) -> None:
        """Makes an alias, like `champion`, point to a version; it then points to no other."""
        with self._doing(f"setting alias {alias!r} of model {name!r}"):
            self.tracking.set_registered_model_alias(name, alias, str(version))
        tell("alias set", {"model": name, "alias": alias, "version": str(version)})

    def delete_alias(self, name: str, alias: str) -> None:
        """Takes an alias away; the version that it points to stays."""
        with self._doing(f"deleting alias {alias!r} of model {name!r}"):
            self.tracking.delete_registered_model_alias(name, alias)

    def model_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias points to.

        Raises:
            NotFoundError: there is no such model or alias.
        """
        with self._doing(f"finding alias {alias!r} of model {name!r}"):
            version: ModelVersion = self.tracking.get_model_version_by_alias(name, alias)
        return version

    def set_stage(self, name: str, version: str | int, stage: str, *, archive_existing: bool = False) -> None:
        """Puts a version into a stage; MLflow has deprecated stages, use aliases where the server has them.

        Args:
            name: of the registered model.
            version: the version.
            stage: None, Staging, Production or Archived.
            archive_existing: archives the versions that are in the stage.

        Raises:
            ConfigurationError: there is no such stage.
        """
        _check_stage(stage)
        with self._doing(f"putting version {version} of model {name!r} into stage {stage}"):
            self.tracking.transition_model_version_stage(
                name, str(version), stage, archive_existing_versions=archive_existing
            )

    def model_in_stage(self, name: str, stage: str) -> ModelVersion:
        """The newest version in a stage.

        Raises:
            NotFoundError: there is none.
        """
        _check_stage(stage)
        doing = f"finding the version of model {name!r} in stage {stage}"
        with self._doing(doing):
            found = self.tracking.get_latest_versions(name, [stage])
        if not found:
            raise NotFoundError(doing, "no version is in it", "put one into it with set_stage")
        newest: ModelVersion = found[0]
        return newest

    def model_versions(self, name: str) -> list[ModelVersion]:
        """All versions of a model, the newest first."""
        with self._doing(f"listing the versions of model {name!r}"):
            found = list(self.tracking.search_model_versions(f"name = {quoted(name)}"))
        return sorted(found, key=lambda each: int(each.version), reverse=True)

    def _versions_by(self, name: str, request: str) -> list[str]:
        """The versions that one call has created, the first one first."""
        found = [each for each in self.model_versions(name) if each.tags.get(REQUEST_ID) == request]
        return [str(each.version) for each in reversed(found)]


def _check_stage(stage: str) -> None:
    if stage not in STAGES:
        raise ConfigurationError(f"stage is {stage!r}: give one of {', '.join(STAGES)}")
