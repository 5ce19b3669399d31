"""The client as tasks use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_client.logs import configure_logging
from mlflow_client.search import Search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow_client.retries import RetryPolicy
    from mlflow_client.session import OnRetry


class MLFlowClient(Search):
    """MLflow for a task of DolphinScheduler: experiments, runs and their contents, models, search.

    Its parts, each in a module of its own, add to each other: `Session`, `Experiments`, `RunContents`, `Runs`,
    `Models`, `Search`.
    """


def setup_mlflow_for_dolphinscheduler(
    experiment_name: str,
    tags: Mapping[str, object] | None = None,
    *,
    tracking_uri: str | None = None,
    context: Mapping[str, object] | None = None,
    on_retry: OnRetry = "new",
    retry: RetryPolicy | None = None,
    json_logs: bool = True,
) -> MLFlowClient:
    """All that a task does first: connects, sets the experiment (created where there is none), and logs as JSON.

    Args:
        experiment_name: where the task's runs go.
        tags: put on every run, beside those of the task.
        tracking_uri: the server's address; MLFLOW_TRACKING_URI where it is not given.
        context: what DolphinScheduler put into the script's text, see `declare_context`.
        on_retry: whether a retried task starts a `new` run, or goes on with (`resume`) the one of its last attempt.
        retry: how often something is created again whose answer was lost.
        json_logs: writes the client's log to standard error; without it, it goes where the task's logging sends it.

    Raises:
        ConfigurationError: there is no address, or an argument is none of what it may be.
        MLFlowClientError: the server does not answer, or refuses.
    """
    if json_logs:
        configure_logging()
    client = MLFlowClient(tracking_uri, tags=tags, context=context, on_retry=on_retry, retry=retry)
    client.set_experiment(experiment_name)
    return client
