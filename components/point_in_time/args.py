"""Arguments of the component `PointInTime`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import BucketAccess, DatabaseConnection


@dataclass(frozen=True, kw_only=True)
class VolumeArgs:
    """Where Barman keeps what is not in the bucket yet: a compressed base backup, and the log since it."""

    size: str
    claim: bool
    """False: a directory that goes with its pod. Nothing in the bucket is lost with it, but what was received and not
    yet shipped may be: then the log has a gap, which a new base backup closes at once."""
    storage_class: str | None
    """Of the claim; None: the cluster's default class."""


@dataclass(frozen=True, kw_only=True)
class PointInTimeArgs:
    """Arguments of `PointInTime`."""

    namespace: pulumi.Input[str]
    name: str
    """Name of the StatefulSet and what belongs to it."""
    image: str
    """Of the backup program; its PostgreSQL has to be as new as the server's."""
    image_pull_secret: str | None
    platform: str
    """Identity of the platform in the bucket, the same as the logical backups'."""
    server: DatabaseConnection
    """By a role with REPLICATION and the rights that Barman needs; the database is any that it may enter."""
    bucket: BucketAccess
    """Of backups, by a key that writes and cannot delete."""
    recipients: Sequence[str]
    """age public keys."""
    base_hours: int
    """How old the newest base backup becomes."""
    volume: VolumeArgs


PointInTimeScope: TypeAlias = Scope[PointInTimeArgs]
