"""The exporter, where one is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.inventory_exporter import InventoryExporter, InventoryExporterArgs

if TYPE_CHECKING:
    import pulumi

    from components.contracts import BucketAccess, MetricsEndpoint
    from components.mlflow_server import MlflowServer
    from stacks.settings import Settings
    from stacks.stores import Stores

_DEPLOYMENT = "mlflow-exporter"


def inventory(
    settings: Settings,
    stores: Stores,
    server: MlflowServer,
    cluster: pulumi.ResourceOptions,
    backups: BucketAccess | None = None,
) -> tuple[MetricsEndpoint, ...]:
    """Make the exporter; return where its numbers are.

    Args:
        settings: Of the stack.
        stores: What it looks at.
        server: After which it comes.
        cluster: Where it runs.
        backups: The bucket of backups, by the key of whoever watches them; None where there are none.
    """
    if settings.exporter is None or stores.database_reader is None or stores.bucket_reader is None:
        return ()
    exporter = InventoryExporter(
        "exporter",
        InventoryExporterArgs(
            namespace=server.namespace,
            deployment=_DEPLOYMENT,
            image=settings.image,
            image_pull_secret=settings.image_pull_secret,
            database=stores.database_reader,
            server_role=stores.database.user,
            bucket=stores.bucket_reader,
            refresh=settings.exporter.refresh,
            metrics_peers=settings.access.metrics_peers,
            backups=backups,
        ),
        cluster,
    )
    return (exporter.metrics,)
