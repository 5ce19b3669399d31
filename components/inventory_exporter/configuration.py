"""What the pod is given: the program, its settings, the authorities that it trusts, and its credentials as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components import immutable
from components.mounts import Mount, config_map_mount, scratch_mount, secret_mount
from components.python_files import logging_package, package, python_mount

if TYPE_CHECKING:
    import pulumi
    from pulumi_kubernetes import core

    from components.contracts import BucketAccess
    from components.inventory_exporter.args import ExporterScope

METRICS_PORT = 9465
MODULE = "inventory_exporter"
"""What the program is called where Python finds it."""
_PYTHON_PATH = "/etc/mlflow/exporter"
_SOURCE = Path(__file__).with_name("program")
_AUTHORITIES_DIR = "/etc/mlflow/authorities"
_DATABASE_AUTHORITY = "database.pem"
_BUCKET_AUTHORITY = "bucket.pem"
_DATABASE_DIR = "/etc/mlflow/database"
_DATABASE_LOGIN = "pg_service.conf"
_DATABASE_SECTION = "mlflow"
_BUCKET_DIR = "/etc/mlflow/bucket"
_BUCKET_KEY = "credentials"
_BACKUPS_DIR = "/etc/mlflow/backups"
_BACKUPS_AUTHORITY = "backups.pem"
_TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
_TEMPORARY_SIZE = "16Mi"


def settings(scope: ExporterScope) -> core.v1.ConfigMap:
    """Make the ConfigMap whose every key is an environment variable. Nothing in it is secret."""
    args = scope.args
    variables: dict[str, pulumi.Input[str]] = {
        "EXPORTER_PORT": str(METRICS_PORT),
        "EXPORTER_SERVER_ROLE": args.server_role,
        "EXPORTER_DATABASE_SECONDS": str(args.refresh.database_seconds),
        "EXPORTER_BUCKET": args.bucket.bucket,
        "EXPORTER_BUCKET_SECONDS": str(args.refresh.bucket_seconds),
        "EXPORTER_BUCKET_PAGES": str(args.refresh.bucket_pages),
        "PGSERVICEFILE": f"{_DATABASE_DIR}/{_DATABASE_LOGIN}",
        "PGSERVICE": _DATABASE_SECTION,
        "AWS_SHARED_CREDENTIALS_FILE": f"{_BUCKET_DIR}/{_BUCKET_KEY}",
        "AWS_DEFAULT_REGION": args.bucket.region,
        # There is a key in a file: never ask a cloud's metadata service for one.
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": _PYTHON_PATH,
        # A line of the log is out at once, also the last one before the process ends.
        "PYTHONUNBUFFERED": "1",
        "HOME": _TEMPORARY_DIR,
    }
    if args.bucket.endpoint is not None:
        variables["EXPORTER_BUCKET_ENDPOINT"] = args.bucket.endpoint
    if args.bucket.ca_certificate:
        variables["AWS_CA_BUNDLE"] = f"{_AUTHORITIES_DIR}/{_BUCKET_AUTHORITY}"
    if args.backups:
        variables |= _of_backups(args.backups, args.refresh.backups_seconds)
    return immutable.config_map(scope, "settings", variables)


def _of_backups(backups: BucketAccess, seconds: int) -> dict[str, pulumi.Input[str]]:
    # By names of its own: those that every client of AWS reads are the artifact bucket's.
    variables: dict[str, pulumi.Input[str]] = {
        "EXPORTER_BACKUPS_BUCKET": backups.bucket,
        "EXPORTER_BACKUPS_REGION": backups.region,
        "EXPORTER_BACKUPS_CREDENTIALS_FILE": f"{_BACKUPS_DIR}/{_BUCKET_KEY}",
        "EXPORTER_BACKUPS_SECONDS": str(seconds),
    }
    if backups.endpoint is not None:
        variables["EXPORTER_BACKUPS_ENDPOINT"] = backups.endpoint
    if backups.ca_certificate:
        variables["EXPORTER_BACKUPS_CA_FILE"] = f"{_AUTHORITIES_DIR}/{_BACKUPS_AUTHORITY}"
    return variables


def mounts(scope: ExporterScope) -> list[Mount]:
    """Make the objects behind the pod's files, and mount them."""
    database, bucket, backups = scope.args.database, scope.args.bucket, scope.args.backups
    # A service file and not a password file, which libpq would ignore: the pod's group may read every mounted secret.
    login = database.service_file(_DATABASE_SECTION, f"{_AUTHORITIES_DIR}/{_DATABASE_AUTHORITY}")
    authorities = {_DATABASE_AUTHORITY: database.ca_certificate, _BUCKET_AUTHORITY: bucket.ca_certificate}
    if backups:
        authorities[_BACKUPS_AUTHORITY] = backups.ca_certificate
    trusted = {file: pem for file, pem in authorities.items() if pem}
    made = [
        python_mount(scope, "program", _PYTHON_PATH, {**package(MODULE, _SOURCE), **logging_package()}),
        secret_mount("database", immutable.secret(scope, "database", _DATABASE_LOGIN, login), _DATABASE_DIR),
        secret_mount("bucket", immutable.secret(scope, "bucket", _BUCKET_KEY, bucket.credentials_file()), _BUCKET_DIR),
        scratch_mount("tmp", _TEMPORARY_DIR, _TEMPORARY_SIZE),
    ]
    if backups:
        key = immutable.secret(scope, "backups", _BUCKET_KEY, backups.credentials_file())
        made.append(secret_mount("backups", key, _BACKUPS_DIR))
    if trusted:
        made.append(
            config_map_mount("authorities", immutable.config_map(scope, "authorities", trusted), _AUTHORITIES_DIR)
        )
    return made
