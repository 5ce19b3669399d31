from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


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
