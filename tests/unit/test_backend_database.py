from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from components.backend_database import BackendDatabase, BackendDatabaseArgs, DatabaseReaderArgs
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

READER_PASSWORD = "battery-of-the-reader"  # noqa: S105 - of no server


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


def with_reader(*, reader: bool = True) -> Recording:
    """Register a database named `backend`, with or without somebody who reads it."""

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
            ),
        )
        connections = {"server": made.connection, "reader": made.reader}
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
