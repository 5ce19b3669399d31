"""A double of the connection by which the rehearsal does what a database's administrator does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sandbox import rehearsal

if TYPE_CHECKING:
    import pytest
    from psycopg import sql


class Connection:
    """Writes down what it is told to execute."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, statement: sql.Composed) -> None:
        self.done.append(statement.as_string(None).replace('"', ""))


def stand_in(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """Takes the place of the connection."""
    connection = Connection()
    monkeypatch.setattr(rehearsal, "database_administration", lambda _: connection)
    return connection
