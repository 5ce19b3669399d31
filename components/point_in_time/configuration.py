"""What the pod is given: settings, public keys, the authorities that it trusts, and its credentials as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components import immutable
from components.mounts import Mount, config_map_mount, scratch_mount, secret_mount

if TYPE_CHECKING:
    import pulumi

    from components.point_in_time.args import PointInTimeScope

FOLDER = "/var/lib/mlflow-pitr"
VOLUME = "log"
_PUBLIC_DIR = "/etc/mlflow/public"
_RECIPIENTS = "recipients"
_DATABASE_AUTHORITY = "database.pem"
_BUCKET_AUTHORITY = "bucket.pem"
_DATABASE_DIR = "/etc/mlflow/database"
_DATABASE_LOGIN = "pg_service.conf"
_DATABASE_SECTION = "log"
_BUCKET_DIR = "/etc/mlflow/bucket"
_BUCKET_KEY = "credentials"
_TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
_TEMPORARY_SIZE = "64Mi"


def settings(scope: PointInTimeScope) -> core.v1.ConfigMap:
    """Make the ConfigMap whose every key is an environment variable. Nothing in it is secret."""
    args = scope.args
    variables: dict[str, pulumi.Input[str]] = {
        "BACKUP_PLATFORM": args.platform,
        "BACKUP_TARGET_BUCKET": args.bucket.bucket,
        "BACKUP_TARGET_REGION": args.bucket.region,
        "BACKUP_TARGET_CREDENTIALS_FILE": f"{_BUCKET_DIR}/{_BUCKET_KEY}",
        "BACKUP_RECIPIENTS_FILE": f"{_PUBLIC_DIR}/{_RECIPIENTS}",
        "BACKUP_PITR_FOLDER": FOLDER,
        "BACKUP_PITR_BASE_HOURS": str(args.base_hours),
        "PGSERVICEFILE": f"{_DATABASE_DIR}/{_DATABASE_LOGIN}",
        "PGSERVICE": _DATABASE_SECTION,
        "HOME": _TEMPORARY_DIR,
    }
    if args.bucket.endpoint is not None:
        variables["BACKUP_TARGET_ENDPOINT"] = args.bucket.endpoint
    if args.bucket.ca_certificate:
        variables["BACKUP_TARGET_CA_FILE"] = f"{_PUBLIC_DIR}/{_BUCKET_AUTHORITY}"
    return immutable.config_map(scope, "settings", variables)


def mounts(scope: PointInTimeScope) -> list[Mount]:
    """Make the objects behind the pod's files, and mount them."""
    args = scope.args
    public = {
        _RECIPIENTS: "".join(f"{key}\n" for key in args.recipients),
        _DATABASE_AUTHORITY: args.server.ca_certificate,
        _BUCKET_AUTHORITY: args.bucket.ca_certificate,
    }
    login = args.server.service_file(_DATABASE_SECTION, f"{_PUBLIC_DIR}/{_DATABASE_AUTHORITY}")
    key = args.bucket.credentials_file()
    given = {file: content for file, content in public.items() if content}
    return [
        config_map_mount("public", immutable.config_map(scope, "public", given), _PUBLIC_DIR),
        secret_mount("database", immutable.secret(scope, "database", _DATABASE_LOGIN, login), _DATABASE_DIR),
        secret_mount("bucket", immutable.secret(scope, "bucket", _BUCKET_KEY, key), _BUCKET_DIR),
        scratch_mount("tmp", _TEMPORARY_DIR, _TEMPORARY_SIZE),
    ]


def claimed() -> core.v1.VolumeMountArgs:
    """Mount what the StatefulSet claims for its pod."""
    return core.v1.VolumeMountArgs(name=VOLUME, mount_path=FOLDER)
