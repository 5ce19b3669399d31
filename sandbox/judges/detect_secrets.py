"""detect-secrets: what looks like a password, key or token in a file (https://github.com/Yelp/detect-secrets)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.judges import tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "detect-secrets"
_EVERYTHING = (
    "--all-files",
    # Asks nobody whether a key is in use.
    "--no-verify",
    # A comment in a file would be an exception that exceptions.toml does not tell of.
    "--disable-filter=detect_secrets.filters.allowlist.is_line_allowlisted",
)


def judge(files: Sequence[Path]) -> Report:
    """Judge files, by their paths in the repository.

    Raises:
        SandboxError: it did not judge.
    """
    told = json.loads(tools.told_by(NAME, "scan", *_EVERYTHING, *files, found=()))
    findings = (
        Finding(NAME, each["type"], file, f"line {each['line_number']}")
        for file, several in told["results"].items()
        for each in several
    )
    return Report(NAME, len(files), "files", frozenset(findings))
