"""The backups that a bucket holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_backup.archive.layout import BACKUPS, BackupId
from mlflow_backup.archive.manifest import Manifest
from mlflow_backup.archive.state import Listed, group
from mlflow_backup.failures import NothingToDoError, RefusedError, UsageError
from mlflow_backup.storage.bucket import GoneError

if TYPE_CHECKING:
    from mlflow_backup.storage.bucket import Bucket

LATEST = "latest"


def backups(target: Bucket) -> list[Listed]:
    """List them, unfinished ones too, the newest first."""
    return group((found.key, found.size, found.changed) for found in target.list(BACKUPS))


def manifest_of(target: Bucket, backup: BackupId) -> Manifest:
    """Read a manifest.

    Raises:
        NothingToDoError: There is no such backup.
        RefusedError: It is damaged or too new.
    """
    try:
        return Manifest.parse(backup, target.read(backup.manifest))
    except GoneError as error:
        raise NothingToDoError(
            f"there is no backup {backup}: without a manifest, whatever else is there is the rest of one that broke off"
        ) from error


def choose(target: Bucket, wanted: str, platform: str, *, foreign: bool = False) -> tuple[Listed, Manifest]:
    """Find the backup that a person names.

    Args:
        target: The bucket of backups.
        wanted: An id, or `latest`: the newest of the platform, whatever may turn out to be wrong with it. An older one
            has to be asked for by name, so that nobody takes its state for the newest.
        platform: Whose backups these are to be.
        foreign: Take another platform's as well.

    Raises:
        UsageError: `wanted` is no id.
        NothingToDoError: There is no such backup.
        RefusedError: It belongs to another platform, is damaged or too new.
    """
    listed = [backup for backup in backups(target) if backup.finished]
    if wanted != LATEST:
        backup = BackupId.parse(wanted)
        if backup is None:
            raise UsageError(f"{wanted!r} is no backup: name one as `list` does, such as 20261126T190000Z-0a1b2c")
        manifest = manifest_of(target, backup)
        _demand_own(manifest, platform, foreign=foreign)
        return next(found for found in listed if found.id == backup), manifest
    others: list[Manifest] = []
    for found in listed:
        manifest = manifest_of(target, found.id)
        if manifest.platform == platform or foreign:
            return found, manifest
        others.append(manifest)
    if others:
        _demand_own(others[0], platform, foreign=foreign)
    raise NothingToDoError(f"bucket {target.name} holds no backup")


def _demand_own(manifest: Manifest, platform: str, *, foreign: bool) -> None:
    if manifest.platform != platform and not foreign:
        raise RefusedError(
            f"backup {manifest.id} is of platform {manifest.platform}, and this is {platform}: "
            "it would replace one platform by another; say --foreign if that is what you want",
            "foreign",
        )
