"""What a task can know of its place in DolphinScheduler, from whatever its generation and its kind of task give it.

A shell or Python task gets no environment variables: DolphinScheduler puts values in the place of `${...}` in the text
of the script before it runs, and leaves what it does not know as it is. A Kubernetes task gets every parameter as an
environment variable with a dotted name. DolphinScheduler 2 to 3.2 run a shell or Python task in a folder whose path
has the ids in it, which is all that 3.1 tells of project and workflow.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

RUN_CONTEXT = "MLFLOW_RUN_CONTEXT"
"""MLflow's own variable: tags as JSON, which it puts on every run that `mlflow.start_run` creates."""
TAG_PREFIX = "dolphin."
VARIABLE_PREFIX = "DS_"
PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
NOTHING = ("", "null")
"""3.3 passes the names of project and workflow as null."""
FOLDER = re.compile(
    r"/exec/process/(?:[^/]+/)?(?P<project_code>\d+)/(?P<workflow_definition_code>\d+)_"
    r"(?P<workflow_definition_version>\d+)/(?P<workflow_instance_id>\d+)/(?P<task_instance_id>\d+)(?:/|$)"
)
"""`FileUtils.getProcessExecDir` of DolphinScheduler 2.0 to 3.2; since 3.1 the tenant stands before the project."""
DATE_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")

PARAMETERS: dict[str, tuple[str, ...]] = {
    "project_code": ("system.project.code",),
    "project_name": ("system.project.name",),
    "workflow_definition_code": ("system.workflow.definition.code",),
    "workflow_definition_name": ("system.workflow.definition.name",),
    "workflow_definition_version": (),
    "workflow_instance_id": ("system.workflow.instance.id",),
    "task_definition_code": ("system.task.definition.code",),
    "task_definition_name": ("system.task.definition.name",),
    "task_instance_id": ("system.task.instance.id", "taskInstanceId"),
    "schedule_time": ("system.datetime",),
    "business_date": ("system.biz.date",),
    "retry_number": (),
    "host": (),
}
"""The fields of a context, and the parameters of DolphinScheduler that they are."""


@dataclass(frozen=True, kw_only=True)
class TaskContext:
    """Where a task runs; empty where DolphinScheduler does not tell, and all of it outside of DolphinScheduler.

    Codes and ids are numbers in a text. `schedule_time` is ISO 8601 in the scheduler's own time zone, `business_date`
    is `yyyyMMdd`, `retry_number` counts from 0 and is known where the task says it, or where a run is resumed.
    """

    project_code: str = ""
    project_name: str = ""
    workflow_definition_code: str = ""
    workflow_definition_name: str = ""
    workflow_definition_version: str = ""
    workflow_instance_id: str = ""
    task_definition_code: str = ""
    task_definition_name: str = ""
    task_instance_id: str = ""
    schedule_time: str = ""
    business_date: str = ""
    retry_number: str = ""
    host: str = ""

    def __bool__(self) -> bool:
        return any(self.known().values())

    @property
    def task(self) -> str:
        """What stays the same for a task through its retries: its code, else its name, else nothing."""
        return self.task_definition_code or self.task_definition_name

    def known(self) -> dict[str, str]:
        """The fields that have a value."""
        values = {each.name: str(getattr(self, each.name)) for each in fields(self)}
        return {name: value for name, value in values.items() if value}


def declare_context(**values: object) -> TaskContext:
    """Tells what DolphinScheduler put into the text of a Python task: `declare_context(project_code="${...}")`.

    Kept as `DS_...` variables of this process, so that processes that it starts know it too. A placeholder that nobody
    has replaced counts as missing.

    Returns:
        All that is known of the task now.

    Raises:
        ConfigurationError: a name is none of a context's.
    """
    from mlflow_client.errors import ConfigurationError  # noqa: PLC0415 - only where it is needed

    unknown = sorted(set(values) - set(PARAMETERS))
    if unknown:
        raise ConfigurationError(
            f"declare_context: {', '.join(unknown)} is nothing that a task has; use {', '.join(PARAMETERS)}"
        )
    for name, value in values.items():
        text = _resolved(value)
        if text:
            os.environ[f"{VARIABLE_PREFIX}{name.upper()}"] = text
    return read_context(os.environ)


def read_context(environment: Mapping[str, str], folder: str | None = None) -> TaskContext:
    """All that is known of the task; never fails, and asks nobody.

    What the task says itself (`DS_...`) counts before what DolphinScheduler gives a Kubernetes task, that before
    `MLFLOW_RUN_CONTEXT`, and that before what the path of the working folder tells.

    Args:
        environment: the variables of a process.
        folder: its working folder; this process's where it is not given.
    """
    run_context = tags_of_run_context(environment)
    path = FOLDER.search(_working_folder() if folder is None else folder)
    from_path = path.groupdict() if path else {}
    found: dict[str, str] = {}
    for name, parameters in PARAMETERS.items():
        candidates = [
            environment.get(f"{VARIABLE_PREFIX}{name.upper()}"),
            *(environment.get(parameter) for parameter in parameters),
            run_context.get(f"{TAG_PREFIX}{name}"),
            from_path.get(name),
        ]
        found[name] = next((text for text in map(_resolved, candidates) if text), "")
    found["schedule_time"] = DATE_TIME.sub(r"\1-\2-\3T\4:\5:\6", found["schedule_time"], count=1)
    context = TaskContext(**found)
    return replace(context, host=context.host or os.uname().nodename) if context else context


def tags_of_run_context(environment: Mapping[str, str]) -> dict[str, str]:
    """The tags in `MLFLOW_RUN_CONTEXT` without those whose value is a placeholder; none where it is not such JSON."""
    try:
        tags = json.loads(environment.get(RUN_CONTEXT, "{}"))
    except ValueError:
        return {}
    if not isinstance(tags, dict):
        return {}
    return {str(key): text for key, value in tags.items() if (text := _resolved(value))}


def forget_placeholders(environment: MutableMapping[str, str]) -> None:
    """Takes out of `MLFLOW_RUN_CONTEXT` what is still a placeholder: MLflow would put it on runs as it is."""
    if PLACEHOLDER.search(environment.get(RUN_CONTEXT, "")):
        environment[RUN_CONTEXT] = json.dumps(tags_of_run_context(environment))


def _resolved(value: object) -> str:
    text = "" if value is None else str(value).strip()
    return "" if text in NOTHING or PLACEHOLDER.search(text) else text


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib takes longer to load than all the rest
    except OSError:  # somebody has removed it
        return ""
