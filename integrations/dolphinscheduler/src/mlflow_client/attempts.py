"""Which runs the earlier attempts of a task have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_client.context import TAG_PREFIX
from mlflow_client.errors import ConfigurationError
from mlflow_client.session import quoted
from mlflow_client.tags import TASK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

    from mlflow_client.context import TaskContext

INSTANCE = f"{TAG_PREFIX}workflow_instance_id"
RETRY_NUMBER = f"{TAG_PREFIX}retry_number"
PARENT = "mlflow.parentRunId"
RUN_NAME = "mlflow.runName"


def earlier_runs(
    tracking: MlflowClient,
    experiment_id: str,
    *,
    context: TaskContext,
    tags: Mapping[str, str],
    run_name: str | None,
    parent: str | None,
) -> list[Run]:
    """The runs of the same task of the same workflow instance, the oldest first.

    DolphinScheduler retries a task as a new task instance of the same workflow instance, so that is what they share.

    Args:
        tracking: where to look.
        experiment_id: in which experiment.
        context: the task.
        tags: the tags that the run will have.
        run_name: only those of this name, where one is given.
        parent: the run that they are below; None for those that are below none.

    Raises:
        ConfigurationError: nothing tells which task this is.
    """
    conditions = {INSTANCE: context.workflow_instance_id, **_task(context, tags)}
    if not all(conditions.values()):
        raise ConfigurationError(
            "on_retry is 'resume', and this task does not know its "
            f"{'workflow instance' if not context.workflow_instance_id else 'own name'}: "
            'tell it by declare_context(workflow_instance_id="${system.workflow.instance.id}", '
            'task_definition_code="${system.task.definition.code}"), and where DolphinScheduler is older than 3.2 by '
            f'tags={{"{TASK}": ...}}'
        )
    if run_name:
        conditions[RUN_NAME] = run_name
    if parent:
        conditions[PARENT] = parent
    query = " and ".join(f"tags.`{key}` = {quoted(value)}" for key, value in conditions.items())
    found = tracking.search_runs([experiment_id], query, order_by=["attributes.start_time ASC"])
    return [each for each in found if parent or PARENT not in each.data.tags]


def retry_tags(earlier: Run, context: TaskContext) -> dict[str, str]:
    """Which retry this is: DolphinScheduler does not tell, but what the last attempt left does."""
    if context.retry_number:
        return {}
    before = earlier.data.tags
    counted = before.get(RETRY_NUMBER, "")
    number = int(counted) if counted.isdecimal() else 0
    same = bool(context.task_instance_id) and before.get(f"{TAG_PREFIX}task_instance_id") == context.task_instance_id
    return {RETRY_NUMBER: str(number if same else number + 1)}


def _task(context: TaskContext, tags: Mapping[str, str]) -> dict[str, str]:
    """The tag by which a task is known from one attempt to the next."""
    if context.task_definition_code:
        return {f"{TAG_PREFIX}task_definition_code": context.task_definition_code}
    if context.task_definition_name:
        return {f"{TAG_PREFIX}task_definition_name": context.task_definition_name}
    return {TASK: tags.get(TASK, "")}
