"""The composition: which components there are, and what flows from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components.contracts import ServiceAddress
from components.mlflow_server import MlflowServer, MlflowServerArgs
from components.namespace import Namespace
from stacks.backups import backups
from stacks.canary import canary, with_canary
from stacks.clients import clients
from stacks.database_login import login_outputs
from stacks.edge import edge, server_access
from stacks.garbage_collection import garbage_collection
from stacks.inventory import inventory
from stacks.metadata_ingestion import metadata_ingestion, with_ingestion
from stacks.monitoring import monitoring
from stacks.providers import kubernetes_provider
from stacks.stores import stores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.settings import Settings

_SERVICE = "mlflow"
_PORT = 5000


def deploy(settings: Settings) -> Mapping[str, pulumi.Input[Any]]:
    """Put the platform together and return the stack's outputs."""
    cluster = pulumi.ResourceOptions(provider=kubernetes_provider(settings.kube_context))
    service = ServiceAddress(name=_SERVICE, namespace=settings.namespace.name, port=_PORT)

    namespace = Namespace("platform", settings.namespace, cluster)
    kept = stores(settings)
    saved = backups(settings, kept, namespace.name, cluster)
    server = MlflowServer(
        "mlflow",
        MlflowServerArgs(
            namespace=namespace.name,
            service=service,
            image=settings.image,
            image_pull_secret=settings.image_pull_secret,
            database=kept.database,
            bucket=kept.bucket,
            artifact_delivery=settings.artifact_delivery,
            resources=settings.resources,
            scaling=settings.scaling,
            migration_deadline=settings.migration_deadline,
            before_migration=saved.guard,
            access=with_ingestion(settings, with_canary(settings, server_access(settings))),
        ),
        cluster,
    )
    way_in = edge(settings, server, cluster)
    others = (
        *way_in.metrics,
        *canary(settings, server, cluster),
        *inventory(settings, kept, server, cluster, saved.status),
    )
    garbage_collection(settings, kept, server, cluster)
    metadata_ingestion(settings, server, way_in.outputs["url"], cluster)
    monitoring(settings, server, others, cluster)
    return {
        **way_in.outputs,
        **clients(settings, server, way_in.outputs["url"], cluster),
        **login_outputs(kept.database, server.namespace),
        **saved.outputs,
        "trackingUri": server.service.url,
        "namespace": namespace.name,
        "service": server.service.name,
        "bucket": kept.bucket.bucket,
        "database": kept.database.database,
    }
