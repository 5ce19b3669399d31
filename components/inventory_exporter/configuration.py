"""What the pod is given: the program, its settings, the authorities that it trusts, and its credentials as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components import immutable
from components.mounts import Mount, scratch_mount, secret_mount
from components.python_files import logging_package, package, python_mount
from components.store_clients import (
    BACKUPS_AUTHORITY_PATH,
    BUCKET_AUTHORITY_PATH,
    DATABASE_AUTHORITY_PATH,
    DATABASE_SERVICE,
    authority_mounts,
    bucket_variables,
    database_variables,
    key_mount,
    login_mount,
)

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
_BACKUPS_DIR = "/etc/mlflow/backups"
_BACKUPS_KEY = "credentials"
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
        **database_variables(),
        **bucket_variables(args.bucket),
        "PYTHONPATH": _PYTHON_PATH,
        # A line of the log is out at once, also the last one before the process ends.
        "PYTHONUNBUFFERED": "1",
        "HOME": _TEMPORARY_DIR,
    }
    if args.bucket.endpoint is not None:
        variables["EXPORTER_BUCKET_ENDPOINT"] = args.bucket.endpoint
    if args.backups:
        variables |= _of_backups(args.backups, args.refresh.backups_seconds)
    return immutable.config_map(scope, "settings", variables)


def _of_backups(backups: BucketAccess, seconds: int) -> dict[str, pulumi.Input[str]]:
    # By names of its own: those that every client of AWS reads are the artifact bucket's.
    variables: dict[str, pulumi.Input[str]] = {
        "EXPORTER_BACKUPS_BUCKET": backups.bucket,
        "EXPORTER_BACKUPS_REGION": backups.region,
        "EXPORTER_BACKUPS_CREDENTIALS_FILE": f"{_BACKUPS_DIR}/{_BACKUPS_KEY}",
        "EXPORTER_BACKUPS_SECONDS": str(seconds),
    }
    if backups.endpoint is not None:
        variables["EXPORTER_BACKUPS_ENDPOINT"] = backups.endpoint
    if backups.ca_certificate:
        variables["EXPORTER_BACKUPS_CA_FILE"] = BACKUPS_AUTHORITY_PATH
    return variables


def mounts(scope: ExporterScope) -> list[Mount]:
    """Make the objects behind the pod's files, and mount them."""
    database, bucket, backups = scope.args.database, scope.args.bucket, scope.args.backups
    authorities = {DATABASE_AUTHORITY_PATH: database.ca_certificate, BUCKET_AUTHORITY_PATH: bucket.ca_certificate}
    if backups:
        authorities[BACKUPS_AUTHORITY_PATH] = backups.ca_certificate
    made = [
        python_mount(scope, "program", _PYTHON_PATH, {**package(MODULE, _SOURCE), **logging_package()}),
        login_mount(scope, database.service_file(DATABASE_SERVICE, DATABASE_AUTHORITY_PATH)),
        key_mount(scope, bucket),
        scratch_mount("tmp", _TEMPORARY_DIR, _TEMPORARY_SIZE),
    ]
    if backups:
        key = immutable.secret(scope, "backups", _BACKUPS_KEY, backups.credentials_file())
        made.append(secret_mount("backups", key, _BACKUPS_DIR))
    return [*made, *authority_mounts(scope, authorities)]
