"""The age keys of the rehearsed backups: one that a person would keep elsewhere, and one for the scheduled drill."""

from __future__ import annotations

from pyrage import x25519

from sandbox import stack
from sandbox.private_files import write_private

OWNERS = stack.SECRETS / "backup-identity"
"""File with the private key that restores, as `age-keygen` writes one: the cluster is not told of it."""
DRILLS = stack.SECRETS / "backup-drill-identity"
"""The same of the drill, which the cluster has."""


def make() -> None:
    """Makes the keys that are not there yet."""
    for file in (OWNERS, DRILLS):
        if not file.exists():
            write_private(file, f"{x25519.Identity.generate()}\n")


def recipients() -> list[str]:
    """The public keys, to which backups are encrypted."""
    make()
    return [str(x25519.Identity.from_str(file.read_text().strip()).to_public()) for file in (OWNERS, DRILLS)]


def drill_identity() -> str:
    """The private key of the drill."""
    make()
    return DRILLS.read_text().strip()
