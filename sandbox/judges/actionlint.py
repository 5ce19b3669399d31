"""actionlint: what GitHub would refuse in a workflow, or read otherwise than it looks (https://github.com/rhysd/actionlint).

It hands the scripts of the steps to shellcheck.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.judges import tools
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "actionlint"


def judge(workflows: Sequence[Path]) -> Report:
    """Judge workflows, by their paths in the repository.

    Raises:
        SandboxError: it did not judge.
    """
    shellcheck = f"-shellcheck={tools.program('shellcheck')}"
    told = json.loads(tools.told_by(NAME, shellcheck, "-pyflakes=", "-format={{json .}}", *workflows))
    findings = (
        Finding(NAME, each["kind"], each["filepath"], f"line {each['line']}: {each['message']}") for each in told
    )
    return Report(NAME, len(workflows), "workflows", frozenset(findings))
