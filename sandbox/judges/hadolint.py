"""hadolint: how images are best described (https://github.com/hadolint/hadolint), and shellcheck on what they run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.judges import tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "hadolint"


def judge(images: Sequence[Path]) -> Report:
    """Judge Containerfiles, by their paths in the repository.

    Raises:
        SandboxError: it did not judge.
    """
    # A comment in the file would be an exception that exceptions.toml does not tell of.
    told = json.loads(tools.told_by(NAME, "--format=json", "--disable-ignore-pragma", *images))
    findings = (Finding(NAME, each["code"], each["file"], f"line {each['line']}: {each['message']}") for each in told)
    return Report(NAME, len(images), "images", frozenset(findings))
