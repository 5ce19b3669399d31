"""The database and the bucket behind the server, reached without it: what is really stored, and who may touch it."""

from __future__ import annotations

import base64
import configparser
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import urllib3
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider

from sandbox import network, paths, stack
from sandbox.commands.up import BINARY_IMAGES
from sandbox.images import build_binary_image
from sandbox.parts import minio, postgresql
from sandbox.parts.part import Surroundings, wait_until
from sandbox.pki import Authority
from sandbox.private_files import secret
from sandbox.supervisor import client
from sandbox.toolchain import tools
from tests.integration.cluster import objects

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator

    from sandbox.parts.part import Part

BUCKET = "mlflow-artifacts"
DATABASE = "mlflow"
CONNECT_SECONDS = 10
WITHOUT_A_BUCKET = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": ["arn:aws:s3:::*"]}],
}
"""A policy that lets nobody into any bucket."""


@dataclass(frozen=True)
class Key:
    """An access key of the object store."""

    name: str
    secret: str


@dataclass(frozen=True)
class Login:
    """A role of the database server that may log in."""

    user: str
    password: str


def database_password() -> str:
    """The password of the server's role."""
    return secret(stack.SECRETS / "mlflow-database-password")


def database(
    user: str = DATABASE, ssl_mode: str = "verify-full", password: str | None = None
) -> psycopg.Connection[tuple[object, ...]]:
    """A connection to the server's database, as its own role, as the administrator, or by any password."""
    if password is None:
        password = postgresql.admin_password(stack.SECRETS) if user == postgresql.ADMIN_USER else database_password()
    return psycopg.connect(
        host=network.NODE_ADDRESS,
        port=postgresql.PORT,
        dbname=DATABASE,
        user=user,
        password=password,
        sslmode=ssl_mode,
        sslrootcert=str(stack.CA_FILE),
        connect_timeout=CONNECT_SECONDS,
        autocommit=True,
    )


def administrator_key() -> Key:
    """The object store's root key."""
    return Key(minio.ADMIN_USER, minio.admin_password(stack.SECRETS))


def server_key() -> Key:
    """The key that the server's pods mount."""
    profile = _mounted("bucket", "credentials")["default"]
    return Key(profile["aws_access_key_id"], profile["aws_secret_access_key"])


def server_login() -> Login:
    """The login that the server's pods mount; a user who is not in the file is in the URI, and the owner."""
    service = _mounted("database", "pg_service.conf")["mlflow"]
    return Login(service.get("user", DATABASE), service["password"])


def _mounted(volume: str, file: str) -> configparser.ConfigParser:
    (name,) = (
        each["secret"]["secretName"]
        for each in objects("deployments")[0]["spec"]["template"]["spec"]["volumes"]
        if each["name"] == volume
    )
    (data,) = (each["data"] for each in objects("secrets") if each["metadata"]["name"] == name)
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(base64.b64decode(data[file]).decode())
    return parsed


def http_pool() -> urllib3.PoolManager:
    """Trusts the sandbox's authority and does not retry, so that a refusal is seen at once."""
    return urllib3.PoolManager(
        ca_certs=str(stack.CA_FILE), cert_reqs="CERT_REQUIRED", retries=False, timeout=CONNECT_SECONDS
    )


def object_store(key: Key) -> Minio:
    """A client of the object store with a key."""
    return Minio(
        f"{network.NODE_ADDRESS}:{minio.PORT}",
        access_key=key.name,
        secret_key=key.secret,
        region="us-east-1",
        http_client=http_pool(),
    )


def object_store_administration(key: Key) -> MinioAdmin:
    """A client of the object store's administration with a key."""
    return MinioAdmin(
        endpoint=f"{network.NODE_ADDRESS}:{minio.PORT}",
        credentials=StaticProvider(key.name, key.secret),
        http_client=http_pool(),
    )


def start(part: Part) -> None:
    """Starts a part that was stopped, as `make up` does, and waits until it serves."""
    client.forget_ended()
    programs = tools.locate().programs
    pause = build_binary_image("pause", BINARY_IMAGES["pause"], programs["pause"], cache=paths.CACHE)
    around = Surroundings(programs, Authority(stack.SECRETS / "pki"), stack.SECRETS, pause.reference)
    part.start(around)
    wait_until(lambda: part.ready(around), what=part.name, timeout=60)


@contextmanager
def stopped(part: Part, signal_number: signal.Signals) -> Iterator[None]:
    """A part of the sandbox that is down for as long as the context lasts."""
    client.stop(part.name, signal_number=signal_number)
    try:
        yield
    finally:
        start(part)
