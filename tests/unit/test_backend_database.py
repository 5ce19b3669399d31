from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from components.backend_database import BackendDatabase, BackendDatabaseArgs, DatabaseDrillArgs, DatabaseReaderArgs
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

READER_PASSWORD = "battery-of-the-reader"  # noqa: S105 - of no server
BACKUP_PASSWORD = "battery-of-the-backup"  # noqa: S105 - of no server
DRILL_PASSWORD = "battery-of-the-drill"  # noqa: S105 - of no server


def test_the_role_may_log_in_and_nothing_more(dev: Recording) -> None:
    role = dev.called("backend-role").inputs

    assert role["login"] is True
    assert [role[right] for right in ("superuser", "createDatabase", "createRole", "replication")] == [False] * 4


def test_the_role_has_a_connection_limit(dev: Recording) -> None:
    assert dev.called("backend-role").inputs["connectionLimit"] == 80


def test_the_password_of_the_role_is_secret(dev: Recording) -> None:
    assert dev.called("backend-role").inputs["password"] == stack_files.SECRETS["databasePassword"]
    assert dev.called("backend-role").plain["password"] == engine.REDACTED


def test_the_role_owns_the_database(dev: Recording) -> None:
    database = dev.called("backend-database")

    assert database.inputs["owner"] == "mlflow"
    assert dev.called("backend-role").urn in database.dependencies


def test_the_role_may_create_in_the_public_schema(dev: Recording) -> None:
    grant = dev.called("backend-schema").inputs

    assert (grant["schema"], grant["objectType"]) == ("public", "schema")
    assert grant["privileges"] == ["CREATE", "USAGE"]


def test_the_administrator_checks_the_servers_certificate(dev: Recording) -> None:
    provider = dev.called("postgresql").inputs

    assert provider["sslmode"] == "verify-full"
    assert provider["sslrootcert"].endswith("/ca.pem")


def test_the_administrator_uses_an_address_of_its_own(dev: Recording) -> None:
    provider = dev.called("postgresql").inputs

    assert (provider["host"], provider["port"]) == ("198.18.0.1", "5432")
    assert "@postgres-shared.data-platform" in dev.called("mlflow-settings").inputs["data"]["MLFLOW_BACKEND_STORE_URI"]


def test_an_existing_database_needs_no_provider(deployed: Deploy) -> None:
    recording = deployed(databaseProvision=False, databaseAdminUser="", databaseAdminPassword="")

    assert [resource.name for resource in recording if "postgresql" in resource.type] == []
    assert recording.exports["database"] == "mlflow"


def with_reader(*, reader: bool = True, backup: bool = False, drill: bool = False) -> Recording:
    """Register a database named `backend`, with or without others who log in."""

    def program() -> dict[str, Any]:
        made = BackendDatabase(
            "backend",
            BackendDatabaseArgs(
                host="postgres",
                port=5432,
                database="mlflow",
                user="mlflow",
                password="correct-horse-battery",  # noqa: S106 - of no server
                connection_limit=80,
                ssl_mode="verify-full",
                ca_certificate=None,
                peers=[],
                protect=True,
                reader=DatabaseReaderArgs(user="mlflow_reader", password=READER_PASSWORD) if reader else None,
                backup=DatabaseReaderArgs(user="mlflow_backup", password=BACKUP_PASSWORD) if backup else None,
                drill=DatabaseDrillArgs(user="mlflow_drill", password=DRILL_PASSWORD) if drill else None,
            ),
        )
        connections = {
            "server": made.connection,
            "reader": made.reader,
            "backup": made.backup,
            "drill": made.drill,
        }
        return {
            f"{who} {part}": getattr(connection, part)
            for who, connection in connections.items()
            if connection
            for part in ("database", "user", "password")
        }

    return engine.run(program)


@pytest.fixture(scope="module")
def readable() -> Recording:
    return with_reader()


def test_the_reader_may_log_in_a_few_times_and_nothing_more(readable: Recording) -> None:
    role = readable.called("backend-reader-role").inputs

    assert (role["name"], role["login"], role["connectionLimit"]) == ("mlflow_reader", True, 3)
    assert [role[right] for right in ("superuser", "createDatabase", "createRole", "replication")] == [False] * 4
    assert (role["statementTimeout"], role["idleInTransactionSessionTimeout"]) == (30_000, 60_000)


def test_the_reader_may_select_from_the_tables_that_are_and_from_those_to_come(readable: Recording) -> None:
    present = readable.called("backend-reader-tables").inputs
    future = readable.called("backend-reader-future-tables").inputs

    assert readable.called("backend-reader-schema").inputs["privileges"] == ["USAGE"]
    for grant in (present, future):
        assert (grant["role"], grant["database"], grant["schema"]) == ("mlflow_reader", "mlflow", "public")
        assert (grant["objectType"], grant["privileges"]) == ("table", ["SELECT"])
    assert future["owner"] == "mlflow"
    assert "objects" not in present


