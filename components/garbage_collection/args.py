"""Arguments of the component `GarbageCollection`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    import pulumi

    from components.contracts import BucketAccess, DatabaseConnection


@dataclass(frozen=True, kw_only=True)
class GarbageCollectionArgs:
    """Arguments of `GarbageCollection`."""

    namespace: pulumi.Input[str]
    """Flows into every object. Given the server's, the CronJob comes after the server, and so after the migration."""
    cron_job: str
    """Name of the CronJob and what belongs to it; its Jobs' names begin with it."""
    image: str
    """The server's: the program works with MLflow's own store, whose version has to be the schema's."""
    image_pull_secret: str | None
    database: DatabaseConnection
    """The server's own, since only an owner of the rows may delete them."""
    bucket: BucketAccess
    """The server's own."""
    schedule: str
    """Five fields of a cron schedule, in UTC."""
    min_days: int
    """So long a thing has to have been deleted."""
    dry_run: bool
    """Only tell, in the log, what would go."""
    deadline: int
    """Seconds for a collection, the image's download and other attempts included; 300 at least."""


CollectionScope: TypeAlias = Scope[GarbageCollectionArgs]
