"""Another login of the database by a change of its password, with the real engine on a real PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.plugin_login import (
    ADMINISTRATOR,
    FIRST,
    FORMER,
    LOGINS,
    READER_PASSWORD,
    SECOND,
    THIRD,
    Rotation,
    rotation,
)
from tests.integration.plugin_postgres import postgres

__all__ = ["postgres", "rotation"]  # fixtures: importing them makes them known here

if TYPE_CHECKING:
    from pathlib import Path


def test_a_stack_that_exists_has_nothing_to_do(rotation: Rotation) -> None:
    rotation.give(FORMER)
    rotation.project.up()
    rotation.give()
    rotation.project.run("preview", "--expect-no-changes")
    rotation.project.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    rotation.project.settled()


def test_the_first_rotation_goes_by_way_of_both_logins(rotation: Rotation) -> None:
    rotation.deploy(FORMER)
    with rotation.session("mlflow", FIRST) as old_pod:
        old_pod.execute("CREATE TABLE runs (id int)")

    rotation.deploy(login="both", password=SECOND)
    *_, user = rotation.login
    assert user != "mlflow"
    assert rotation.tried == {"old": "welcome", "new": "welcome"}
    rotation.session("mlflow", FIRST).close()
    assert rotation.refuses("mlflow", SECOND)

    rotation.deploy(login="separate")
    assert rotation.login[2] == user
    assert rotation.refuses("mlflow", FIRST)
    assert rotation.refuses("mlflow", SECOND)
    with rotation.session(user, SECOND) as pod:
        assert pod.execute("SELECT current_user, session_user").fetchall() == [("mlflow", user)]
        pod.execute("INSERT INTO runs VALUES (1)")


def test_a_new_password_is_a_new_login_which_works_before_the_old_one_ends(rotation: Rotation) -> None:
    rotation.deploy(login="separate")
    *_, old = rotation.login
    with rotation.session(old, FIRST) as pod:
        pod.execute("CREATE TABLE runs AS SELECT 1 AS id")

    rotation.deploy(password=SECOND)
    *_, new = rotation.login
    assert rotation.tried == {"old": "welcome", "new": "welcome"}
    assert rotation.refuses(old, FIRST)
    assert rotation.refuses(old, SECOND)
    assert rotation.refuses(new, FIRST)
    with rotation.session(new, SECOND) as pod:
        pod.execute("ALTER TABLE runs ADD COLUMN name text")
        pod.execute("CREATE TABLE metrics (id int)")
    assert rotation.postgres.run(LOGINS) == [(new,)]
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert rotation.postgres.run(owners, database="mlflow") == [("mlflow",)]
    with rotation.session("mlflow_reader", READER_PASSWORD) as reader:
        assert reader.execute("SELECT id, name FROM runs").fetchall() == [(1, None)]
        assert reader.execute("SELECT count(*) FROM metrics").fetchall() == [(0,)]


def test_an_update_that_fails_ends_no_login_until_one_succeeds(rotation: Rotation) -> None:
    rotation.deploy(login="separate")
    *_, old = rotation.login
    rotation.give(password=SECOND, roles=["nobody"])
    assert 'role "nobody" does not exist' in rotation.project.up(fails=True)
    rotation.session(old, FIRST).close()

    rotation.deploy(password=THIRD, roles=[], former_password=FIRST)
    assert rotation.tried == {"old": "welcome", "new": "welcome"}
    assert rotation.refuses(old, FIRST)
    rotation.session(rotation.login[2], THIRD).close()
    assert rotation.postgres.run(LOGINS) == [(rotation.login[2],)]


@pytest.mark.parametrize("made", [True, False])
def test_an_update_killed_while_it_makes_a_login_leaves_none_that_nobody_knows(
    rotation: Rotation, *, made: bool
) -> None:
    rotation.deploy(login="separate")
    *_, old = rotation.login
    if made:
        rotation.postgres.run(f"SET ROLE {ADMINISTRATOR}", 'CREATE ROLE "backend-login-5t2a9y1" LOGIN')
    login = rotation.project.resource("backend-login")
    unrecorded = {**login, "id": "", "inputs": {**login["inputs"], "name": "backend-login-5t2a9y1"}, "outputs": {}}
    state = rotation.project.folder / "state" / ".pulumi" / "stacks" / "test" / "test.json"
    document = json.loads(state.read_text())
    document["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating", "resource": unrecorded}]
    state.write_text(json.dumps(document))

    command = [sys.executable, "-m", "sandbox.recovery"]
    subprocess.run(command, check=True, cwd=rotation.project.folder, env=rotation.project.environment)
    rotation.deploy(password=SECOND)

    assert rotation.refuses(old, FIRST)
    assert rotation.postgres.run(LOGINS) == [(rotation.login[2],)]


def test_the_login_that_is_in_use_cannot_be_ended(rotation: Rotation) -> None:
    rotation.deploy()
    rotation.give(login="separate", password=SECOND)
    for command in (("preview",), ("up", "--yes", "--skip-preview"), ("up", "--yes", "--skip-preview")):
        said = rotation.project.run(*command, fails=True)
        assert "databaseLogin: is separate, but what is deployed logs in as databaseUser" in said
        assert "Traceback" not in said
    rotation.session("mlflow", FIRST).close()

    rotation.give(login="both", roles=["nobody"])
    rotation.project.up(fails=True)
    rotation.give(login="separate", roles=[])
    assert "databaseLogin: is separate" in rotation.project.run("preview", fails=True), "no pod has taken over"


def test_the_way_back_to_the_owner_ends_the_other_login_last(rotation: Rotation) -> None:
    rotation.deploy(login="separate")
    *_, old = rotation.login
    rotation.deploy(login="both")
    rotation.deploy(login="owner", password=SECOND)
    assert rotation.tried == {"old": "welcome", "new": "welcome"}
    assert rotation.login[2] == "mlflow"
    assert rotation.refuses(old, FIRST)
    rotation.session("mlflow", SECOND).close()


def test_the_migration_makes_its_tables_for_the_owner(rotation: Rotation, tmp_path: Path) -> None:
    rotation.deploy(login="separate")
    uri, login, _ = rotation.login
    service_file = tmp_path / "pg_service.conf"
    service_file.write_text(login)
    environment = os.environ | {"PGSERVICEFILE": str(service_file), "PGSERVICE": "mlflow"}
    upgrade = [sys.executable, "-m", "mlflow", "db", "upgrade", uri]
    subprocess.run(upgrade, check=True, capture_output=True, timeout=300, env=environment)
    owners = "SELECT tableowner, count(*) > 20 FROM pg_tables WHERE schemaname = 'public' GROUP BY 1"
    assert rotation.postgres.run(owners, database="mlflow") == [("mlflow", True)]
    with rotation.session("mlflow_reader", READER_PASSWORD) as reader:
        assert reader.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]


def test_no_password_of_a_login_is_readable(rotation: Rotation) -> None:
    rotation.deploy(login="both")
    rotation.deploy(login="separate", password=SECOND)
    for text in (rotation.project.run("stack", "export"), rotation.postgres.log.read_text()):
        assert not any(password in text for password in (FIRST, SECOND))
