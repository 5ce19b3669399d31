"""Faults of a running production, each as a context: made on entering, cured on leaving."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psycopg

from sandbox import network, rehearsal, stack
from sandbox.parts import postgresql
from sandbox.private_files import secret
from tests.integration import backends, troubles
from tests.integration.cluster import NAMESPACE, kubectl, objects, server_pods, wait_for
from tests.rehearsal import backups
from tests.rehearsal.prometheus import series

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "mlflow"
HOG = "import sys; held = b'1' * int(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@contextmanager
def pods_that_do_not_come_back(selector: str) -> Iterator[None]:
    """Pods are deleted while no node takes new ones."""
    nodes = [node["metadata"]["name"] for node in objects("nodes", namespace="")]
    kubectl("cordon", *nodes)
    try:
        kubectl("delete", "pods", f"--namespace={NAMESPACE}", f"--selector={selector}", "--wait=false")
        yield
    finally:
        kubectl("uncordon", *nodes)


@contextmanager
def a_role_that_may_not_log_in() -> Iterator[None]:
    """The server's role loses LOGIN and its connections; the cure is the next update."""
    with backends.database(postgresql.ADMIN_USER) as connection:
        connection.execute(f"ALTER ROLE {ROLE} NOLOGIN")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [ROLE])
    try:
        yield
    finally:
        rehearsal.pulumi("up", "--yes", "--skip-preview", "--refresh")


@contextmanager
def a_policy_without_the_bucket() -> Iterator[None]:
    """The policy of the server's user is overwritten at the object store; the cure is the next update."""
    troubles.take_the_bucket_away()
    try:
        yield
    finally:
        rehearsal.pulumi("up", "--yes", "--skip-preview", "--refresh")


@contextmanager
def memory_held(bytes_in_all: int) -> Iterator[None]:
    """Something in a pod of the server takes so much memory that the pod uses this much in all."""
    pod = server_pods()[0]
    used = f'max(container_memory_working_set_bytes{{namespace="{NAMESPACE}", container="mlflow", pod="{pod}"}})'
    wait_for(lambda: bool(series(used)), f"the kubelet to tell of the memory of {pod}")
    more = bytes_in_all - int(series(used)[0]["value"][1])
    command = ["kubectl", "exec", "--stdin", f"--namespace={NAMESPACE}", pod, "--", "python3", "-c", HOG, str(more)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hog:
        assert hog.stdout
        assert hog.stdout.readline() == "held\n", f"{pod} did not get {more} bytes"
        yield
        # The end of its input ends it.
        hog.communicate()


@contextmanager
def no_connection_left() -> Iterator[None]:
    """Somebody else opens every connection that the server's role has left."""
    password = secret(stack.SECRETS / "rehearsal-database-password")
    where = f"host={network.NODE_ADDRESS} port={postgresql.PORT} dbname=mlflow user={ROLE} sslmode=require"
    with ExitStack() as opened:
        troubles.open_until_refused(
            opened, lambda: psycopg.connect(where, password=password, connect_timeout=backends.CONNECT_SECONDS)
        )
        yield


@contextmanager
def a_rollout_that_hangs() -> Iterator[None]:
    """Somebody sets an image by hand that nobody has."""
    troubles.set_an_image_that_nobody_has()
    try:
        yield
    finally:
        kubectl("rollout", "undo", "deployment/mlflow", f"--namespace={NAMESPACE}")


@contextmanager
def a_migration_that_fails() -> Iterator[None]:
    """The migration runs on a database of an unknown revision, as one of a newer MLflow is to an older image."""
    name = "mlflow-migrate-drill"
    with backends.database(postgresql.ADMIN_USER) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        connection.execute("UPDATE alembic_version SET version_num = 'of-a-newer-one'")
        try:
            kubectl("create", "job", name, f"--namespace={NAMESPACE}", "--from=cronjob/mlflow-migrate")
            yield
        finally:
            kubectl("delete", "job", name, f"--namespace={NAMESPACE}", "--ignore-not-found")
            connection.execute("UPDATE alembic_version SET version_num = %s", [revision])


@contextmanager
def a_backup_that_fails() -> Iterator[None]:
    """The role of the backups may no longer read the runs."""
    with rehearsal.database_administration(backends.DATABASE) as database:
        database.execute("REVOKE SELECT ON runs FROM mlflow_backup")
        try:
            backups.fail(backups.TEMPLATES["create"])
            yield
        finally:
            database.execute("GRANT SELECT ON runs TO mlflow_backup")
            backups.run(backups.TEMPLATES["create"])


@contextmanager
def a_collection_that_is_out_of_time() -> Iterator[None]:
    """Garbage is collected by hand, with less time than a pod needs to start."""
    name = "mlflow-gc-drill"
    template = ("--from=cronjob/mlflow-gc", "--dry-run=client", "--output=json")
    job = json.loads(kubectl("create", "job", name, f"--namespace={NAMESPACE}", *template))
    job["spec"]["activeDeadlineSeconds"] = 1
    kubectl("create", "--filename=-", stdin=json.dumps(job))
    try:
        yield
    finally:
        kubectl("delete", "job", name, f"--namespace={NAMESPACE}")
