"""How a program connects."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy.pool import NullPool

_CONNECTION = {
    # A server that went silent is an error within a minute, instead of a pod that hangs until TCP gives up.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # PostgreSQL otherwise notices at the end of a statement only that the process behind it was killed.
    "options": "-c client_connection_check_interval=5s",
}


def engine_of(uri: str, application: str) -> sqlalchemy.Engine:
    """Make connections that are sessions of their own, and end with them; others see them by this name."""
    return sqlalchemy.create_engine(
        uri, poolclass=NullPool, connect_args={**_CONNECTION, "application_name": application}
    )
