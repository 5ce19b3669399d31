"""The tags that a task's runs carry."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlflow_client.context import TAG_PREFIX, read_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow_client.context import TaskContext

LONGEST_VALUE = 5000
"""Characters of a tag's value that every supported server takes (`MAX_TAG_VAL_LENGTH` before MLflow 2.15)."""
REQUEST_ID = "mlflow_client.request_id"
"""Marks what one call created, so that a call whose answer was lost finds it instead of creating it again."""
TASK = "task"
"""The user's own name for a task, which tells the tasks of a workflow apart where DolphinScheduler 3.1 cannot."""


def dolphin_tags(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tags of the task that this process is: `dolphin.workflow_instance_id` and so on; none outside of a task.

    For what MLflow does not ask a plugin about: `MlflowClient().create_run(experiment, tags=dolphin_tags())`.

    Args:
        environment: other variables than this process's.
    """
    return context_tags(read_context(os.environ if environment is None else environment))


def context_tags(context: TaskContext) -> dict[str, str]:
    """A context as tags."""
    return {f"{TAG_PREFIX}{name}": value[:LONGEST_VALUE] for name, value in context.known().items()}


def new_request() -> str:
    """A value of the tag `REQUEST_ID` that nobody else has."""
    return os.urandom(16).hex()
