"""The minio stand-in, driven by the real engine against a real MinIO."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.plugin_harness import Engine, Project, alive, children, plain
from tests.integration.plugin_minio import POLICY, PROGRAM, ROOT_PASSWORD, SECRET, Store, official_outputs, store

__all__ = ["store"]  # a fixture: importing it makes it known here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(engine: Engine, store: Store, tmp_path: Path) -> Iterator[Project]:
    yield Project(engine, tmp_path, store.header())
    store.clean()


def access_key(project: Project) -> tuple[str, str]:
    key, secret = json.loads(project.run("stack", "output", "key", "--show-secrets"))
    return key, secret


def test_a_program_leaves_the_state_that_the_official_plugin_leaves(project: Project, store: Store) -> None:
    project.program(PROGRAM)
    project.up()
    project.settled()
    stored = {resource["urn"].rpartition("::")[2]: resource for resource in project.resources()}
    key, secret = access_key(project)
    policy = stored["access"]["outputs"]["policy"]
    attached = stored["attachment"]["id"]
    assert attached.startswith("mlflow-20")
    assert len(attached) == len("mlflow-20261123015954579600000001")
    outputs = {name: plain(resource["outputs"]) for name, resource in stored.items()}
    assert outputs == official_outputs(store, key=key, attached=attached, policy=policy)
    assert stored["bucket"]["inputs"] == {"__defaults": ["acl"], "acl": "private", "bucket": "artifacts"}
    exported = project.run("stack", "export")
    assert [text for text in (SECRET, secret, ROOT_PASSWORD) if text in exported] == []
    store.put("artifacts", "by-key", key, secret)
    store.put("artifacts", "by-user", "mlflow", SECRET)


def test_changes_are_made_in_place_and_a_new_name_replaces(project: Project, store: Store) -> None:
    project.program(PROGRAM)
    project.up()
    before = access_key(project)
    changed = (
        PROGRAM.replace('"Enabled"', '"Suspended"').replace('days": 30', 'days": 7').replace(SECRET, "second-secret")
    )
    changed = changed.replace("policy=policy", 'policy=policy.replace("s3:GetObject", "s3:DeleteObject")')
    changed = changed.replace('bucket="artifacts"', 'bucket="artifacts", quota=1000000')
    project.program(changed)
    said = project.up()
    assert "6 updated" in said
    assert "replaced" not in said
    project.settled()
    server = store.client()
    assert server.s3.get_bucket_versioning("artifacts").status == "Suspended"
    assert json.loads(server.admin.bucket_quota_get("artifacts"))["quota"] == 1000000
    assert access_key(project) == before
    store.put("artifacts", "still", *before)
    store.put("artifacts", "other-secret", "mlflow", "second-secret")

    project.program(changed.replace('"user", name="mlflow"', '"user", name="mlflow2"'))
    assert "replaced" in project.up()
    assert set(json.loads(server.admin.user_list())) == {"mlflow2"}


def test_drift_is_found_by_a_refresh_and_repaired(project: Project, store: Store) -> None:
    project.program(PROGRAM)
    project.up()
    server = store.client()
    reading = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::*"]}
    server.admin.policy_add("mlflow", policy={"Version": "2012-10-17", "Statement": [reading]})
    server.s3.delete_bucket_lifecycle("artifacts")
    server.admin.detach_policy(["mlflow"], user="mlflow")
    server.admin.user_disable("mlflow")
    project.run("refresh", "--preview-only", "--expect-no-changes", fails=True)
    said = project.drifted()
    assert "2 deleted" in said  # lifecycle and attachment
    project.up()
    project.settled()
    assert json.loads(server.admin.user_info("mlflow"))["policyName"] == "mlflow"
    assert json.loads(server.admin.user_info("mlflow"))["status"] == "enabled"


def test_what_was_deleted_behind_our_back_is_made_again(project: Project, store: Store) -> None:
    project.program(PROGRAM)
    project.up()
    server = store.client()
    server.s3.remove_bucket("artifacts")
    server.admin.detach_policy(["mlflow"], user="mlflow")
    server.admin.policy_remove("mlflow")
    assert "5 deleted" in project.drifted()
    assert "5 created" in project.up()
    key, secret = access_key(project)
    store.put("artifacts", "again", key, secret)
    # The official plugin takes a deleted access key for an error, too.
    server.admin.delete_service_account(key)
    said = project.run("refresh", "--yes", "--skip-preview", fails=True)
    assert "deleted outside Pulumi" in said
    project.run("state", "delete", project.resource("key")["urn"], "--yes")
    project.up()
    project.settled()
    assert access_key(project)[0] != key


def test_existing_objects_are_imported(project: Project, store: Store) -> None:
    server = store.client()
    server.s3.make_bucket("artifacts")
    server.admin.user_add("mlflow", SECRET)
    server.admin.attach_policy(["readonly"], user="mlflow")
    project.program('minio.S3Bucket("bucket", bucket="artifacts", opts=opts)')
    assert "bucket already exists! (artifacts); adopt it with" in project.up(fails=True)
    project.program(
        """
        def adopt(identifier):
            return pulumi.ResourceOptions(provider=server, import_=identifier)
        minio.S3Bucket("bucket", bucket="artifacts", opts=adopt("artifacts"))
        minio.IamUser("user", name="mlflow", opts=adopt("mlflow"))
        minio.IamUserPolicyAttachment("attachment", user_name="mlflow", policy_name="readonly",
                                      opts=adopt("mlflow/readonly"))
        """
    )
    assert "3 imported" in project.up()
    project.settled()


def test_a_preview_says_what_it_can_and_wrong_properties_are_named(project: Project) -> None:
    project.header += POLICY
    project.program(
        """
        user = minio.IamUser("user", opts=opts)
        minio.IamServiceAccount("key", target_user=user.status.apply(lambda _: "later"), policy=policy, opts=opts)
        elsewhere = minio.Provider("elsewhere", minio_server=user.status.apply(lambda _: "127.0.0.1:1"))
        minio.S3Bucket("stranger", bucket="stranger", opts=pulumi.ResourceOptions(provider=elsewhere))
        """
    )
    assert "create" in project.run("preview", "--diff")
    wrong = {
        'minio.IamPolicy("wrong", policy="no json", opts=opts)': "contains an invalid JSON policy",
        'minio.IamUser("wrong", name="no spaces", opts=opts)': "only alphanumeric characters",
        'minio.S3Bucket("wrong", bucket="a", bucket_prefix="b", opts=opts)': "conflicts with bucket_prefix",
        'minio.IlmPolicy("wrong", bucket="a", rules=[{"id": "a", "expiration": "x"}], opts=opts)': "must be a duration",
        'pulumi.CustomResource("minio:index/s3Bucket:S3Bucket", "wrong", {"buckt": "a"}, opts)': "unknown key",
    }
    for body, expected in wrong.items():
        project.program(body)
        assert expected in project.run("preview", fails=True)


def test_a_bucket_with_objects_goes_only_where_the_program_says_so(project: Project, store: Store) -> None:
    body = """
    bucket = minio.S3Bucket("bucket", bucket="artifacts", acl="public-read", opts=opts)
    minio.S3BucketVersioning(
        "versioning", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=opts
    )
    """
    project.program(body)
    project.up()
    store.put("artifacts", "precious")
    store.put("artifacts", "precious")
    said = project.run("destroy", "--yes", "--skip-preview", fails=True)
    assert "not empty" in said
    assert store.client().s3.get_bucket_versioning("artifacts").status == "Suspended"
    project.program(body.replace("opts=opts", "force_destroy=True, opts=opts", 1))
    project.up()
    project.destroy()
    assert store.client().s3.list_buckets() == []


def test_a_server_that_refuses_is_named_with_the_cure_and_nothing_is_lost(project: Project, store: Store) -> None:
    project.program(PROGRAM)
    project.up()
    before = {resource["id"] for resource in project.resources()}
    refusals: list[tuple[dict[str, object], str]] = [
        ({"minio_password": "wrong-password"}, "check `minio_user` and `minio_password` of the provider"),
        ({"minio_cacert_file": "/etc/ssl/certs/ca-certificates.crt"}, "`minio_cacert_file` does not hold the CA"),
        ({"minio_server": "127.0.0.1:1"}, "could not connect to MinIO at https://127.0.0.1:1: Connection refused"),
    ]
    changed = PROGRAM.replace("30", "7").replace('"Enabled"', '"Suspended"')
    started = time.monotonic()
    for arguments, expected in refusals:
        project.header = store.header(**arguments)
        project.program(changed)
        said = project.up(fails=True)
        assert expected in said
        assert ROOT_PASSWORD not in said
    assert expected in project.run("refresh", "--yes", "--skip-preview", "--run-program", fails=True)
    assert time.monotonic() - started < 40
    assert {resource["id"] for resource in project.resources()} == before
    project.header = store.header()
    project.program(PROGRAM)
    project.up()
    project.settled()


def test_a_killed_engine_leaves_no_plugin_and_the_same_up_recovers(project: Project, store: Store) -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and never answers

        def accept() -> None:
            silent.accept()
            asked.set()

        threading.Thread(target=accept, daemon=True).start()
        project.header = store.header(minio_server=f"127.0.0.1:{silent.getsockname()[1]}")
        project.program(PROGRAM)
        command = project.command("up", "--yes", "--skip-preview")
        run = subprocess.Popen(command, cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL)
        try:
            assert asked.wait(30), "nothing was ever asked for"
            started = children(run.pid)
        finally:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        time.sleep(2)
        assert [pid for pid in started if alive(pid)] == []
    project.header = store.header()
    project.program(PROGRAM)
    project.run("cancel", "--yes")  # the file backend keeps the lock of a dead run
    project.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    store.client().admin.user_add("mlflow", "made-before-the-kill")  # taken over, as the official plugin does
    project.up()
    project.settled()
    store.put("artifacts", "with-the-secret-of-the-program", "mlflow", SECRET)
    store.empty("artifacts")
    project.destroy()
    assert json.loads(store.client().admin.user_list()) == {}
