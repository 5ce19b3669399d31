"""`make audit`: whether a locked Python package has a known vulnerability, as the vulnerability service tells today."""

from __future__ import annotations

import sys

from sandbox.errors import SandboxError
from sandbox.judges import exceptions, files, pip_audit, tools
from sandbox.judges.verdict import sort_out
from sandbox.progress import Progress


def run() -> None:
    """Prints the judge's line.

    Raises:
        SandboxError: a package has one that no exception is for, or nobody within reach tells of vulnerabilities.
    """
    tools.ensure(Progress())
    verdict = sort_out(pip_audit.judge(files.locks()), exceptions.read())
    sys.stdout.write(f"{verdict}\n")
    complaints = verdict.complaints(whole=True)
    if complaints:
        raise SandboxError(
            "locked packages have known vulnerabilities",
            "`make lock` with newer versions, or an exception with its reason in sandbox/judges/exceptions.toml",
            "\n".join(complaints),
        )
