"""Whose sandbox it is: there is one on a machine, and it belongs to the clone that started it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sandbox import paths, platform, stack
from sandbox.errors import SandboxError
from sandbox.supervisor import client

OWNER = paths.STATE / "owner"
"""Holds the clone that started the sandbox."""


def owner() -> Path | None:
    """The clone whose sandbox is on this machine, running or not."""
    return Path(OWNER.read_text().strip()) if OWNER.exists() else None


def demand_no_others() -> None:
    """Raises a SandboxError when another clone's sandbox runs."""
    if owner() not in {None, paths.CLONE} and client.init_process() is not None:
        raise SandboxError(
            f"a sandbox of another clone is running: {owner()}",
            "run `make down` (here or there): it removes that sandbox; then `make up` here",
        )


def demand_running() -> None:
    """Raises a SandboxError unless this clone's sandbox runs and has its stack."""
    demand_no_others()
    if client.init_process() is None or not stack.is_made():
        raise SandboxError("this clone has no running sandbox", "start it with `make up`")


def claim() -> None:
    """Claims the machine's one sandbox for this clone.

    Raises:
        SandboxError: another clone's sandbox runs.
    """
    demand_no_others()
    if owner() != paths.CLONE or not stack.AUTHORITY.certificate.exists():
        # What this clone knows belongs to a sandbox that is gone, or what runs was made with secrets that are gone.
        platform.stop()
        shutil.rmtree(paths.LOCAL, ignore_errors=True)
    paths.STATE.mkdir(parents=True, exist_ok=True)
    OWNER.write_text(f"{paths.CLONE}\n")
    stack.SECRETS.mkdir(parents=True, exist_ok=True, mode=0o700)
    stack.SECRETS.chmod(0o700)
