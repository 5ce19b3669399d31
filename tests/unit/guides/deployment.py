"""The deployment guide's sections and what their commands ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.guides.markdown import sections
from stacks.config_reader import ConfigReader
from tests import guides, runbook
from tests.typed_commands import typed
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.typed_commands import Typed

GUIDE = runbook.DEPLOYMENT
SECTIONS = {section.title: section.text for section in sections(GUIDE.read_text())}
PROGRAMS = ("pulumi", "docker", "pip", "make", "age-keygen")
OPTIONS = {
    "Single sign-on": "access",
    "Monitoring": "monitoring",
    "Backups": "backup",
    "Garbage collection": "garbageCollection",
}
"""Sections that turn something on, and by which key."""
GIVEN = (
    f"export ACCOUNT_ID={stack_files.ACCESS_FACTS['cloudflareAccountId']} "
    f"ZONE_ID={stack_files.ACCESS_FACTS['cloudflareZoneId']}\n"
)
"""What the reader has at hand."""
PUBLIC_KEY = "age1..."
"""In the place of one that the reader has just made."""


def blocks(title: str, language: str = "sh") -> list[str]:
    """The blocks of one section."""
    found = guides.blocks_of(SECTIONS[title], language)
    assert found, f"{title} has no block of {language}"
    return found


def commands(*titles: str, folder: Path) -> Typed:
    """What the commands of sections ask for, one after the other."""
    (made,) = stack_files.BACKUP_FACTS["backupRecipients"]
    script = "".join(block for title in titles for block in blocks(title))
    return typed(GIVEN + script.replace(PUBLIC_KEY, made), folder, PROGRAMS)


def reader(asked: Typed, folder: Path) -> ConfigReader:
    """The configuration of a new stack after these commands, read where they were typed."""
    (folder / "postgres-ca.pem").write_text(stack_files.CERTIFICATE)
    defaults: dict[str, Any] = {key: declared["default"] for key, declared in stack_files.schema().items()}
    values = {key: stack_files.as_text(value) for key, value in (defaults | asked.config).items()}
    return ConfigReader(project=PROJECT, values=values, secret_keys=asked.secrets)
