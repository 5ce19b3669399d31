"""The engine with a project, a state and a passphrase of its own, for commands that only keep things."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import paths, stack
from tests import runbook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OF_THE_SANDBOX = ("PULUMI_OPTION_CONFIG_FILE", "PULUMI_STACK", "PULUMI_CONFIG_PASSPHRASE_FILE")
"""Lead to the stacks of the sandbox, whose environment the tests run in."""


@dataclass(frozen=True)
class EngineAlone:
    """What a shell in a fresh clone has, before anything is deployed."""

    project: Path
    environment: Mapping[str, str]

    @classmethod
    def in_folder(cls, folder: Path) -> EngineAlone:
        """Lays out the project, without its program, in an empty folder."""
        project = folder / "project"
        project.mkdir()
        shutil.copy(paths.CLONE / "Pulumi.yaml", project)
        given = os.environ | stack.environment()
        own = {
            "PULUMI_BACKEND_URL": backend(folder / "state"),
            "PULUMI_CONFIG_PASSPHRASE": "open sesame",
            "PULUMI_HOME": str(folder / "home"),
        }
        return cls(project, given | own)

    def type(self, *commands: str, answers: str = "") -> str:
        """Runs commands there; what they print."""
        forget = f"unset {' '.join(_OF_THE_SANDBOX)}"
        return runbook.run(forget, *commands, environment=self.environment, folder=self.project, answers=answers)

    def stack_file(self, name: str) -> dict[str, Any]:
        """The configuration of a stack as it is kept, with the project's prefix."""
        config: dict[str, Any] = yaml.safe_load((self.project / f"Pulumi.{name}.yaml").read_text())["config"]
        return config


def backend(folder: Path) -> str:
    """Address of a state in a folder, which is made."""
    folder.mkdir(exist_ok=True)
    return f"file://{folder}?metadata=skip"
