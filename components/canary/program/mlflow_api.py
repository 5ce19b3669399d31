"""The part of MLflow's REST API that the canary uses: paths and bodies as MLflow's own client 3.17 sends them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from .connection import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .connection import Connection

_TRACKING = "/api/2.0/mlflow"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
_PROXIED = "mlflow-artifacts"
_ABSENT = 404


class MlflowApi:
    """MLflow behind a URL, over one connection."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self._url = url.rstrip("/")

    def experiment(self, name: str) -> dict[str, Any] | None:
        """Get an experiment, deleted or not; None when there never was one."""
        try:
            found = self._ask("GET", "experiments/get-by-name", params={"experiment_name": name})
        except Refused as refusal:
            if refusal.status == _ABSENT:
                return None
            raise
        experiment: dict[str, Any] = found["experiment"]
        return experiment

    def create_experiment(self, name: str, tags: Mapping[str, str]) -> str:
        """Make an experiment and return its id."""
        return str(self._ask("POST", "experiments/create", json={"name": name, "tags": _pairs(tags)})["experiment_id"])

    def restore_experiment(self, experiment_id: str) -> None:
        """Take back that an experiment and its runs were deleted."""
        self._ask("POST", "experiments/restore", json={"experiment_id": experiment_id})

    def create_run(self, experiment_id: str, name: str, *, now_ms: int, tags: Mapping[str, str]) -> dict[str, Any]:
        """Begin a run."""
        body = {
            "experiment_id": experiment_id,
            "user_id": name,
            "run_name": name,
            "start_time": now_ms,
            "tags": _pairs(tags),
        }
        run: dict[str, Any] = self._ask("POST", "runs/create", json=body)["run"]
        return run

    def restore_run(self, run_id: str) -> None:
        """Take back that a run was deleted."""
        self._ask("POST", "runs/restore", json={"run_id": run_id})

    def run(self, run_id: str) -> dict[str, Any]:
        """Read a run with its latest metrics, parameters and tags."""
        run: dict[str, Any] = self._ask("GET", "runs/get", params={"run_id": run_id})["run"]
        return run

    def log_batch(
        self, run_id: str, metrics: Sequence[Mapping[str, Any]], param: tuple[str, str], tag: tuple[str, str]
    ) -> None:
        """Log metrics, a parameter and a tag in one request."""
        body = {"run_id": run_id, "metrics": list(metrics), "params": _pairs([param]), "tags": _pairs([tag])}
        self._ask("POST", "runs/log-batch", json=body)

    def finish_run(self, run_id: str, *, now_ms: int) -> None:
        """Say that a run is over."""
        self._ask("POST", "runs/update", json={"run_id": run_id, "status": "FINISHED", "end_time": now_ms})

    def search(self, experiment_id: str, query: str, *, deleted_too: bool = False) -> list[dict[str, Any]]:
        """Search for runs, the oldest first; one is enough."""
        body = {
            "experiment_ids": [experiment_id],
            "filter": query,
            "run_view_type": "ALL" if deleted_too else "ACTIVE_ONLY",
            "max_results": 1,
            "order_by": ["attributes.start_time ASC"],
        }
        runs: list[dict[str, Any]] = self._ask("POST", "runs/search", json=body).get("runs", [])
        return runs

    def upload(self, path: str, content: bytes) -> None:
        """Store a file below the server's artifact root."""
        headers = {"Content-Type": "application/octet-stream"}
        self._connection.send("PUT", f"{self._url}{_ARTIFACTS}/{quote(path)}", data=content, headers=headers)

    def list_artifacts(self, path: str) -> None:
        """List a folder; what is in it does not matter, only that the bucket can be asked."""
        self._connection.send("GET", f"{self._url}{_ARTIFACTS}", params={"path": path})

    def download(self, path: str) -> bytes:
        """Read a file below the server's artifact root."""
        return self._connection.send("GET", f"{self._url}{_ARTIFACTS}/{quote(path)}")

    def _ask(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._connection.send(method, f"{self._url}{_TRACKING}/{path}", **content))
        return answer


def folder_of(run: Mapping[str, Any]) -> str:
    """Say where the artifacts of a run are below the server's artifact root.

    Raises:
        ValueError: The server does not pass artifacts on, so that its clients would need the bucket's key.
    """
    uri = urlsplit(str(run["info"]["artifact_uri"]))
    if uri.scheme != _PROXIED:
        raise ValueError(f"the artifacts of the run are at {uri.scheme}://, which only {_PROXIED}:/ can be tried for")
    return uri.path.strip("/")


def _pairs(items: Mapping[str, str] | list[tuple[str, str]]) -> list[dict[str, str]]:
    pairs = items if isinstance(items, list) else items.items()
    return [{"key": key, "value": value} for key, value in pairs]
