"""Backups of production by its CronJobs: made, verified, drilled and pruned, told of, and demanded by a migration."""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING

import pytest
from minio.error import S3Error

from sandbox import rehearsal
from sandbox.private_files import write_private
from tests.integration import backends
from tests.integration.cluster import NAMESPACE, kubectl, objects, server_pods, wait_for, wait_until_rolled_out
from tests.integration.images import another_name
from tests.rehearsal import backups
from tests.rehearsal.conftest import configure, production
from tests.rehearsal.prometheus import series

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKUP = backups.TEMPLATES["create"]
VERIFY = backups.TEMPLATES["verify"]
LARGE, LARGE_BYTES = "0/large/artifacts/large.bin", 256 << 20


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """A backup by the CronJob's own Job."""
    result, verified = backups.run(BACKUP)
    assert verified["id"] == result["id"]
    return result


def image() -> str:
    found: str = objects("deployments", selector="app.kubernetes.io/component=tracking-server")[0]["spec"]["template"][
        "spec"
    ]["containers"][0]["image"]
    return found


@pytest.fixture
def other_version() -> Iterator[str]:
    """A new version; the deployed one is back afterwards."""
    before, file = image(), rehearsal.FILE.read_text()
    with another_name(before) as name:
        configure(image=name)
        yield name
        write_private(rehearsal.FILE, file)
        production().up()


def test_the_newest_backup_is_verified_without_a_private_key(made: dict[str, str]) -> None:
    (result,) = backups.run(VERIFY)

    assert result["id"] == made["id"]
    assert result["details"]["inventory"] is False


def test_the_drill_restores_it_starts_a_server_on_it_and_leaves_nothing(made: dict[str, str]) -> None:
    (result,) = backups.run(backups.TEMPLATES["drill"])

    assert result["id"] == made["id"]
    assert result["details"]["tables_different"] == {}
    assert result["phases"]["server"] > 0
    with rehearsal.database_administration("postgres") as database:
        assert database.execute("SELECT datname FROM pg_database WHERE datname LIKE 'mlflow_drill_%'").fetchall() == []


def test_the_pruner_keeps_what_is_young(made: dict[str, str]) -> None:
    backups.run(backups.TEMPLATES["prune"])
    store = backends.object_store(backends.administrator_key())
    manifest = store.stat_object(backups.BUCKET, f"backups/{made['id']}/manifest.json")
    assert manifest.size


def test_whoever_has_the_key_of_the_backups_pods_cannot_delete_them(made: dict[str, str]) -> None:
    key = f"backups/{made['id']}/manifest.json"
    writer = backends.object_store(_writer())
    with pytest.raises(S3Error, match="AccessDenied"):
        writer.remove_object(backups.BUCKET, key)
    assert writer.stat_object(backups.BUCKET, key).size


@pytest.mark.usefixtures("made")
def test_prometheus_knows_how_old_the_data_of_the_newest_backup_is() -> None:
    wait_for(lambda: bool(series("mlflow_backup_data_timestamp_seconds")), "the exporter to read the backups' status")
    (found,) = series("time() - mlflow_backup_data_timestamp_seconds")
    assert float(found["value"][1]) < 3600
    commands = {each["metric"]["command"] for each in series("mlflow_backup_last_run_success == 1")}
    assert "create" in commands


@pytest.fixture
def large_artifact() -> Iterator[None]:
    """An artifact that takes a backup some seconds."""
    store = backends.object_store(backends.administrator_key())
    store.put_object(backends.BUCKET, LARGE, io.BytesIO(os.urandom(LARGE_BYTES)), LARGE_BYTES)
    yield
    store.remove_object(backends.BUCKET, LARGE)


@pytest.mark.usefixtures("large_artifact")
def test_a_backup_whose_pod_is_killed_is_none_and_the_job_makes_another() -> None:
    before = _begun()
    job = backups.begin(BACKUP)
    wait_for(lambda: len(_begun()) > len(before) and bool(_running(job)), f"{job} to begin a backup")
    kubectl("delete", "pod", *_running(job), f"--namespace={NAMESPACE}", "--grace-period=0", "--force")
    # A good backup with it, and none with it later, would be told of as a loss.
    backends.object_store(backends.administrator_key()).remove_object(backends.BUCKET, LARGE)
    result, _ = backups.finish(job)
    (verified,) = backups.run(VERIFY)
    assert verified["id"] == result["id"]
    (broken_off,) = _begun() - before - {result["id"]}
    assert broken_off < result["id"]


def test_a_new_version_waits_for_a_verified_backup_and_without_one_the_old_version_serves_on(
    other_version: str,
) -> None:
    pods = set(server_pods())
    with rehearsal.database_administration(backends.DATABASE) as database:
        database.execute("REVOKE SELECT ON runs FROM mlflow_backup")
        said = production().fail("up", "--yes", "--skip-preview")
        assert "guard" in said
        assert set(server_pods()) == pods
        database.execute("GRANT SELECT ON runs TO mlflow_backup")
    production().up()
    wait_until_rolled_out()

    assert image() == other_version
    assert not pods & set(server_pods())


def _begun() -> set[str]:
    """Every backup that was begun, whether or not it was finished."""
    store = backends.object_store(backends.administrator_key())
    return {str(each.object_name).split("/")[1] for each in store.list_objects(backups.BUCKET, "backups/")}


def _running(job: str) -> list[str]:
    pods = objects("pods", selector=f"job-name={job}")
    return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Running"]


def _writer() -> backends.Key:
    """The key that the pods of the hourly backup mount."""
    (template,) = (each["spec"] for each in objects("cronjobs") if each["metadata"]["name"] == BACKUP)
    names = {
        volume["secret"]["secretName"]
        for volume in template["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "backups"
    }
    (data,) = (each["data"] for each in objects("secrets") if each["metadata"]["name"] in names)
    text = next(iter(base64.b64decode(value).decode() for value in data.values()))
    values = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
    return backends.Key(values["aws_access_key_id"], values["aws_secret_access_key"])
