"""Who reaches what, and with which rights: everybody but the declared clients is kept out."""

from __future__ import annotations

import io
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from minio.error import MinioAdminException, S3Error
from minio.versioningconfig import SUSPENDED, VersioningConfig

from sandbox import network
from sandbox.parts import minio, postgresql
from tests.integration.backends import (
    BUCKET,
    DATABASE,
    administrator_key,
    database,
    object_store,
    object_store_administration,
    server_key,
)
from tests.integration.cluster import NAMESPACE, SERVER, kubectl, objects, throw_away_pod

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.usefixtures("platform")

CLIENT = {"mlflow-platform.io/client": "true"}
SERVICE = f"mlflow.{NAMESPACE}.svc.cluster.local"
SERVICE_PORT = 5000
QUERY = "/api/2.0/mlflow/experiments/search?max_results=1"
CONNECTION_LIMIT = 80
FORBIDDEN = (
    "CREATE DATABASE another",
    "CREATE ROLE another",
    "ALTER ROLE mlflow SUPERUSER",
    "SELECT rolpassword FROM pg_authid",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
)

QUICK_DNS = ("env", "RES_OPTIONS=timeout:2 attempts:1")
CONNECT = """
import socket, sys
for target in sys.argv[1:]:
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
        print("open")
    except OSError:
        print("closed")
"""
ASK_THE_SERVER = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).status)"
LOG_IN = """
import sys, psycopg2
try:
    psycopg2.connect(host=sys.argv[1], user="mlflow", dbname="mlflow", sslmode="require", connect_timeout=5)
    print("logged in")
except psycopg2.OperationalError as refusal:
    print(refusal)
"""
LIST_THE_BUCKET = """
import ssl, sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context(), timeout=20).status)
except urllib.error.HTTPError as refusal:
    print(refusal.code)
"""


@contextmanager
def namespace_without_policies(*labels: str) -> Iterator[str]:
    """A namespace in which no policy holds anybody back."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        if labels:
            kubectl("label", "namespace", name, *labels)
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A namespace of somebody who has nothing to do with the platform."""
    with namespace_without_policies() as name:
        yield name


@pytest.fixture
def another_tenant() -> Iterator[str]:
    """A namespace of the platform that is not the server's."""
    with namespace_without_policies("app.kubernetes.io/part-of=mlflow-platform") as name:
        yield name


def server_addresses() -> list[str]:
    """The Service, by name and by address, and every pod."""
    service_address = next(each for each in objects("services") if each["metadata"]["name"] == "mlflow")["spec"][
        "clusterIP"
    ]
    pods = [pod["status"]["podIP"] for pod in objects("pods", selector=SERVER) if "podIP" in pod["status"]]
    return [f"{host}:{SERVICE_PORT}" for host in (SERVICE, service_address, *pods)]


def storage_addresses() -> list[str]:
    """The database and the bucket, by name and by address."""
    return [
        f"{host}:{port}"
        for port, name in ((postgresql.PORT, postgresql.HOST), (minio.PORT, minio.HOST))
        for host in (name, network.NODE_ADDRESS)
    ]


def found_open(run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]], addresses: list[str]) -> list[str]:
    """Those of the addresses that a pod can open a connection to."""
    answers = run([*QUICK_DNS, "python3", "-c", CONNECT, *addresses]).stdout.split()
    assert len(answers) == len(addresses)
    return [address for address, answer in zip(addresses, answers, strict=True) if answer == "open"]


@pytest.mark.parametrize("labels", [{}, {"app": "mlflow"}], ids=["without labels", "with a label of the server"])
def test_a_stray_pod_of_the_namespace_reaches_nothing(server_image: str, labels: dict[str, str]) -> None:
    with throw_away_pod(server_image, labels=labels) as run:
        assert found_open(run, server_addresses() + storage_addresses()) == []


