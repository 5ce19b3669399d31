"""A workflow from its definition: tasks in their order, parameters between them, and retries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import yaml

from tests.dolphinscheduler.generations import TaskInstance, substituted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dolphinscheduler.worker import Done, Worker

SET_VALUE = re.compile(r"[$#]\{setValue\(([^=)]+)=([^)]*)\)\}")


@dataclass
class WorkflowInstance:
    """One run of a workflow that is defined in pydolphinscheduler's YAML."""

    definition: dict[str, Any]
    worker: Worker
    first: TaskInstance
    """Tells the generation, and the ids that all tasks share."""
    parameters: dict[str, str]
    """Those of the workflow, and what its tasks have handed on so far."""
    ended: dict[str, list[Done]] = field(default_factory=dict)
    """The attempts of each task."""

    @classmethod
    def of(cls, file: Path, worker: Worker, generation: str, **parameters: str) -> WorkflowInstance:
        """A new instance, started with some parameters other than the definition's."""
        definition = yaml.safe_load(file.read_text())
        defaults = {name: str(value) for name, value in definition["workflow"]["param"].items()}
        assert set(parameters) <= set(defaults), f"the workflow has {sorted(defaults)}"
        return cls(definition, worker, TaskInstance(generation=generation), defaults | parameters)

    def run(self) -> None:
        """Runs every task; one that fails through all its retries ends the workflow."""
        tasks = {task["name"]: task for task in self.definition["tasks"]}
        for name in TopologicalSorter({name: task.get("deps", []) for name, task in tasks.items()}).static_order():
            attempts = 1 + tasks[name].get("fail_retry_times", 0)
            assert any(self.attempt(name).exit_code == 0 for _ in range(attempts)), self.ended[name][-1].output

    def attempt(self, name: str) -> Done:
        """Runs one task once, as a new task instance."""
        number, task = next(
            (number, task) for number, task in enumerate(self.definition["tasks"], 1) if task["name"] == name
        )
        assert task["task_type"] == "Shell"
        instance = replace(self.first, task_definition_name=name, task_definition_code=str(number)).retried()
        done = self.worker.shell(instance, substituted(task["command"], self.parameters)).wait()
        self.ended.setdefault(name, []).append(done)
        declared = task.get("output_params", {})
        self.parameters |= {key: value for key, value in SET_VALUE.findall(done.output) if key in declared}
        return done
