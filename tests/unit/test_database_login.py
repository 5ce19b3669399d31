"""A login of the server's own beside the owner of the tables: what can be replaced without a failed request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

PASSWORD = stack_files.SECRETS["databasePassword"]
LOGIN = "backend-login-1a2b3c4"
"""The name that the provider makes up."""


@pytest.fixture(scope="module")
def separate(deployed: Deploy) -> Recording:
    """Production, whose tables are read by somebody else, too."""
    return deployed("prod", databaseLogin="separate")


@pytest.fixture(scope="module")
def both(deployed: Deploy) -> Recording:
    return deployed("prod", databaseLogin="both")


@pytest.fixture(params=["both", "separate"])
def own(request: pytest.FixtureRequest) -> Recording:
    recording: Recording = request.getfixturevalue(request.param)
    return recording


def test_the_login_may_log_in_and_nothing_more(own: Recording) -> None:
    login = own.called("backend-login").inputs

    assert (login["login"], login["connectionLimit"]) == (True, 80)
    assert [login[right] for right in ("superuser", "createDatabase", "createRole", "replication")] == [False] * 4


def test_what_the_login_makes_belongs_to_the_owner(own: Recording) -> None:
    login = own.called("backend-login")

    assert (login.inputs["roles"], login.inputs["assumeRole"]) == (["mlflow"], "mlflow")
    assert own.called("backend-role").urn in login.dependencies


def test_a_new_password_is_a_new_login_beside_the_old_one(own: Recording) -> None:
    login = own.called("backend-login")

    assert login.replacing == ("password",)
    assert "name" not in login.inputs, "two cannot have the same one at a time"


def test_the_old_login_can_be_deleted_while_the_data_are_protected(own: Recording) -> None:
    protected = {resource.name for resource in own if resource.protect}

    assert {name for name in protected if name.startswith("backend-")} == {"backend-role", "backend-database"}


def test_the_owner_of_a_separate_login_cannot_log_in(separate: Recording) -> None:
    owner = separate.called("backend-role")

    assert owner.inputs["login"] is False
    assert "password" not in owner.inputs
    assert owner.ignored == ()


def test_on_the_way_old_pods_log_in_as_the_owner_by_the_password_that_it_had(both: Recording) -> None:
    owner = both.called("backend-role")

    assert owner.inputs["login"] is True
    assert owner.ignored == ("password",)


def test_pods_are_told_user_and_password_by_one_file(own: Recording) -> None:
    login = own.called("mlflow-database").inputs["stringData"]["pg_service.conf"]
    uri = own.called("mlflow-settings").inputs["data"]["MLFLOW_BACKEND_STORE_URI"]

    assert login == f"[mlflow]\nuser={LOGIN}\npassword={PASSWORD}\n"
    assert uri.startswith("postgresql+psycopg2://postgres-shared.data-platform.svc.cluster.local:5432/mlflow?")


def test_the_migration_logs_in_as_the_server_does(own: Recording) -> None:
    pods = [own.called(name).spec["template"]["spec"] for name in ("mlflow-migration", "mlflow-deployment")]
    mounted = [{v["secret"]["secretName"] for v in pod["volumes"] if v["name"] == "database"} for pod in pods]
    environment = {v["name"]: v["value"] for v in pods[0]["containers"][0]["env"]}

    assert mounted[0] == mounted[1] == {"mlflow-database-1a2b3c4d"}
    assert "@" not in environment["MLFLOW_BACKEND_STORE_URI"]


def test_grants_and_default_privileges_are_about_the_owner(own: Recording) -> None:
    assert own.called("backend-schema").inputs["role"] == "mlflow"
    assert own.called("backend-database").inputs["owner"] == "mlflow"
    assert own.called("backend-reader-future-tables").inputs["owner"] == "mlflow"


def test_the_reader_stays_another_role_with_another_password(own: Recording) -> None:
    login = own.called("exporter-database").inputs["stringData"]["pg_service.conf"]

    assert "user=mlflow_reader\n" in login
    assert f"password={stack_files.EXPORTER_SECRETS['databaseReaderPassword']}\n" in login


def test_the_exporter_counts_the_connections_of_the_login(own: Recording) -> None:
    assert own.called("exporter-settings").inputs["data"]["EXPORTER_SERVER_ROLE"] == LOGIN


def test_the_stack_tells_who_logs_in(own: Recording, prod: Recording) -> None:
    assert own.exports["databaseUser"] == LOGIN
    assert "databaseUser" not in prod.exports


def test_the_password_is_readable_nowhere(own: Recording) -> None:
    readable = {resource.name: engine.as_text(resource) for resource in own}
    outputs = [str(value) for name, value in own.exports.items() if name not in own.secret_exports]

    assert [name for name, text in readable.items() if PASSWORD in text] == []
    assert not any(PASSWORD in text for text in outputs)


def test_a_login_of_its_own_adds_a_role_and_changes_no_other_store(own: Recording, prod: Recording) -> None:
    def stores(recording: Recording) -> dict[str, dict[str, Any]]:
        found = [each for each in recording.custom() if each.type.startswith(("postgresql:", "minio:"))]
        return {each.name: each.inputs for each in found}

    before, after = stores(prod), stores(own)

    assert after.keys() - before.keys() == {"backend-login"}
    assert {name for name in before if before[name] != after[name]} <= {"backend-role"}


def test_a_first_preview_registers_what_an_update_does(deployed: Deploy, separate: Recording) -> None:
    preview = deployed("prod", preview=True, databaseLogin="separate")

    assert {resource.urn for resource in preview} == {resource.urn for resource in separate}
