"""What an error of the database says: whether to try again, and what to tell a person."""

from __future__ import annotations

import sqlalchemy

from components.program_logging.redaction import in_one_line

_PASSING = ("55P03", "57014", "40P01", "40001", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs of what passes: a lock or a time limit, a deadlock, a server that stops or starts, no connection free."""
_CONNECTION_CLASS = "08"


def passes(error: BaseException) -> bool:
    """Say whether an error is of the kind that another attempt may not meet."""
    if not isinstance(error, sqlalchemy.exc.DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    if state:
        return state in _PASSING or state.startswith(_CONNECTION_CLASS)
    # Without a state it is not the server that speaks: there is no connection, or none any more.
    return isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError)


def told(error: BaseException) -> str:
    """Tell an error in a line; of one of the database what the driver says, without SQLAlchemy's words around it."""
    return in_one_line((isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig) or error)
