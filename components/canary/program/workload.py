"""What a user does with MLflow, in steps that leave nothing behind.

MLflow deletes no row for good by its API: `runs/delete` only marks, and a metric keeps every value. So the canary has
one run for ever and repeats itself on it. What a round leaves in the database is nothing:

- metric: logged once, and read back each time. MLflow would drop a second that is the same in all (it is the primary
  key), but PostgreSQL would write an ERROR about it into its log, three lines a round,
- parameter: the same again, for which MLflow writes nothing (`_log_params`),
- tag, and status and end of the run: rows that are there, updated.

In the bucket it overwrites files of a ring, of which each has its turn once a day. One file for all rounds would
gather a version a minute until the lifecycle removes them after weeks, and MinIO keeps all versions of a file in one.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Any

from .mlflow_api import MlflowApi, folder_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .connection import Connection

NAME = "mlflow-canary"
"""Of the experiment, and of the one run in it."""
_PURPOSE = "Belongs to the platform's canary, which logs to its one run again and again to see whether MLflow works."
_TAGS = {"mlflow.note.content": _PURPOSE, "mlflow-canary": "experiment"}
_RUN_TAGS = {"mlflow.note.content": _PURPOSE, "mlflow.user": NAME, "mlflow-canary": "run"}
_THE_RUN = "tags.`mlflow-canary` = 'run'"
_ROUND_TAG = "mlflow-canary.round"
_PARAM = ("purpose", NAME)
_METRIC = ("alive", 1.0)
_AS_A_USER_SEARCHES = "metrics.alive > 0 and params.purpose = 'mlflow-canary'"
_FILE_BYTES = 1024
_DELETED = "deleted"
_LOG = logging.getLogger(__name__)


class Untried(Exception):  # noqa: N818 - no error
    """A step needs what an earlier one has not brought about.

    It counts neither as a failure nor as a success: what a user meets is the failure of the earlier step, which
    counts, and an alert on this one would name the wrong culprit.
    """


class Wrong(Exception):  # noqa: N818 - the answer is
    """The server answered, but not what it had been told."""


class Workload:
    """The steps, and what they know of each other's rounds."""

    def __init__(self, url: str, *, files: int) -> None:
        """Know nothing yet.

        Args:
            url: Of MLflow.
            files: Size of the ring.
        """
        self._url = url
        self._files = files
        # Two canaries overlap while one replaces the other: they are to write different files.
        self._turn = secrets.randbelow(files)
        self._experiment_id: str | None = None
        self._run: dict[str, Any] | None = None
        self._run_is_sound = False
        self._stored: tuple[str, bytes] | None = None

    def database(self, connection: Connection) -> None:
        """Find the experiment and the run, log to it, read back what was logged, and finish it."""
        api = MlflowApi(connection, self._url)
        experiment_id = self._find_experiment(api)
        if self._run is None or not self._run_is_sound or experiment_id != self._experiment_id:
            self._run = _find_run(api, experiment_id)
            self._experiment_id = experiment_id
        # When this fails, somebody may have deleted the run, so the next round looks for it; until then the other
        # steps go on with the one that is known.
        self._run_is_sound = False
        self._run = _log_and_read_back(api, self._run, secrets.token_hex(8))
        self._run_is_sound = True

    def artifact_upload(self, connection: Connection) -> None:
        """Store new content in the next file of the ring."""
        if self._run is None:
            raise Untried("no run is known")
        self._turn = (self._turn + 1) % self._files
        path = f"{folder_of(self._run)}/rounds/{self._turn:05d}.bin"
        content = secrets.token_bytes(_FILE_BYTES)
        MlflowApi(connection, self._url).upload(path, content)
        self._stored = (path, content)

    def artifact_download(self, connection: Connection) -> None:
        """Fetch the file that was stored last, by this round or an earlier one, and compare it."""
        if self._stored is None:
            raise Untried("no file has been stored")
        path, content = self._stored
        api = MlflowApi(connection, self._url)
        # The client lists first, to see whether the path is a folder.
        api.list_artifacts(path)
        if api.download(path) != content:
            raise Wrong(f"{path} is not what had been stored there")

    def search(self, connection: Connection) -> None:
        """Find the run by its metric and its parameter."""
        if self._run is None or self._experiment_id is None:
            raise Untried("no run is known")
        found = MlflowApi(connection, self._url).search(self._experiment_id, _AS_A_USER_SEARCHES)
        run_id = self._run["info"]["run_id"]
        if [run["info"]["run_id"] for run in found] != [run_id]:
            raise Wrong(f"the run {run_id} was not found")

    def _find_experiment(self, api: MlflowApi) -> str:
        experiment = api.experiment(NAME)
        if experiment is None:
            return api.create_experiment(NAME, _TAGS)
        experiment_id = str(experiment["experiment_id"])
        if experiment["lifecycle_stage"] == _DELETED:
            _LOG.warning("the experiment had been deleted and is restored", extra={"experiment": NAME})
            api.restore_experiment(experiment_id)
        return experiment_id


def _find_run(api: MlflowApi, experiment_id: str) -> dict[str, Any]:
    found = api.search(experiment_id, _THE_RUN, deleted_too=True)
    if not found:
        return api.create_run(experiment_id, NAME, now_ms=_now_ms(), tags=_RUN_TAGS)
    (run,) = found
    if run["info"]["lifecycle_stage"] == _DELETED:
        _LOG.warning("the run had been deleted and is restored", extra={"run": run["info"]["run_id"]})
        api.restore_run(run["info"]["run_id"])
    return run


def _log_and_read_back(api: MlflowApi, known: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    run_id, (key, value) = known["info"]["run_id"], _METRIC
    # The start of the run: a time that never changes, whoever else does the same at the moment.
    metric = {"key": key, "value": value, "timestamp": known["info"]["start_time"], "step": 0}
    is_there = _values(known.get("data", {}), "metrics").get(key) == value
    api.log_batch(run_id, [] if is_there else [metric], _PARAM, (_ROUND_TAG, nonce))
    run = api.run(run_id)
    data = run["data"]
    logged = [("metrics", key, value), ("params", *_PARAM), ("tags", _ROUND_TAG, nonce)]
    missing = [f"{kind}.{name}" for kind, name, wanted in logged if _values(data, kind).get(name) != wanted]
    if missing:
        raise Wrong(f"read back something else than was logged: {', '.join(missing)}")
    api.finish_run(run_id, now_ms=_now_ms())
    return run


def _values(data: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {item["key"]: item["value"] for item in data.get(kind, [])}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
