"""What a run holds: parameters, metrics, tags, artifacts."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from mlflow_client.errors import ConfigurationError
from mlflow_client.experiments import Experiments
from mlflow_client.metric_batch import MetricBatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mlflow.entities import FileInfo

METRICS_OF_A_REQUEST = 1000
OTHERS_OF_A_REQUEST = 100
"""What `log-batch` takes at most (`mlflow.utils.validation`): metrics, and parameters or tags."""

Item = TypeVar("Item")


class RunContents(Experiments):
    """What a client does with the contents of a run; without `run_id` it is the active one."""

    def log_param(self, key: str, value: object, *, run_id: str | None = None) -> None:
        """Logs one parameter; `log_params` asks the server once for many."""
        self.log_params({key: value}, run_id=run_id)

    def log_params(self, params: Mapping[str, object], *, run_id: str | None = None) -> None:
        """Logs parameters, 100 a request. The same value again, as a resumed run logs it, is no error.

        Raises:
            RefusedError: one has another value already, or is longer than the server takes.
        """
        from mlflow.entities import Param  # noqa: PLC0415

        run_id = self._run_id(run_id)
        with self._doing(f"logging parameters of run {run_id}"):
            for some in _portions((Param(key, str(value)) for key, value in params.items()), OTHERS_OF_A_REQUEST):
                self.tracking.log_batch(run_id, params=some)

    def log_metric(self, key: str, value: float, *, step: int = 0, run_id: str | None = None) -> None:
        """Logs one point of one metric; in a loop, `metric_batch` is faster."""
        self.log_metrics({key: value}, step=step, run_id=run_id)

    def log_metrics(self, metrics: Mapping[str, float], *, step: int = 0, run_id: str | None = None) -> None:
        """Logs a point of each metric, all at one step and one time."""
        now = int(time.time() * 1000)
        self._log_points(((key, value, now, step) for key, value in metrics.items()), run_id)

    def log_metric_history(
        self, key: str, values: Iterable[float], *, first_step: int = 0, run_id: str | None = None
    ) -> None:
        """Logs a whole curve, 1000 points a request: one value a step."""
        now = int(time.time() * 1000)
        self._log_points(((key, value, now, step) for step, value in enumerate(values, first_step)), run_id)

    @contextmanager
    def metric_batch(self, *, run_id: str | None = None) -> Iterator[MetricBatch]:
        """Collects the points of a loop, for a `with` block, and logs them 1000 a request and at its end.

        The end counts also after an exception, and SIGTERM; what SIGKILL finds collected is lost.
        """
        fixed = self._run_id(run_id)
        batch = MetricBatch(lambda points: self._log_points(points, fixed), METRICS_OF_A_REQUEST)
        try:
            yield batch
        finally:
            batch.flush()

    def set_tag(self, key: str, value: object, *, run_id: str | None = None) -> None:
        """Sets one tag."""
        self.set_tags({key: value}, run_id=run_id)

    def set_tags(self, tags: Mapping[str, object], *, run_id: str | None = None) -> None:
        """Sets tags, 100 a request."""
        from mlflow.entities import RunTag  # noqa: PLC0415

        run_id = self._run_id(run_id)
        with self._doing(f"setting tags of run {run_id}"):
            for some in _portions((RunTag(key, str(value)) for key, value in tags.items()), OTHERS_OF_A_REQUEST):
                self.tracking.log_batch(run_id, tags=some)

    def log_artifact(
        self, local_path: str | Path, artifact_path: str | None = None, *, run_id: str | None = None
    ) -> None:
        """Uploads a file, or a folder with all that is in it.

        Args:
            local_path: what to upload.
            artifact_path: the folder among the run's artifacts that it goes into.
            run_id: the run, where it is not the active one.

        Raises:
            ConfigurationError: there is no such file.
        """
        from pathlib import Path  # noqa: PLC0415 - MLflow has it by now, this package's import does without

        path = Path(local_path)
        if not path.exists():
            raise ConfigurationError(f"{path} cannot be logged, it is not there: check the path ({Path.cwd()} is here)")
        run_id = self._run_id(run_id)
        with self._doing(f"uploading {path} to run {run_id}"):
            upload = self.tracking.log_artifacts if path.is_dir() else self.tracking.log_artifact
            upload(run_id, str(path), artifact_path)

    def log_dict(self, content: Mapping[str, object], artifact_file: str, *, run_id: str | None = None) -> None:
        """Uploads a mapping as `...json` or `...yaml`, by the name of the file."""
        run_id = self._run_id(run_id)
        with self._doing(f"uploading {artifact_file} to run {run_id}"):
            self.tracking.log_dict(run_id, dict(content), artifact_file)

    def log_text(self, text: str, artifact_file: str, *, run_id: str | None = None) -> None:
        """Uploads a text as a file."""
        run_id = self._run_id(run_id)
        with self._doing(f"uploading {artifact_file} to run {run_id}"):
            self.tracking.log_text(run_id, text, artifact_file)

    def list_artifacts(self, path: str | None = None, *, run_id: str | None = None) -> list[FileInfo]:
        """What is in a folder of the run's artifacts."""
        run_id = self._run_id(run_id)
        with self._doing(f"listing artifacts of run {run_id}"):
            return list(self.tracking.list_artifacts(run_id, path))

    def download_artifact(self, path: str, folder: str | Path, *, run_id: str | None = None) -> Path:
        """Downloads a file or folder of the run's artifacts into a folder that is there.

        Returns:
            Where it is now.
        """
        from pathlib import Path  # noqa: PLC0415

        run_id = self._run_id(run_id)
        with self._doing(f"downloading {path} of run {run_id}"):
            return Path(self.tracking.download_artifacts(run_id, path, str(folder)))

    def _log_points(self, points: Iterable[tuple[str, float, int, int]], run_id: str | None) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415

        run_id = self._run_id(run_id)
        with self._doing(f"logging metrics of run {run_id}"):
            # Each point has its time from here: logged twice, after a lost answer, it is still one point.
            for some in _portions((Metric(*each) for each in points), METRICS_OF_A_REQUEST):
                self.tracking.log_batch(run_id, metrics=some)


def _portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some
