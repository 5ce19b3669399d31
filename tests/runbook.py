"""The runbook, and other guides, as people use them: they follow an alert's link, or run the commands of a section."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from sandbox import paths
from tests import guides

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

README = paths.CLONE / "README.md"
INDEX = paths.CLONE / "docs/README.md"
RUNBOOK = paths.CLONE / "docs/runbook.md"
DELIVERY = paths.CLONE / "docs/delivery.md"
DEPLOYMENT = paths.CLONE / "docs/deployment.md"
SINGLE_SIGN_ON = paths.CLONE / "docs/sso.md"
SERVICE_CATALOG = paths.CLONE / "docs/service-catalog.md"
SECTION_SECONDS = 900.0
SET = re.compile(r"pulumi config set (?P<key>\w+) (?P<value>\S+)")
UPDATE = re.compile(r"^(pulumi up.*)$", re.MULTILINE)
UNATTENDED = r"\1 --yes --skip-preview --non-interactive --color=never"


def anchors() -> set[str]:
    """The anchors of its sections, one an alert."""
    return {heading.lower() for heading in re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)}


def blocks(section: str, document: Path = RUNBOOK) -> list[str]:
    """The commands of a section, as they stand there."""
    return guides.blocks_of(guides.section(document, section), "sh")


def settings(block: str) -> dict[str, str]:
    """What a block that ends with an update sets in the stack's configuration; it does nothing else."""
    *changes, update = block.splitlines()
    assert update == "pulumi up", f"{block} does not end with an update"
    parsed = [SET.fullmatch(change) for change in changes]
    assert all(parsed), f"{block} has something else than settings"
    return {match["key"]: match["value"] for match in parsed if match}


def run(*commands: str, environment: Mapping[str, str], folder: Path = paths.CLONE, answers: str = "") -> str:
    """Run blocks one after the other in one shell, as a person does who has selected the stack; return what they print.

    Only an update, which would ask for a confirmation, is told to go on.
    """
    script = UPDATE.sub(UNATTENDED, "\n".join(commands))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        input=f"{answers}\n" * script.count("\n") if answers else "",
        capture_output=True,
        text=True,
        timeout=SECTION_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    return done.stdout
