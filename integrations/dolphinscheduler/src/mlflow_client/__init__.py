"""MLflow in DolphinScheduler tasks: runs that know their workflow, and retries that never duplicate them.

Nothing is imported before it is used: MLflow itself loads a part of this package in the middle of its own import, and a
task that only wants its tags should not wait for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow_client.client import MLFlowClient, setup_mlflow_for_dolphinscheduler
    from mlflow_client.comparison import RunComparison
    from mlflow_client.context import TaskContext, declare_context
    from mlflow_client.errors import (
        AccessRefusedError,
        ConfigurationError,
        MLFlowClientError,
        NotFoundError,
        RefusedError,
        ServerUnreachableError,
    )
    from mlflow_client.logs import configure_logging
    from mlflow_client.retries import RetryPolicy
    from mlflow_client.tags import dolphin_tags

_PLACES = {
    "MLFlowClient": "client",
    "setup_mlflow_for_dolphinscheduler": "client",
    "RunComparison": "comparison",
    "TaskContext": "context",
    "declare_context": "context",
    "AccessRefusedError": "errors",
    "ConfigurationError": "errors",
    "MLFlowClientError": "errors",
    "NotFoundError": "errors",
    "RefusedError": "errors",
    "ServerUnreachableError": "errors",
    "configure_logging": "logs",
    "RetryPolicy": "retries",
    "dolphin_tags": "tags",
}

__all__ = [
    "AccessRefusedError",
    "ConfigurationError",
    "MLFlowClient",
    "MLFlowClientError",
    "NotFoundError",
    "RefusedError",
    "RetryPolicy",
    "RunComparison",
    "ServerUnreachableError",
    "TaskContext",
    "configure_logging",
    "declare_context",
    "dolphin_tags",
    "setup_mlflow_for_dolphinscheduler",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
