"""What the pod is given: settings, public keys, the authorities that it trusts, and its credentials as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components import immutable
from components.mounts import Mount, config_map_mount, scratch_mount
from components.store_clients import KEY_PATH, database_variables, key_mount, login_mount

if TYPE_CHECKING:
    import pulumi

    from components.point_in_time.args import PointInTimeScope

FOLDER = "/var/lib/mlflow-pitr"
VOLUME = "log"
_PUBLIC_DIR = "/etc/mlflow/public"
_RECIPIENTS = "recipients"
_DATABASE_AUTHORITY = "database.pem"
_BUCKET_AUTHORITY = "bucket.pem"
_DATABASE_SERVICE = "log"
_TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
_TEMPORARY_SIZE = "64Mi"


def settings(scope: PointInTimeScope) -> core.v1.ConfigMap:
    """Make the ConfigMap whose every key is an environment variable. Nothing in it is secret."""
    args = scope.args
    variables: dict[str, pulumi.Input[str]] = {
        "BACKUP_PLATFORM": args.platform,
        "BACKUP_TARGET_BUCKET": args.bucket.bucket,
        "BACKUP_TARGET_REGION": args.bucket.region,
        "BACKUP_TARGET_CREDENTIALS_FILE": KEY_PATH,
        "BACKUP_RECIPIENTS_FILE": f"{_PUBLIC_DIR}/{_RECIPIENTS}",
        "BACKUP_PITR_FOLDER": FOLDER,
        "BACKUP_PITR_BASE_HOURS": str(args.base_hours),
        **database_variables(service=_DATABASE_SERVICE),
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
    login = args.server.service_file(_DATABASE_SERVICE, f"{_PUBLIC_DIR}/{_DATABASE_AUTHORITY}")
    given = {file: content for file, content in public.items() if content}
    return [
        config_map_mount("public", immutable.config_map(scope, "public", given), _PUBLIC_DIR),
        login_mount(scope, login),
        key_mount(scope, args.bucket),
        scratch_mount("tmp", _TEMPORARY_DIR, _TEMPORARY_SIZE),
    ]


def claimed() -> core.v1.VolumeMountArgs:
    """Mount what the StatefulSet claims for its pod."""
    return core.v1.VolumeMountArgs(name=VOLUME, mount_path=FOLDER)
