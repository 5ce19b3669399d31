"""A worker: runs the script of a task as a process of this machine, in the way of each kind of task."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.dolphinscheduler.generations import TaskInstance, substituted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE = 120.0  # seconds for one task


@dataclass(frozen=True)
class Done:
    """A task that has ended."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class Running:
    """A task that has not."""

    process: subprocess.Popen[str]

    def wait_for(self, line: str) -> None:
        """Reads what it prints until a line comes."""
        assert self.process.stdout is not None
        seen = []
        for printed in self.process.stdout:
            seen.append(printed)
            if printed.strip() == line:
                return
        raise AssertionError(f"the task ended without printing {line!r}: {''.join(seen)}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> Done:
        """Does what the worker does when a task is stopped: a signal to each process of it."""
        os.killpg(self.process.pid, how)
        return self.wait()

    def wait(self) -> Done:
        output, _ = self.process.communicate(timeout=PATIENCE)
        return Done(self.process.returncode, output)


@dataclass(frozen=True)
class Worker:
    """One that has the packages of a Python, and a base folder."""

    base: Path
    python: Path
    environment: Mapping[str, str]
    """The exports of the DolphinScheduler environment that its tasks have chosen."""

    def shell(self, task: TaskInstance, script: str) -> Running:
        """A shell task: the text after substitution, behind the exports; no variable tells of the task."""
        folder = self._folder(task)
        return self._bash(folder, substituted(script, task.parameters(str(folder))))

    def python_task(self, task: TaskInstance, script: str) -> Running:
        """A Python task: the same with the text of the Python script, which a shell then starts."""
        folder = self._folder(task)
        file = folder / f"py_{task.task_instance_id}.py"
        file.write_text(substituted(script, task.parameters(str(folder))))
        return self._bash(folder, f"exec {shlex.quote(str(self.python))} {shlex.quote(str(file))}")

    def kubernetes(self, task: TaskInstance, script: str) -> Running:
        """A Kubernetes task: the container's command, with every parameter as a variable of its name, dots and all."""
        folder = self.base / "container"
        folder.mkdir(exist_ok=True)
        return self._start([str(self.python), "-c", script], folder, {**self.environment, **pod_variables(task)})

    def _folder(self, task: TaskInstance) -> Path:
        folder = self.base / task.folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _bash(self, folder: Path, script: str) -> Running:
        exports = [f"export {name}={shlex.quote(value)}" for name, value in self.environment.items()]
        file = folder / "command.sh"
        file.write_text("\n".join([*exports, f'export PATH={self.python.parent}:"$PATH"', script, ""]))
        return self._start(["bash", str(file)], folder, {})

    def _start(self, command: list[str], folder: Path, variables: Mapping[str, str]) -> Running:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.base), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return Running(process)


def pod_variables(task: TaskInstance) -> dict[str, str]:
    """What the pod of a Kubernetes task has in its environment (`K8sTaskExecutor`)."""
    return {**task.parameters("/"), "taskInstanceId": task.task_instance_id}
