"""Reads from MLflow's tables where artifacts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_COLUMNS = (
    ("runs", "artifact_uri"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)
"""In the order of their age: a schema may lack the later ones."""


def artifact_addresses(session: psycopg.Connection[Any]) -> Iterator[str]:
    """Yield every address that a run, a model version or a logged model has."""
    for table, column in _COLUMNS:
        row = session.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            (table, column),
        ).fetchone()
        if row and row[0]:
            query = sql.SQL("SELECT DISTINCT {0} FROM {1} WHERE {0} IS NOT NULL")
            with session.cursor() as cursor:
                cursor.execute(query.format(sql.Identifier(column), sql.Identifier(table)))
                for (address,) in cursor:
                    yield address