def test_one_grant_follows_the_other(readable: Recording) -> None:
    order = ["backend-schema", "backend-reader-schema", "backend-reader-future-tables", "backend-reader-tables"]

    for former, latter in pairwise(order):
        assert readable.called(former).urn in readable.called(latter).dependencies


def test_the_reader_connects_with_a_password_of_its_own(readable: Recording) -> None:
    assert readable.called("backend-reader-role").plain["password"] == engine.REDACTED
    assert readable.exports == {
        "server database": "mlflow",
        "server user": "mlflow",
        "server password": "correct-horse-battery",
        "reader database": "mlflow",
        "reader user": "mlflow_reader",
        "reader password": READER_PASSWORD,
    }
    assert readable.secret_exports == {"server password", "reader password"}


def test_the_reader_can_be_taken_away_while_the_data_are_protected(readable: Recording) -> None:
    assert {resource.name for resource in readable if resource.protect} == {"backend-role", "backend-database"}


def test_a_reader_changes_nothing_of_the_rest(readable: Recording) -> None:
    without = with_reader(reader=False)
    inputs = {resource.name: resource.inputs for resource in readable}

    assert {resource.name: resource.inputs for resource in without}.items() <= inputs.items()
    assert set(without.exports) == {"server database", "server user", "server password"}


@pytest.fixture(scope="module")
def backed_up() -> Recording:
    return with_reader(backup=True, drill=True)


def test_backups_may_select_from_tables_and_sequences_that_are_and_those_to_come(backed_up: Recording) -> None:
    for kind in ("table", "sequence"):
        for name in (f"backend-backup-future-{kind}s", f"backend-backup-{kind}s"):
            grant = backed_up.called(name).inputs
            assert (grant["role"], grant["database"], grant["schema"]) == ("mlflow_backup", "mlflow", "public")
            assert (grant["objectType"], grant["privileges"]) == (kind, ["SELECT"])
        assert backed_up.called(f"backend-backup-future-{kind}s").inputs["owner"] == "mlflow"


def test_the_role_of_backups_may_do_nothing_more_and_takes_as_long_as_it_takes(backed_up: Recording) -> None:
    role = backed_up.called("backend-backup-role").inputs

    assert (role["name"], role["login"], role["connectionLimit"]) == ("mlflow_backup", True, 6)
    assert [role[right] for right in ("superuser", "createDatabase", "createRole", "replication")] == [False] * 4
    assert {"statementTimeout", "idleInTransactionSessionTimeout"} & set(role) == set()


@pytest.mark.parametrize("reader", [True, False])
def test_grants_for_backups_follow_one_another_and_those_of_the_reader(*, reader: bool) -> None:
    made = with_reader(reader=reader, backup=True)
    order = [
        "backend-reader-tables" if reader else "backend-schema",
        "backend-backup-schema",
        "backend-backup-future-tables",
        "backend-backup-future-sequences",
        "backend-backup-tables",
        "backend-backup-sequences",
    ]

    for former, latter in pairwise(order):
        assert made.called(former).urn in made.called(latter).dependencies


def test_drills_may_make_databases_and_have_no_right_on_the_servers(backed_up: Recording) -> None:
    role = backed_up.called("backend-drill-role").inputs
    grants = [each.inputs for each in (*backed_up.of_type(":Grant"), *backed_up.of_type(":DefaultPrivileges"))]

    assert (role["name"], role["login"], role["createDatabase"]) == ("mlflow_drill", True, True)
    assert [role[right] for right in ("superuser", "createRole", "replication")] == [False] * 3
    assert [grant for grant in grants if grant["role"] == "mlflow_drill"] == []


def test_backups_and_drills_connect_with_passwords_of_their_own(backed_up: Recording) -> None:
    exports = backed_up.exports

    assert (exports["backup user"], exports["backup password"]) == ("mlflow_backup", BACKUP_PASSWORD)
    assert (exports["drill user"], exports["drill password"]) == ("mlflow_drill", DRILL_PASSWORD)
    assert {"backup password", "drill password"} <= backed_up.secret_exports
    assert backed_up.called("backend-backup-role").plain["password"] == engine.REDACTED
    assert backed_up.called("backend-drill-role").plain["password"] == engine.REDACTED


def test_backups_and_drills_change_nothing_of_the_rest(readable: Recording, backed_up: Recording) -> None:
    inputs = {resource.name: resource.inputs for resource in backed_up}

    assert {resource.name: resource.inputs for resource in readable}.items() <= inputs.items()
    assert readable.exports.items() <= backed_up.exports.items()
    assert {resource.name for resource in backed_up if resource.protect} == {"backend-role", "backend-database"}
