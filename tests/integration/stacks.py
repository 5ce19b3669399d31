"""How integration tests drive the engine: the platform's own stack, and cheap stacks of the same program beside it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import paths, stack
from tests import runbook
from tests.troubleshooting import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = stack.PROJECT
COMMAND_SECONDS = 400.0
UPDATE = "pulumi up\n"
STATEFUL = ("postgresql:", "minio:")
QUIET = ("--non-interactive", "--suppress-progress", "--color=never")


@dataclass(frozen=True)
class Stack:
    """One stack of the program: its name, and the environment that leads `pulumi` to its configuration and state."""

    name: str = stack.STACK
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ | stack.environment())

    @property
    def states(self) -> Path:
        """The folder in which the engine keeps states and locks."""
        return Path(self.environment["PULUMI_BACKEND_URL"].removeprefix("file://").partition("?")[0]) / ".pulumi"

    def words(self, *words: str) -> list[str]:
        """The command line of a `pulumi` command on this stack."""
        return ["pulumi", *words, f"--stack={self.name}", f"--cwd={paths.CLONE}", *QUIET[: 3 if _shows(words) else 1]]

    def run(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, whatever that is; standard output and standard error come as one text."""
        return subprocess.run(
            self.words(*words),
            env=dict(self.environment),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def succeed(self, *words: str, stdin: str | None = None) -> str:
        """Runs a command that has to succeed and returns what it printed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, f"pulumi {' '.join(words)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def fail(self, *words: str) -> str:
        """Runs a command that has to fail and returns what it printed."""
        done = self.run(*words)
        assert done.returncode != 0, f"pulumi {' '.join(words)} was expected to fail:\n{done.stdout}"
        return done.stdout

    def up(self, *words: str) -> str:
        """Deploys without asking."""
        return self.succeed("up", "--yes", "--skip-preview", *words)

    def recover(self) -> None:
        """Runs the guide's commands for a killed update, but for the last, as a person does who selected the stack."""
        (commands,) = Entry.called("An update was killed").cures
        recovery, update, _ = commands.rpartition(UPDATE)
        assert update
        runbook.run(recovery, environment={**self.environment, "PULUMI_STACK": self.name})

    def deployment(self) -> dict[str, Any]:
        """The recorded state, with the secrets encrypted."""
        exported: dict[str, Any] = json.loads(self.succeed("stack", "export"))["deployment"]
        return exported

    def identities(self) -> dict[str, str]:
        """Id by URN of every resource that holds data or a key; a replacement changes an id or a creation time."""
        return {
            resource["urn"]: f"{resource['id']} created {resource.get('created')}"
            for resource in self.deployment()["resources"]
            if resource["type"].startswith(STATEFUL)
        }


def _shows(words: tuple[str, ...]) -> bool:
    return words[0] in {"up", "preview", "refresh", "destroy", "import"}


def separate_stack(folder: Path, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Stack:
    """Makes a stack with a state and a configuration of its own below `folder`.

    Args:
        folder: an empty folder.
        name: the stack's name.
        config: its whole plain configuration, without the project's prefix for keys that have no colon.
        secrets: what is stored encrypted.
    """
    (folder / "state").mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
    file = folder / f"Pulumi.{name}.yaml"
    environment = os.environ | stack.environment() | {"PULUMI_BACKEND_URL": f"file://{folder}/state?metadata=skip"}
    environment.pop("PULUMI_OPTION_CONFIG_FILE", None)
    init = ["pulumi", "stack", "init", name, f"--cwd={folder}", "--non-interactive"]
    subprocess.run(init, env=environment, check=True, capture_output=True, timeout=60)
    document = yaml.safe_load(file.read_text())
    document["config"] = {key if ":" in key else f"{PROJECT}:{key}": value for key, value in config.items()}
    file.write_text(yaml.safe_dump(document))
    made = Stack(name, environment | {"PULUMI_OPTION_CONFIG_FILE": str(file)})
    for key, value in secrets.items():
        made.succeed("config", "set", "--secret", key, stdin=value)
    return made
