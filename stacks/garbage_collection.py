"""The garbage collection, where one is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.garbage_collection import GarbageCollection, GarbageCollectionArgs

if TYPE_CHECKING:
    import pulumi

    from components.mlflow_server import MlflowServer
    from stacks.settings import Settings
    from stacks.stores import Stores

_CRON_JOB = "mlflow-gc"


def garbage_collection(
    settings: Settings, stores: Stores, server: MlflowServer, cluster: pulumi.ResourceOptions
) -> None:
    """Make the CronJob."""
    wanted = settings.garbage_collection
    if wanted is None:
        return
    GarbageCollection(
        "gc",
        GarbageCollectionArgs(
            namespace=server.namespace,
            cron_job=_CRON_JOB,
            image=settings.image,
            image_pull_secret=settings.image_pull_secret,
            database=stores.database,
            bucket=stores.bucket,
            schedule=wanted.schedule,
            min_days=wanted.min_days,
            dry_run=wanted.dry_run,
            deadline=wanted.deadline,
        ),
        cluster,
    )
