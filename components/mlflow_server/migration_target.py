"""What a schema migration migrates to: Jobs that are to run once for each are named after it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.contracts import DatabaseConnection

_LENGTH = 10


def migration_target(image: str, database: DatabaseConnection) -> str:
    """Tell a server's image on a database server from every other, in a few letters."""
    return sha256(f"{image} {database.host}:{database.port}".encode()).hexdigest()[:_LENGTH]
