"""What each generation of DolphinScheduler tells a task: the built-in parameters, and which of them have a value."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace

_ids = itertools.count(1000)

DATES = {"system.datetime", "system.biz.date", "system.biz.curdate"}
TASK = {"system.task.execute.path", "system.task.instance.id"}
CODES = {
    "system.task.definition.name",
    "system.task.definition.code",
    "system.workflow.instance.id",
    "system.workflow.definition.code",
    "system.project.code",
}
NAMES = {"system.workflow.definition.name", "system.project.name"}
GENERATIONS = {
    "3.1.9": DATES | TASK,
    "3.2": DATES | TASK | CODES | NAMES,
    # Of the names it knows that they exist, but has no value for them (apache/dolphinscheduler#16705).
    "3.3-dev": DATES | TASK | CODES,
}
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class TaskInstance:
    """One attempt of a task, as the scheduler knows it."""

    generation: str
    project_code: str = "9001"
    project_name: str = "fraud"
    workflow_definition_code: str = "9002"
    workflow_definition_name: str = "nightly"
    workflow_definition_version: str = "3"
    workflow_instance_id: str = field(default_factory=lambda: str(next(_ids)))
    task_definition_code: str = "9004"
    task_definition_name: str = "train"
    task_instance_id: str = field(default_factory=lambda: str(next(_ids)))
    scheduled: str = "20261127020000"

    def retried(self) -> TaskInstance:
        """The next attempt: a new task instance of the same workflow instance."""
        return replace(self, task_instance_id=str(next(_ids)))

    @property
    def folder(self) -> str:
        """Where it works, below the worker's base folder (`FileUtils.getProcessExecDir`)."""
        definition = f"{self.workflow_definition_code}_{self.workflow_definition_version}"
        return (
            f"exec/process/tenant/{self.project_code}/{definition}/{self.workflow_instance_id}/{self.task_instance_id}"
        )

    def parameters(self, execute_path: str) -> dict[str, str]:
        """The built-in parameters that its generation has a value for."""
        values = {
            "system.datetime": self.scheduled,
            "system.biz.date": "20261126",
            "system.biz.curdate": "20261127",
            "system.task.execute.path": execute_path,
            "system.task.instance.id": self.task_instance_id,
            "system.task.definition.name": self.task_definition_name,
            "system.task.definition.code": self.task_definition_code,
            "system.workflow.instance.id": self.workflow_instance_id,
            "system.workflow.definition.code": self.workflow_definition_code,
            "system.workflow.definition.name": self.workflow_definition_name,
            "system.project.code": self.project_code,
            "system.project.name": self.project_name,
        }
        return {name: value for name, value in values.items() if name in GENERATIONS[self.generation]}


def substituted(text: str, parameters: dict[str, str]) -> str:
    """Puts values in the place of `${...}`, wherever in the text; leaves what it does not know as it is."""
    return PLACEHOLDER.sub(lambda found: parameters.get(found.group(1), found.group(0)), text)