def test_a_declared_client_reaches_the_server_and_nothing_else(server_image: str) -> None:
    with throw_away_pod(server_image, labels=CLIENT) as run:
        assert found_open(run, server_addresses()) == server_addresses()
        assert found_open(run, storage_addresses()) == []
        answer = run(["python3", "-c", ASK_THE_SERVER, f"http://{SERVICE}:{SERVICE_PORT}{QUERY}"])
        assert answer.stdout.strip() == "200", answer.stderr


@pytest.mark.parametrize("labels", [{}, CLIENT], ids=["without labels", "with a client's label"])
def test_a_stray_pod_of_another_namespace_reaches_nothing(
    server_image: str, elsewhere: str, labels: dict[str, str]
) -> None:
    with throw_away_pod(server_image, namespace=elsewhere, labels=labels) as run:
        assert found_open(run, server_addresses() + storage_addresses()) == []


def test_a_pod_of_the_platform_gets_nothing_of_the_shared_servers_without_credentials(
    server_image: str, another_tenant: str
) -> None:
    # Both are shared servers, which let every namespace of the platform connect: here no policy holds its pods back.
    with throw_away_pod(server_image, namespace=another_tenant) as run:
        assert found_open(run, storage_addresses()) == storage_addresses()
        assert found_open(run, server_addresses()) == []
        assert "no password supplied" in run(["python3", "-c", LOG_IN, postgresql.HOST]).stdout
        address = f"https://{minio.HOST}:{minio.PORT}/{BUCKET}"
        assert run(["python3", "-c", LIST_THE_BUCKET, address]).stdout.strip() == "403"


@pytest.fixture
def foreign_bucket() -> Iterator[str]:
    """A bucket of somebody else, with one object."""
    root, name = object_store(administrator_key()), f"test-{uuid.uuid4().hex[:8]}"
    root.make_bucket(name)
    root.put_object(name, "theirs", io.BytesIO(b"theirs"), 6)
    yield name
    root.remove_object(name, "theirs")
    root.remove_bucket(name)


def test_the_servers_key_works_in_its_own_bucket_only(foreign_bucket: str) -> None:
    store = object_store(server_key())
    assert [bucket.name for bucket in store.list_buckets()] == [BUCKET]
    assert store.bucket_exists(BUCKET)
    body = io.BytesIO(b"x")
    attempts: dict[str, Callable[[], object]] = {
        "list": lambda: list(store.list_objects(foreign_bucket)),
        "read": lambda: store.get_object(foreign_bucket, "theirs"),
        "write": lambda: store.put_object(foreign_bucket, "ours", body, 1),
        "delete": lambda: store.remove_object(foreign_bucket, "theirs"),
        "make a bucket": lambda: store.make_bucket("made-by-the-server"),
        "remove its own bucket": lambda: store.remove_bucket(BUCKET),
        "open its own bucket to everybody": lambda: store.set_bucket_policy(BUCKET, "{}"),
        "stop its own versioning": lambda: store.set_bucket_versioning(BUCKET, VersioningConfig(SUSPENDED)),
    }
    for what, attempt in attempts.items():
        with pytest.raises(S3Error) as refusal:
            attempt()
        assert refusal.value.code == "AccessDenied", what


def test_the_servers_key_is_not_an_administrators() -> None:
    key = server_key()
    assert key.name != administrator_key().name
    admin = object_store_administration(key)
    for attempt in (admin.user_list, admin.policy_list, admin.info):
        with pytest.raises(MinioAdminException, match="AccessDenied"):
            attempt()


def test_the_servers_role_may_log_in_and_nothing_more() -> None:
    with database(postgresql.ADMIN_USER) as connection:
        role = connection.execute(
            "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit"
            " FROM pg_roles WHERE rolname = %s",
            [DATABASE],
        ).fetchone()
        memberships = connection.execute(
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole", [DATABASE]
        ).fetchall()
    assert role == (True, False, False, False, False, False, CONNECTION_LIMIT)
    assert memberships == []
    with database() as connection:
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_database_refuses_a_connection_without_encryption() -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        database(ssl_mode="disable")
