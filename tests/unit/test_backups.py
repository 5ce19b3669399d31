"""Backups inside the whole platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from stacks.backups import backups
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from stacks.stores import stores
from tests.unit import engine, stack_files
from tests.unit.test_backup_settings import ARTIFACTS, DRILLED, FAR, KEYS, SCRATCH, STATUS_KEY, WANTED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


@pytest.fixture(scope="module")
def drilled(deployed: Deploy) -> Recording:
    return deployed("prod", **stack_files.DRILL)


def file(recording: Recording, name: str) -> str:
    (content,) = recording.called(name).inputs["stringData"].values()
    return str(content)


def test_a_migration_waits_for_a_backup_and_nothing_else_does(prod: Recording) -> None:
    guard = prod.called("backup-guard").urn

    assert {each.name for each in prod if guard in each.dependencies} == {"mlflow-migration"}


def test_the_guard_is_named_after_what_the_migration_is(prod: Recording) -> None:
    names = [prod.called(name).metadata["name"] for name in ("backup-guard", "mlflow-migration")]

    assert names[0].removeprefix("mlflow-guard-") == names[1].removeprefix("mlflow-migrate-")


def test_backups_are_made_of_what_the_server_stores_by_roles_and_keys_of_their_own(prod: Recording) -> None:
    assert "user=mlflow_backup\n" in file(prod, "backup-create-database")
    assert prod.called("backend-backup-sequences").urn in prod.called("backup-create-database").dependencies
    assert prod.called("artifacts-copier-account").urn in prod.called("backup-create-artifacts").dependencies
    assert prod.called("backups-writer-account").urn in prod.called("backup-writer-key").dependencies
    assert prod.called("backups-pruner-account").urn in prod.called("backup-pruner-key").dependencies


def test_the_migration_waits_until_what_it_makes_can_be_backed_up(prod: Recording) -> None:
    assert prod.called("backend-backup-future-sequences").urn in prod.called("mlflow-migration").dependencies


def test_a_restore_is_made_by_the_servers_own_login_and_key(prod: Recording) -> None:
    assert "user=mlflow\n" in file(prod, "backup-restore-database")
    assert f"password={stack_files.SECRETS['databasePassword']}\n" in file(prod, "backup-restore-database")
    assert prod.called("artifacts-account").urn in prod.called("backup-restore-artifacts").dependencies


def test_a_restore_follows_the_servers_login_where_that_is_replaced(deployed: Deploy) -> None:
    made = deployed("prod", databaseLogin="separate")

    assert "user=backend-login-1a2b3c4\n" in file(made, "backup-restore-database")


def test_backups_are_known_by_host_and_database(prod: Recording) -> None:
    (container,) = prod.called("backup-create").spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]

    assert {"name": "BACKUP_PLATFORM", "value": "mlflow.254carbon.com/mlflow"} in container["env"]


def test_the_stack_tells_where_backups_are(prod: Recording, dev: Recording) -> None:
    assert prod.exports["backupBucket"] == "mlflow-backups"
    assert "backupBucket" not in dev.exports


def test_without_backups_there_is_nothing_of_them(dev: Recording) -> None:
    assert [each.name for each in dev if "backup" in each.name or "copier" in each.name or "drill" in each.name] == []


def test_a_drill_has_a_role_and_a_bucket_of_its_own(drilled: Recording, prod: Recording) -> None:
    assert "user=mlflow_drill\n" in file(drilled, "backup-drill-database")
    assert drilled.called("drill-bucket").inputs["bucket"] == "mlflow-artifacts-drill"
    assert drilled.called("drill-account").urn in drilled.called("backup-drill-artifacts").dependencies
    assert file(drilled, "backup-identity") == stack_files.DRILL["backupIdentity"]
    assert [each.name for each in prod if "drill" in each.name] == []


def test_a_new_version_of_the_artifacts_keys_is_one_of_those_for_backups_too(deployed: Deploy) -> None:
    made = deployed("prod", artifactKeyVersion=7, **stack_files.DRILL)

    for key, user in (("artifacts-copier-account-7", "create"), ("drill-account-7", "drill")):
        assert made.called(key).urn in made.called(f"backup-{user}-artifacts").dependencies


def test_stores_that_exist_are_backed_up_by_what_is_given(deployed: Deploy) -> None:
    existing = {**DRILLED, **ARTIFACTS, **KEYS, **SCRATCH, "databaseProvision": False, "databaseBackupUser": "copying"}
    made = deployed(**existing)

    assert "user=copying\n" in file(made, "backup-create-database")
    assert "user=mlflow_drill\n" in file(made, "backup-drill-database")
    assert KEYS["backupSecretKey"] in file(made, "backup-writer-key")
    assert KEYS["backupPruneSecretKey"] in file(made, "backup-pruner-key")
    assert ARTIFACTS["artifactBackupSecretKey"] in file(made, "backup-create-artifacts")
    assert SCRATCH["backupDrillSecretKey"] in file(made, "backup-drill-artifacts")
    assert [each.name for each in made if each.type.startswith(("minio:", "postgresql:"))] == []


def test_another_server_is_provisioned_by_a_provider_of_its_own(deployed: Deploy) -> None:
    made = deployed(**WANTED, **FAR)

    assert made.called("backup-minio").inputs["minioServer"] == "far.example.com:9000"
    assert made.called("backup-minio").urn in made.called("backups-bucket").provider
    assert made.called("minio").urn in made.called("artifacts-bucket").provider
    assert made.called("backup-edges").spec["egress"][-1]["to"] == [{"ipBlock": {"cidr": "203.0.113.9/32"}}]


@pytest.mark.parametrize(("far", "warnings"), [({}, 1), (FAR, 0)])
def test_one_server_for_both_is_warned_of(
    deployed_anew: Deploy, far: dict[str, Any], warnings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    deployed_anew(**WANTED, **far)

    assert len(told) == warnings
    assert all("backups are on the same server as the artifacts (minio.data-platform" in line for line in told)
    assert all("pulumi config set backupEndpoint" in line for line in told)


@pytest.mark.parametrize("given", [{}, {**KEYS, **STATUS_KEY}])
def test_whoever_asks_how_backups_have_ended_gets_a_key_for_that(given: dict[str, Any], tmp_path: Path) -> None:
    exporter: dict[str, Any] = {"exporter": True, **stack_files.EXPORTER_SECRETS}
    settings = load_settings(stack_files.reader("dev", tmp_path, **WANTED, **exporter, **given))

    def program() -> dict[str, Any]:
        status = backups(settings, stores(settings), "data-platform", pulumi.ResourceOptions()).status
        assert status is not None
        return {"bucket": status.bucket, "key": status.secret_key}

    recording = engine.run(program)

    wanted = STATUS_KEY["backupStatusSecretKey"] if given else "generated-secret-key"
    assert recording.exports == {"bucket": "mlflow-backups", "key": wanted}
    assert recording.secret_exports == {"key"}


def test_no_secret_of_backups_is_readable(drilled: Recording) -> None:
    secrets = [*stack_files.BACKUP_SECRETS.values(), stack_files.DRILL["backupIdentity"], "break-and-mend"]
    readable = {each.name: engine.as_text(each) for each in drilled}

    assert [name for name, text in readable.items() for secret in secrets if secret in text] == []


@pytest.mark.parametrize("overrides", [{}, stack_files.DRILL])
def test_a_first_preview_registers_what_an_update_does(deployed: Deploy, overrides: dict[str, Any]) -> None:
    preview, update = deployed("prod", preview=True, **overrides), deployed("prod", **overrides)

    assert {each.urn for each in preview} == {each.urn for each in update}


def test_the_log_is_received_into_the_same_bucket_for_the_same_readers(deployed: Deploy) -> None:
    made = deployed("prod", **stack_files.MOMENTS)
    receiver = made.called("point-in-time-stateful-set").spec["template"]["spec"]
    settings = made.called("point-in-time-settings").inputs["data"]
    public = made.called("point-in-time-public").inputs["data"]

    assert receiver["containers"][0]["image"] == stack_files.BACKUP_FACTS["backupImage"]
    assert (settings["BACKUP_TARGET_BUCKET"], settings["BACKUP_PLATFORM"]) == (
        "mlflow-backups",
        "mlflow.254carbon.com/mlflow",
    )
    assert public["recipients"].splitlines() == stack_files.BACKUP_FACTS["backupRecipients"]
    assert made.called("backups-writer-account").urn in made.called("point-in-time-bucket").dependencies


def test_a_moment_is_restored_into_a_directory_with_room_for_the_whole_server(
    deployed: Deploy, prod: Recording
) -> None:
    made = deployed("prod", **stack_files.MOMENTS, pointInTimeRestoreStorage="70Gi", pointInTimeSuperuser="chief")
    cron = made.called("backup-restore-moment")
    pod = cron.spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (room,) = [volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "instance"]

    assert (cron.metadata["name"], cron.spec["suspend"]) == ("mlflow-restore-moment", True)
    assert room["sizeLimit"] == "70Gi"
    assert {"name": "BACKUP_PITR_SUPERUSER", "value": "chief"} in container["env"]
    (claim,) = made.one("apps/v1:StatefulSet").spec["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "20Gi"}
    assert container["args"][:3] == ["pitr-restore", "--to", "$(RESTORE_MOMENT)"]
    assert container["env"][-1]["valueFrom"]["configMapKeyRef"]["name"] == "mlflow-restore-moment"
    assert "backup-restore-moment" not in {each.name for each in prod}


def test_another_version_makes_other_keys_for_every_pod_of_the_backups(deployed: Deploy) -> None:
    made = deployed("prod", backupKeyVersion=2)

    for who, secret in (("writer", "backup-writer-key"), ("pruner", "backup-pruner-key")):
        assert made.called(f"backups-{who}-account-2").urn in made.called(secret).dependencies
        assert f"backups-{who}-account" not in {each.name for each in made}
    assert "backups-status-reader-account-2" in {each.name for each in made}


def test_a_key_that_somebody_else_made_has_no_version(tmp_path: Path) -> None:
    given = {**WANTED, **FAR, **KEYS, "backupProvision": False, "backupKeyVersion": 2}
    with pytest.raises(
        ConfigError, match=r"backupKeyVersion: is 2, but backupProvision is false; the key that you gave"
    ):
        load_settings(stack_files.reader("prod", tmp_path, **given))
