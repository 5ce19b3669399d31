"""What every part of the client needs: the server, the task, the experiment, and errors that say what was tried."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from mlflow_client.context import PLACEHOLDER, TaskContext, declare_context, forget_placeholders, read_context
from mlflow_client.errors import ConfigurationError, explained
from mlflow_client.retries import RetryPolicy
from mlflow_client.tags import context_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from mlflow.tracking import MlflowClient

TRACKING_URI = "MLFLOW_TRACKING_URI"
EXPERIMENT_NAME = "MLFLOW_EXPERIMENT_NAME"
OnRetry = Literal["new", "resume"]
ON_RETRY: tuple[OnRetry, ...] = ("new", "resume")


class Session:
    """One task's connection to one MLflow; MLflow's own functions and autologging use the same server from then on."""

    def __init__(
        self,
        tracking_uri: str | None = None,
        *,
        experiment_name: str | None = None,
        tags: Mapping[str, object] | None = None,
        context: Mapping[str, object] | None = None,
        on_retry: OnRetry = "new",
        retry: RetryPolicy | None = None,
    ) -> None:
        """Connects the process; asks the server nothing.

        Args:
            tracking_uri: the server's address; MLFLOW_TRACKING_URI where it is not given.
            experiment_name: where runs go; MLFLOW_EXPERIMENT_NAME where it is not given. Created when first needed.
            tags: put on every run, beside those of the task.
            context: what DolphinScheduler put into the script's text, see `declare_context`.
            on_retry: whether a retried task starts a `new` run, or goes on with (`resume`) the one of its last attempt.
            retry: how often something is created again whose answer was lost.

        Raises:
            ConfigurationError: there is no address, or an argument is none of what it may be.
        """
        if on_retry not in ON_RETRY:
            raise ConfigurationError(f"on_retry is {on_retry!r}: give one of {', '.join(ON_RETRY)}")
        self.tracking_uri = _tracking_uri(tracking_uri)
        self.tags = {key: str(value) for key, value in (tags or {}).items()}
        self.on_retry: OnRetry = on_retry
        self.retry = retry or RetryPolicy()
        declare_context(**(context or {}))
        forget_placeholders(os.environ)
        self._experiment_name = experiment_name or os.environ.get(EXPERIMENT_NAME, "")
        self._experiment_id = ""
        self._started: set[str] = set()
        import mlflow  # noqa: PLC0415 - importing MLflow takes seconds

        mlflow.set_tracking_uri(self.tracking_uri)

    @property
    def context(self) -> TaskContext:
        """The task in DolphinScheduler, as it is known now; false outside of DolphinScheduler."""
        return read_context(os.environ)

    @cached_property
    def tracking(self) -> MlflowClient:
        """MLflow's own low-level client for the same server; the runs that it creates carry the task's tags."""
        from mlflow_client.tracking import TaggingClient  # noqa: PLC0415 - it imports MLflow

        return TaggingClient(tracking_uri=self.tracking_uri)

    def run_tags(self, tags: Mapping[str, object] | None = None) -> dict[str, str]:
        """The tags of a run: the task's, then the client's, then those given here; the last one counts."""
        given = {key: str(value) for key, value in (tags or {}).items()}
        return {**context_tags(self.context), **self.tags, **given}

    def _doing(self, doing: str) -> AbstractContextManager[None]:
        return explained(doing, self.tracking_uri)

    def _run_id(self, run_id: str | None) -> str:
        """The run that is meant: the given one, or the one that is active."""
        import mlflow  # noqa: PLC0415

        if run_id:
            return run_id
        active = mlflow.active_run()
        if active is None:
            raise ConfigurationError("no run is active: do this inside `with client.start_run():`, or give run_id")
        return str(active.info.run_id)


def quoted(value: str) -> str:
    """A text in MLflow's search language.

    Raises:
        ConfigurationError: it has both kinds of quotes, which that language cannot say.
    """
    if "'" not in value:
        return f"'{value}'"
    if '"' not in value:
        return f'"{value}"'
    raise ConfigurationError(f"{value!r} has both kinds of quotes, which MLflow's search cannot say: use one of them")


def _tracking_uri(given: str | None) -> str:
    uri = given or os.environ.get(TRACKING_URI, "")
    if not uri:
        raise ConfigurationError(
            f"{TRACKING_URI} is not set, and runs would be lost in the worker's own folder: choose DolphinScheduler's "
            "environment for MLflow in the task, or give tracking_uri"
        )
    if PLACEHOLDER.search(uri):
        raise ConfigurationError(
            f"{TRACKING_URI} is {uri!r}, which DolphinScheduler has not replaced: give the address"
        )
    return uri
