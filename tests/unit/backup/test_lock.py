"""The backup program imports nothing of the platform's, and yet has to take the same lock."""

from __future__ import annotations

from typing import Any, cast

import psycopg
import pytest

from components.database_session.lock import WHOLE_DATABASE
from mlflow_backup.commands import drill
from mlflow_backup.database import session
from mlflow_backup.failures import RetryLaterError


def test_backup_and_schema_migration_take_the_same_lock() -> None:
    assert session.LOCK == WHOLE_DATABASE


def test_a_drill_keeps_nobody_but_another_drill_away() -> None:
    assert drill.LOCK != WHOLE_DATABASE


class Session:
    """Answers as a server, or is gone."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def execute(self, *_: object) -> Session:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self

    def fetchone(self) -> object:
        return self._answer


def test_a_session_that_holds_the_lock_may_go_on() -> None:
    session.demand_lock(cast("psycopg.Connection[Any]", Session((True,))), "nothing has been changed")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((False,), "the server knows nothing of it"),
        (psycopg.errors.AdminShutdown("terminating connection\nby command"), "terminating connection by command"),
        (psycopg.OperationalError("the connection is closed"), "the connection is closed"),
    ],
    ids=str,
)
def test_one_that_does_not_is_asked_to_come_again(answer: object, why: str) -> None:
    with pytest.raises(RetryLaterError) as caught:
        session.demand_lock(cast("psycopg.Connection[Any]", Session(answer)), "nothing has been changed")

    assert (int(caught.value.code), caught.value.reason) == (4, "lock-lost")
    assert f"is lost ({why}), and another backup" in str(caught.value)
    assert str(caught.value).endswith(": nothing has been changed; run it again")
