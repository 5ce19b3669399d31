"""The backup program imports nothing of the platform's, and yet has to take the same lock."""

from __future__ import annotations

from components.database_session.lock import WHOLE_DATABASE
from mlflow_backup.commands import drill
from mlflow_backup.database import session


def test_backup_and_schema_migration_take_the_same_lock() -> None:
    assert session.LOCK == WHOLE_DATABASE


def test_a_drill_keeps_nobody_but_another_drill_away() -> None:
    assert drill.LOCK != WHOLE_DATABASE
