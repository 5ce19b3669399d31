"""What a command is given, in parts: settings as environment variables, and the files that these name.

Nothing in a variable is secret. Each command is given what it needs and nothing else: only the pruner gets a key that
can delete, and nothing but a drill or a restore the private key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import immutable
from components.backup import files
from components.mounts import Mount, config_map_mount, existing_secret_mount, scratch_mount, secret_mount
from components.store_clients import database_variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.backup.args import BackupScope, MomentArgs, RetentionArgs
    from components.contracts import BucketAccess, DatabaseConnection

RESTORE_IDENTITY = "mlflow-backup-identity"
"""Secret that a person makes for a restore, and deletes afterwards; key `identity`."""
_TEMPORARY_SIZE = "128Mi"
"""What PostgreSQL's tools say, and what MLflow leaves; backups pass through as streams."""
_SHARED_SIZE = "1Mi"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Variables, and the mounts with the files that they name."""

    variables: Mapping[str, pulumi.Input[str]]
    mounts: Sequence[Mount]


def common(scope: BackupScope) -> Part:
    """Say whose backups they are, and whom to trust."""
    args = scope.args
    certificates = {
        files.DATABASE_AUTHORITY: args.database.ca_certificate,
        files.ARTIFACTS_AUTHORITY: args.artifacts.ca_certificate,
        files.BACKUPS_AUTHORITY: args.writer.ca_certificate,
    }
    trusted = {file: pem for file, pem in certificates.items() if pem}
    mounts = [scratch()]
    if trusted:
        authorities = immutable.config_map(scope, "authorities", trusted)
        mounts.append(config_map_mount("authorities", authorities, files.AUTHORITIES_DIR))
    return Part(variables={"BACKUP_PLATFORM": args.platform}, mounts=mounts)


def database(scope: BackupScope, who: str, connection: DatabaseConnection) -> Part:
    """Make the Secret by which a role logs in; a service file, since libpq would ignore a password file here."""
    content = connection.service_file(files.DATABASE_SERVICE, f"{files.AUTHORITIES_DIR}/{files.DATABASE_AUTHORITY}")
    login = immutable.secret(scope, f"{who}-database", files.DATABASE_LOGIN, content)
    return Part(
        variables=database_variables(f"{files.DATABASE_DIR}/{files.DATABASE_LOGIN}", files.DATABASE_SERVICE),
        mounts=[secret_mount("database", login, files.DATABASE_DIR)],
    )


def backups(scope: BackupScope, who: str, access: BucketAccess) -> Part:
    """Make the Secret with a key to the bucket of backups."""
    place = _Place(prefix="BACKUP_TARGET", directory=files.BACKUPS_DIR, authority=files.BACKUPS_AUTHORITY)
    return _bucket(scope, f"{who}-key", access, place)


def artifacts(scope: BackupScope, who: str, access: BucketAccess, role: str) -> Part:
    """Make the Secret with a key to artifacts, which are read (role `SOURCE`) or restored (role `RESTORE`)."""
    place = _Place(prefix=f"BACKUP_{role}", directory=files.ARTIFACTS_DIR, authority=files.ARTIFACTS_AUTHORITY)
    return _bucket(scope, f"{who}-artifacts", access, place)


def recipients(scope: BackupScope) -> Part:
    """Name who will be able to read the backups."""
    keys = "".join(f"{key}\n" for key in scope.args.recipients)
    public = immutable.config_map(scope, "recipients", {files.RECIPIENTS: keys})
    return Part(
        variables={"BACKUP_RECIPIENTS_FILE": f"{files.RECIPIENTS_DIR}/{files.RECIPIENTS}"},
        mounts=[config_map_mount("recipients", public, files.RECIPIENTS_DIR)],
    )


def retention(args: RetentionArgs) -> Part:
    """Say what is kept."""
    return Part(variables={"BACKUP_KEEP_DAYS": str(args.days), "BACKUP_KEEP_COUNT": str(args.count)}, mounts=[])


def drill_identity(scope: BackupScope, key: pulumi.Output[str]) -> Part:
    """Make the Secret with the private key of drills."""
    return _identity(
        secret_mount("identity", immutable.secret(scope, "identity", files.IDENTITY, key), files.IDENTITY_DIR)
    )


def restore_identity() -> Part:
    """Take the private key that a person has put there; the pod waits for it."""
    return _identity(existing_secret_mount("identity", RESTORE_IDENTITY, files.IDENTITY_DIR))


def scratch() -> Mount:
    """Give the containers of a pod a temporary directory."""
    return scratch_mount("tmp", files.TEMPORARY_DIR, _TEMPORARY_SIZE)


def shared() -> Mount:
    """Let the containers of a pod tell one another something."""
    return scratch_mount("shared", files.SHARED_DIR, _SHARED_SIZE)


def told_by_others() -> Part:
    """Let a command see what the other containers of its pod tell."""
    return Part(variables={}, mounts=[shared()])


def instance(args: MomentArgs) -> Part:
    """Give a command room for a whole database server, and say who may read all of it."""
    return Part(
        variables={"BACKUP_PITR_SUPERUSER": args.superuser},
        mounts=[scratch_mount("instance", files.INSTANCE_DIR, args.room)],
    )


def _identity(mount: Mount) -> Part:
    return Part(variables={"BACKUP_IDENTITY_FILE": f"{mount.path}/{files.IDENTITY}"}, mounts=[mount])


@dataclass(frozen=True, kw_only=True)
class _Place:
    """How a command knows a bucket."""

    prefix: str
    """Of its variables."""
    directory: str
    """Of its key."""
    authority: str
    """File of those who signed its server's certificate."""


def _bucket(scope: BackupScope, suffix: str, access: BucketAccess, place: _Place) -> Part:
    key = immutable.secret(scope, suffix, files.BUCKET_KEY, access.credentials_file())
    variables: dict[str, pulumi.Input[str]] = {
        f"{place.prefix}_BUCKET": access.bucket,
        f"{place.prefix}_REGION": access.region,
        f"{place.prefix}_CREDENTIALS_FILE": f"{place.directory}/{files.BUCKET_KEY}",
    }
    if access.endpoint is not None:
        variables[f"{place.prefix}_ENDPOINT"] = access.endpoint
    if access.ca_certificate:
        variables[f"{place.prefix}_CA_FILE"] = f"{files.AUTHORITIES_DIR}/{place.authority}"
    volume = place.directory.rpartition("/")[2]
    return Part(variables=variables, mounts=[secret_mount(volume, key, place.directory)])
