"""Experiments: found or created by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_client.errors import ConfigurationError
from mlflow_client.session import EXPERIMENT_NAME, Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities import Experiment


class Experiments(Session):
    """What a client does with experiments."""

    def set_experiment(self, name: str, *, tags: Mapping[str, object] | None = None) -> str:
        """Makes an experiment the one of all later runs, and creates it where there is none.

        Args:
            name: what it is called.
            tags: put on it.

        Returns:
            Its id.

        Raises:
            RefusedError: it is deleted.
        """
        import mlflow  # noqa: PLC0415
        from mlflow.exceptions import MlflowException  # noqa: PLC0415

        with self._doing(f"setting experiment {name!r}"):
            try:
                experiment = mlflow.set_experiment(name)
            except MlflowException as error:
                # Another task was faster, or the answer was lost and MLflow asked again.
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                experiment = mlflow.set_experiment(name)
            for key, value in (tags or {}).items():
                self.tracking.set_experiment_tag(experiment.experiment_id, key, str(value))
        self._experiment_name, self._experiment_id = name, str(experiment.experiment_id)
        return self._experiment_id

    @property
    def experiment_id(self) -> str:
        """The id of the experiment of this client's runs.

        Raises:
            ConfigurationError: none is named.
        """
        if not self._experiment_id:
            if not self._experiment_name:
                raise ConfigurationError(
                    f"no experiment is named: give experiment_name, set {EXPERIMENT_NAME}, or call set_experiment"
                )
            self.set_experiment(self._experiment_name)
        return self._experiment_id

    def list_experiments(self, filter_string: str | None = None) -> list[Experiment]:
        """All experiments that are not deleted, as `mlflow.entities.Experiment`.

        Args:
            filter_string: in MLflow's search language: `name LIKE 'fraud/%'`.
        """
        found: list[Experiment] = []
        token = None
        with self._doing("listing experiments"):
            while True:
                page = self.tracking.search_experiments(filter_string=filter_string, page_token=token)
                found += page
                token = page.token
                if not token:
                    return found
