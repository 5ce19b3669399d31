"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

import pulumi

from components.garbage_collection.args import GarbageCollectionArgs  # noqa: TC001 - Pulumi evaluates annotations
from components.garbage_collection.workload import collection_job
from components.labels import Labels, version_of
from components.network_edges import outward_policy
from components.scope import Scope
from components.workload import service_account

_COMPONENT = "garbage-collection"


class GarbageCollection(pulumi.ComponentResource):
    """A CronJob that removes for good what has been deleted in MLflow for so many days, with its artifacts.

    Never during a backup, a restore or a migration: all take one lock. The bucket keeps former versions of its objects
    for a while, the database is as it was in the last backup. Left out: the lock's other holders, and the alert.
    """

    cron_job: str
    """Its name."""

    def __init__(self, name: str, args: GarbageCollectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:server:GarbageCollection", name, None, opts)
        labels = Labels(instance=name, component=_COMPONENT, version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace reaches nothing.
        edges = outward_policy(scope, f"{args.cron_job}-edges", args.database, args.bucket)
        collection_job(scope, service_account(scope, args.cron_job), after=[edges])

        self.cron_job = args.cron_job
        self.register_outputs({"cronJob": args.cron_job})
