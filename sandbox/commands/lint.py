"""`make lint`: ruff's rules and format, and strict types."""

from __future__ import annotations

import subprocess
import sys

from sandbox import paths
from sandbox.errors import SandboxError

PLACES = (
    "__main__.py",
    *("components", "stacks", "delivery", "policies", "sandbox", "images", "integrations", "examples", "tests"),
)
CHECKS = (
    ("ruff check", ("ruff", "check", "--quiet", *PLACES)),
    ("ruff format", ("ruff", "format", "--check", "--quiet", *PLACES)),
    ("mypy --strict", ("mypy", "--no-error-summary", *PLACES)),
)


def run() -> None:
    """Runs every check, then says which found something.

    Raises:
        SandboxError: one did.
    """
    found = findings()
    if found:
        raise SandboxError(found[0], "mend the lines above; `ruff format .` formats")


def findings() -> list[str]:
    """Runs every check; says in one sentence which found something, or nothing, for a command that does more yet."""
    failed = [name for name, words in CHECKS if not _passes(name, words)]
    return [f"{' and '.join(failed)} found something"] if failed else []


def _passes(name: str, words: tuple[str, ...]) -> bool:
    code = subprocess.run([sys.executable, "-m", *words], cwd=paths.CLONE, check=False).returncode
    sys.stdout.write(f"{name}: {'no finding' if code == 0 else 'findings'}\n")
    sys.stdout.flush()
    return code == 0
