"""A cheap stack of the same program beside the platform's own, which a test may break: one pod, one worker."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox import stack, stack_file
from sandbox.parts import minio, postgresql
from tests.integration.backends import administrator_key, database, object_store, object_store_administration
from tests.integration.cluster import kubectl
from tests.integration.stacks import PROJECT, Stack, separate_stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "crash-test"
"""Of its namespace, bucket, user and policy."""
ROLE = "crash_test"
"""Of its role and database."""


@contextmanager
def small_stack(folder: Path, **overrides: str) -> Iterator[Stack]:
    """Makes the stack without deploying it, and in the end destroys it and looks for what that has left behind.

    Args:
        folder: an empty folder, for its state and configuration.
        overrides: configuration, by the keys of `Pulumi.yaml`.
    """
    platform = stack_file.config(stack_file.FILE)
    config = {
        key.removeprefix(f"{PROJECT}:"): value for key, value in platform.items() if not isinstance(value, dict)
    } | {
        "namespace": NAME,
        "artifactBucket": NAME,
        "databaseName": ROLE,
        "databaseUser": ROLE,
        "databaseConnectionLimit": "40",
        "host": "crash.mlflow.local",
        "tlsCertificateFile": "",
        "replicas": "1",
        "workers": "1",
        "cpuRequest": "50m",
        "memoryRequest": "256Mi",
        "memoryLimit": "1Gi",
    }
    secrets = {
        "databasePassword": "password-of-crash-test",
        "databaseAdminPassword": postgresql.admin_password(stack.SECRETS),
        "artifactAdminPassword": minio.admin_password(stack.SECRETS),
    }
    made = separate_stack(folder, "crash", config | overrides, secrets)
    try:
        yield made
    finally:
        made.recover()
        made.succeed("destroy", "--yes", "--skip-preview")
        left = left_behind()
    assert left == []
    assert "resources" not in made.deployment()


def left_behind() -> list[str]:
    """Everything of the small stack's names, wherever it could be."""
    administration = object_store_administration(administrator_key())
    with database(postgresql.ADMIN_USER) as administrator:
        roles = administrator.execute("SELECT rolname FROM pg_roles").fetchall()
        databases = administrator.execute("SELECT datname FROM pg_database").fetchall()
    namespaces = json.loads(kubectl("get", "namespaces", "--output=json"))["items"]
    present = {
        "role": {str(name) for (name,) in roles},
        "database": {str(name) for (name,) in databases},
        "bucket": {bucket.name for bucket in object_store(administrator_key()).list_buckets()},
        "user": set(json.loads(administration.user_list())),
        "policy": set(json.loads(administration.policy_list())),
        "namespace": {namespace["metadata"]["name"] for namespace in namespaces},
    }
    return [f"{kind} {name}" for kind, names in present.items() for name in (NAME, ROLE) if name in names]
