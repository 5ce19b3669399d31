"""What each command is told by environment variables. They name files for what is secret, and hold nothing secret.

    BACKUP_PLATFORM             identity of the platform, such as host/database
    BACKUP_TARGET_*             the bucket of backups; only the key of prune has to be able to delete
    BACKUP_SOURCE_*             the artifact bucket, to get from and to list (create)
    BACKUP_RESTORE_*            the bucket that artifacts are restored to (restore, drill)
    PGSERVICEFILE               connection service file: host, database, role, password (create, restore, drill)
    PGSERVICE                   its section for a role that has SELECT on all tables and sequences (create)
    BACKUP_RECIPIENTS_FILE      age public keys, one a line (create)
    BACKUP_IDENTITY_FILE        age private keys, one a line (restore, drill, verify if it is there)
    BACKUP_ID                   the backup, where no argument names one: latest (verify, restore, drill)
    BACKUP_KEEP_DAYS            all backups of so many days are kept: 30 (prune)
    BACKUP_KEEP_COUNT           and at least so many good ones: 3 (prune)
    BACKUP_ARTIFACT_ROOT        path in the artifact bucket that mlflow-artifacts:/ stands for: none (restore, drill)
    BACKUP_WORKERS              artifacts at a time: 8 (create, verify, restore, drill)

A bucket is _ENDPOINT (absent: AWS), _BUCKET, _REGION, _CREDENTIALS_FILE (as AWS's tools read it, section [default]) and
_CA_FILE (PEM; absent: the public authorities).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow_backup.environment import Environment
from mlflow_backup.storage.encryption import Identities, Recipients

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlflow_backup.environment import BucketSettings

_IDENTITIES, _PRIVATE_KEYS = "BACKUP_IDENTITY_FILE", "age private keys"
_RESTORED = "the bucket to restore artifacts to"


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """What every command needs."""

    platform: str
    target: BucketSettings


@dataclass(frozen=True, kw_only=True)
class TargetSettings(CommonSettings):
    """Of `list`."""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> TargetSettings:
        """Read them.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        settings = cls(platform=platform(environment), target=target(environment))
        environment.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class CreateSettings(CommonSettings):
    """Of `create`."""

    service: str
    source: BucketSettings
    recipients: Recipients
    workers: int

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> CreateSettings:
        """Read them.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        settings = cls(
            platform=platform(environment),
            target=target(environment),
            service=environment.service(environment.optional("PGSERVICE"), "PGSERVICE"),
            source=environment.bucket("BACKUP_SOURCE", "the artifact bucket"),
            recipients=recipients(environment),
            workers=_workers(environment),
        )
        if _same(settings.source, settings.target):
            environment.problem("BACKUP_TARGET_BUCKET is the artifact bucket itself: name a second one")
        environment.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class VerifySettings(CommonSettings):
    """Of `verify`."""

    identities: Identities | None
    workers: int

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> VerifySettings:
        """Read them.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        path = environment.optional_file(_IDENTITIES, _PRIVATE_KEYS)
        settings = cls(
            platform=platform(environment),
            target=target(environment),
            identities=Identities.read(environment, _IDENTITIES, path) if path else None,
            workers=_workers(environment),
        )
        environment.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class RestoreSettings(CommonSettings):
    """Of `restore` and `drill`."""

    service: str
    identities: Identities
    restored: BucketSettings
    artifact_root: str
    source: BucketSettings | None
    workers: int

    @classmethod
    def of(cls, variables: Mapping[str, str], service: str, bucket: str | None) -> RestoreSettings:
        """Read them.

        Args:
            variables: The environment.
            service: Argument `--database-service`.
            bucket: Argument `--bucket`, which goes before BACKUP_RESTORE_BUCKET.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        settings = cls(
            platform=platform(environment),
            target=target(environment),
            service=environment.service(service, "--database-service"),
            identities=identities(environment),
            restored=environment.bucket("BACKUP_RESTORE", _RESTORED, name=bucket),
            artifact_root=(environment.optional("BACKUP_ARTIFACT_ROOT") or "").strip("/"),
            source=environment.bucket("BACKUP_SOURCE", "the artifact bucket") if _has_source(variables) else None,
            workers=_workers(environment),
        )
        if _same(settings.restored, settings.target):
            environment.problem("BACKUP_RESTORE_BUCKET is the bucket of backups: name another one")
        environment.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class PruneSettings(CommonSettings):
    """Of `prune`."""

    keep_days: int
    keep_count: int

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> PruneSettings:
        """Read them.

        Raises:
            UsageError: Names every one that is missing or wrong.
        """
        environment = Environment(variables)
        settings = cls(
            platform=platform(environment),
            target=target(environment),
            keep_days=environment.number("BACKUP_KEEP_DAYS", 30, least=0, most=36_500),
            keep_count=environment.number("BACKUP_KEEP_COUNT", 3, least=1, most=100_000),
        )
        environment.check()
        return settings


def platform(environment: Environment) -> str:
    """Read whose backups they are."""
    return environment.text("BACKUP_PLATFORM", "the identity of the platform, such as mlflow.example.com/mlflow")


def target(environment: Environment) -> BucketSettings:
    """Read where backups are."""
    return environment.bucket("BACKUP_TARGET", "the bucket of backups")


def recipients(environment: Environment) -> Recipients:
    """Read whom to encrypt to."""
    name = "BACKUP_RECIPIENTS_FILE"
    return Recipients.read(environment, name, environment.file(name, "age public keys"))


def identities(environment: Environment) -> Identities:
    """Read what to decrypt by."""
    return Identities.read(environment, _IDENTITIES, environment.file(_IDENTITIES, _PRIVATE_KEYS))


def _workers(environment: Environment) -> int:
    return environment.number("BACKUP_WORKERS", 8, least=1, most=64)


def _same(one: BucketSettings, other: BucketSettings) -> bool:
    return bool(one.bucket) and (one.host, one.bucket) == (other.host, other.bucket)


def _has_source(variables: Mapping[str, str]) -> bool:
    return bool(variables.get("BACKUP_SOURCE_BUCKET"))


def known_revisions(path: Path | None) -> frozenset[str] | None:
    """Read the schema revisions that the MLflow to be started knows, one a line; None where no file is named.

    Raises:
        UsageError: The file cannot be read or names none.
    """
    if path is None:
        return None
    environment = Environment({"--known-revisions": str(path)})
    file = environment.file("--known-revisions", "a list of schema revisions")
    environment.check()
    found = frozenset(line.strip() for line in file.read_text().splitlines() if line.strip()[:1] not in ("", "#"))
    if not found:
        environment.problem(f"--known-revisions: {file} names no revision")
    environment.check()
    return found
