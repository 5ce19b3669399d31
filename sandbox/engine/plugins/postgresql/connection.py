"""Sessions on the server, one an operation, with errors that say what to do."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import sql

from sandbox.engine.plugins.protocol.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.engine.plugins.protocol.values import Values

    Row = tuple[Any, ...]
    Statement = sql.Composable | LiteralString

# What libpq says at a failed connection, in the order to look for, and what cures it.
_CURES: Final = (
    ("password authentication failed", "check `username` and `password` of the provider"),
    ("no pg_hba.conf entry", "the server does not let this user in from here: check its pg_hba.conf and `sslmode`"),
    ("certificate verify failed", "`sslrootcert` does not hold the CA that signed the server's certificate"),
    ("does not match host name", "the server's certificate is for another name: check `host`, or `sslmode`"),
    ("does not support SSL", "the server speaks no TLS: set `sslmode` to disable if that is meant to be"),
    ("root certificate file", "check the path in `sslrootcert`"),
    ("could not translate host name", "check `host` of the provider"),
    ("Connection refused", "start the server, or check `host` and `port` of the provider"),
    ("timeout expired", "the server does not answer: check `host`, `port` and the firewall between"),
)
_MISSING_MEMBERSHIP: Final = """
SELECT rolname::text FROM pg_roles
WHERE NOT pg_has_role(current_user, oid, 'USAGE') AND rolname !~ '^pg_' AND rolname = CASE %(role)s
    WHEN 'pg_database_owner' THEN (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())
    ELSE %(role)s END
"""


class Server:
    """A PostgreSQL server and the account that manages it."""

    def __init__(self, config: Values) -> None:
        self.address = f"{config['host']}:{config['port']}"
        self.database: str = config["database"]
        self.username: str = config["databaseUsername"] or config["username"]
        self.superuser: bool = config["superuser"]
        certificate = config["clientcert"] or {}
        self._parameters = {
            "host": config["host"],
            "port": config["port"],
            "user": config["username"],
            "password": config["password"],
            "sslmode": config["sslmode"] or config["sslMode"] or "require",  # lib/pq's default; libpq has another one
            "sslrootcert": config["sslrootcert"],
            "sslcert": certificate.get("cert"),
            "sslkey": certificate.get("key"),
            "connect_timeout": config["connectTimeout"],
            "application_name": "pulumi-resource-postgresql",
        }
        self._slots = threading.BoundedSemaphore(config["maxConnections"] or 1000)  # 0 means no limit
        # Two grants on one object at a time fail with "tuple concurrently updated"; one writer at a time never does.
        self._writer = threading.Lock()

    @contextmanager
    def session(self, database: str | None = None, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Row]]:
        """Open a session on a database (the provider's own by default); commit at the end, roll back on an error.

        Raises:
            ResourceError: the server cannot be reached or refuses; the message names it and the cure.
        """
        database = database or self.database
        arguments = {key: value for key, value in self._parameters.items() if value not in (None, "")}
        with self._slots:
            try:
                connection = psycopg.connect(dbname=database, autocommit=autocommit, **arguments)
            except psycopg.OperationalError as error:
                raise ResourceError(self._unreachable(database, str(error))) from error
            with explained(f"PostgreSQL at {self.address} failed"), connection:
                yield connection

    @contextmanager
    def writing(self, database: str | None = None, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Row]]:
        """Open a session that changes roles, databases or privileges; there is one at a time."""
        with self._writer, self.session(database, autocommit=autocommit) as connection:
            yield connection

    def rows(self, query: LiteralString, *parameters: object, database: str | None = None) -> Sequence[Row]:
        """Run one query in a session of its own."""
        with self.session(database) as connection, explained("could not read from the server"):
            return connection.execute(query, parameters).fetchall()

    def _unreachable(self, database: str, text: str) -> str:
        # libpq names the target before each reason and adds a question after it; both are in our message already.
        lines = [line for line in text.splitlines() if "failed: " in line] or text.strip().splitlines()
        said = lines[-1].rpartition("failed: ")[2].removeprefix("FATAL:  ")
        cure = next((cure for mark, cure in _CURES if mark in text), "check the provider's arguments")
        target = f"{self.address} (database {database}, user {self._parameters['user']})"
        return f"could not connect to PostgreSQL at {target}: {said}; {cure}"


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an SQL error into one for the user: the server's words, without the statement, which may hold a verifier."""
    try:
        yield
    except psycopg.Error as error:
        parts = [error.diag.message_primary or str(error).strip(), error.diag.message_detail, error.diag.message_hint]
        raise ResourceError(f"{what}: " + ". ".join(part for part in parts if part)) from error


@contextmanager
def membership(connection: psycopg.Connection[Row], roles: Sequence[str]) -> Iterator[None]:
    """Be a member of roles for a while: an administrator who is no superuser may act on their objects only then.

    ``pg_database_owner``, which owns ``public`` and cannot have explicit members, stands for the database's owner;
    other predefined roles are left out.
    """
    granted = []
    for role in dict.fromkeys(roles):
        missing = connection.execute(_MISSING_MEMBERSHIP, {"role": role}).fetchone()
        if missing:
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(missing[0])))
            granted.append(missing[0])
    try:
        yield
    finally:
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            for role in granted:
                connection.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(sql.Identifier(role)))


def names(identifiers: Sequence[str]) -> sql.Composed:
    """Quote identifiers and join them with commas."""
    return sql.SQL(", ").join(map(sql.Identifier, identifiers))
