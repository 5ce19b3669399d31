"""A platform of MLflow 2.10.0 with what people keep in it: taken over as it is, or left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from components.mlflow_server.migration.outcome import Outcome
from sandbox.progress import Progress
from sandbox.toolchain import python_env
from tests.integration.migration_pod import migration
from tests.integration.mlflow_server_here import NEW, serving
from tests.integration.plugin_postgres import postgres
from tests.integration.server_databases import HEAD, databases

if TYPE_CHECKING:
    from tests.integration.migration_pod import MigrationPod
    from tests.integration.server_databases import Database, Databases

__all__ = ["databases", "migration", "postgres"]  # fixtures: importing them makes them known here

LOCK = Path(__file__).with_name("locks") / "mlflow-2.10.0.txt"
OLD_HEAD = "acf3f17fdcc7"


@dataclass(frozen=True)
class Platform:
    """A filled one; its servers have stopped, so that its database can be copied."""

    python: Path
    """Of MLflow 2.10.0."""
    database: Database
    artifacts: Path
    contents: dict[str, Any]
    """As MLflow 2.10.0 reads them."""


@pytest.fixture(scope="module")
def old(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    python = python_env.ensure(Progress(), LOCK)
    folder = tmp_path_factory.mktemp("old")
    database = databases.make()
    with serving(python, database.uri_with_password, folder / "artifacts", folder) as server:
        server.fill(python)
        contents = server.contents(python)
    return Platform(python, database, folder / "artifacts", contents)


def test_what_is_written_is_of_every_kind(old: Platform) -> None:
    runs = old.contents["runs"].values()

    assert {run["status"] for run in runs} == {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"}
    assert {run["lifecycle_stage"] for run in runs} == {"active", "deleted"}
    assert {each["lifecycle_stage"] for each in old.contents["experiments"].values()} == {"active", "deleted"}
    assert {each["current_stage"] for each in old.contents["versions"].values()} >= {"None", "Staging", "Production"}
    assert sum(len(run["artifacts"]) for run in runs) == 40
    assert old.database.run("SELECT count(*) > 1000 FROM metrics") == [(True,)]
    assert old.database.revision() == OLD_HEAD


def test_everything_is_read_back_as_it_was_and_a_second_attempt_has_nothing_to_do(
    migration: MigrationPod, databases: Databases, old: Platform, tmp_path: Path
) -> None:
    database = databases.make(old.database)
    ended = migration.run(database)

    assert (ended.code, database.revision()) == (0, HEAD), ended.log
    assert ended.message.startswith(f"done: {OLD_HEAD} -> {HEAD} in ")
    assert ended.message.endswith("none lost\n")
    with serving(NEW, database.uri_with_password, old.artifacts, tmp_path) as server:
        assert server.contents(NEW) == old.contents
    assert migration.run(database).message.startswith("nothing to do: ")


def test_the_old_image_refuses_what_the_new_one_has_made_of_it(
    migration: MigrationPod, databases: Databases, old: Platform
) -> None:
    database = databases.make(old.database)
    assert migration.run(database).code == 0
    ended = migration.run(database, python=old.python)

    assert ended.code == Outcome.REFUSED.exit_code, ended.log
    assert ended.message.startswith(
        f"refused: the database is at {HEAD}, which MLflow 2.10.0 with its {OLD_HEAD} does not know"
    )
    assert database.revision() == HEAD


def test_a_server_of_the_former_version_goes_on_until_the_rollout_replaces_it(
    migration: MigrationPod, databases: Databases, old: Platform, tmp_path: Path
) -> None:
    database = databases.make(old.database)
    with serving(old.python, database.uri_with_password, old.artifacts, tmp_path) as server:
        # It looks at the schema when it first needs the database, and at that of a newer one it would end.
        assert server.contents(old.python) == old.contents
        assert migration.run(database).code == 0
        assert server.contents(old.python) == old.contents
        server.add(old.python)
        contents = server.contents(old.python)
    with serving(NEW, database.uri_with_password, old.artifacts, tmp_path) as server:
        assert server.contents(NEW) == contents
    assert len(contents["runs"]) == len(old.contents["runs"]) + 2


def test_a_migration_that_fails_leaves_the_former_version_serving_all_of_it(
    migration: MigrationPod, databases: Databases, old: Platform, tmp_path: Path
) -> None:
    database = databases.make(old.database)
    database.run("SET ROLE mlflow; CREATE TABLE webhooks (id int)")
    with serving(old.python, database.uri_with_password, old.artifacts, tmp_path) as server:
        ended = migration.run(database)

        assert ended.code == Outcome.ROLLED_BACK.exit_code, ended.log
        assert 'relation "webhooks" already exists' in ended.message
        assert f"the schema is at {OLD_HEAD} as before" in ended.message
        assert server.contents(old.python) == old.contents


def test_a_migration_that_finds_tables_in_use_leaves_the_former_version_serving_all_of_it(
    migration: MigrationPod, databases: Databases, old: Platform, tmp_path: Path
) -> None:
    database = databases.make(old.database)
    with (
        serving(old.python, database.uri_with_password, old.artifacts, tmp_path) as server,
        database.session() as somebody,
    ):
        somebody.execute("UPDATE experiments SET name = name")
        ended = migration.run(database)

        assert ended.code == Outcome.RETRY_LATER.exit_code, ended.log
        assert "tables that have to change are in use: session " in ended.message
        assert server.contents(old.python) == old.contents


def test_a_migration_that_is_killed_leaves_all_of_it_and_the_next_one_takes_it_over(
    migration: MigrationPod, databases: Databases, old: Platform, tmp_path: Path
) -> None:
    database = databases.make(old.database)
    with serving(old.python, database.uri_with_password, old.artifacts, tmp_path) as server:
        database.stop_migrations()
        attempt = migration.start(database)
        attempt.reach_the_middle(database)
        attempt.kill()
        # It waits until PostgreSQL has noticed, and is then answered as before.
        assert server.contents(old.python) == old.contents
        assert database.revision() == OLD_HEAD
        database.let_migrations_go_on()
    assert migration.run(database).code == 0
    with serving(NEW, database.uri_with_password, old.artifacts, tmp_path) as server:
        assert server.contents(NEW) == old.contents
