"""What the pod is given: the program, its settings, the authorities that it trusts, and its credentials as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components import immutable
from components.garbage_collection.program import settings as names
from components.mounts import Mount, scratch_mount
from components.python_files import database_session_package, logging_package, package, python_mount
from components.store_clients import (
    BUCKET_AUTHORITY_PATH,
    DATABASE_AUTHORITY_PATH,
    DATABASE_SERVICE,
    authority_mounts,
    database_variables,
    key_mount,
    login_mount,
    mlflow_bucket_variables,
)

if TYPE_CHECKING:
    import pulumi
    from pulumi_kubernetes import core

    from components.garbage_collection.args import CollectionScope

MODULE = "garbage_collection"
"""What the program is called where Python finds it."""
MESSAGE_FILE = "/dev/termination-log"
"""Where the kubelet makes a file for it, by default."""
_PYTHON_PATH = "/etc/mlflow/garbage-collection"
_SOURCE = Path(__file__).with_name("program")
_TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
_TEMPORARY_SIZE = "64Mi"
_MARGIN_SECONDS = 120
"""Of the deadline, for the image's download, the start of MLflow (5 s) and the last removal."""
_LOCK_SECONDS = 60
"""A migration takes less; a backup may take longer, and the next attempt waits for it."""
_TURN_SECONDS = 10
"""A backup that finds the lock taken comes again after 10 s, 20 s, 40 s."""
_PAUSE_SECONDS = 10


def settings(scope: CollectionScope) -> core.v1.ConfigMap:
    """Make the ConfigMap whose every key is an environment variable. Nothing in it is secret."""
    args = scope.args
    variables: dict[str, pulumi.Input[str]] = {
        names.URI: args.database.uri(DATABASE_AUTHORITY_PATH),
        names.BUCKET: args.bucket.bucket,
        names.MIN_DAYS: str(args.min_days),
        names.DRY_RUN: "true" if args.dry_run else "false",
        names.WORK_SECONDS: str(args.deadline - _MARGIN_SECONDS),
        names.LOCK_SECONDS: str(_LOCK_SECONDS),
        names.TURN_SECONDS: str(_TURN_SECONDS),
        names.PAUSE_SECONDS: str(_PAUSE_SECONDS),
        names.MESSAGE_FILE: MESSAGE_FILE,
        **database_variables(),
        **mlflow_bucket_variables(args.bucket),
        # Each removal is a short transaction. Kept open, connections would count against the server's limit.
        "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # MLflow would write lines in a form of its own.
        "MLFLOW_CONFIGURE_LOGGING": "false",
        "PYTHONPATH": _PYTHON_PATH,
        # A line of the log is out at once, also the last one before the process ends.
        "PYTHONUNBUFFERED": "1",
        "HOME": _TEMPORARY_DIR,
    }
    return immutable.config_map(scope, "settings", variables)


def mounts(scope: CollectionScope) -> list[Mount]:
    """Make the objects behind the pod's files, and mount them."""
    database, bucket = scope.args.database, scope.args.bucket
    files = {**package(MODULE, _SOURCE), **database_session_package(), **logging_package()}
    return [
        python_mount(scope, "program", _PYTHON_PATH, files),
        login_mount(scope, database.login_file(DATABASE_SERVICE)),
        key_mount(scope, bucket),
        scratch_mount("tmp", _TEMPORARY_DIR, _TEMPORARY_SIZE),
        *authority_mounts(
            scope,
            {DATABASE_AUTHORITY_PATH: database.ca_certificate, BUCKET_AUTHORITY_PATH: bucket.ca_certificate},
        ),
    ]
