"""The package `migration` as pods find it: for the migration, and for whoever asks what the server's image knows."""

from __future__ import annotations

from pathlib import Path

from components.python_files import database_session_package, package

MODULE = "migration"
"""What the program is called where Python finds it."""
KNOWN_REVISIONS = f"{MODULE}.known_revisions"
"""Run with the path of a file: writes the schema revisions that the image knows, one a line."""
_SOURCE = Path(__file__).with_name("migration")


def program_files() -> dict[str, str]:
    """Read its modules and what they import of ours, text by path."""
    return {**package(MODULE, _SOURCE), **database_session_package()}
