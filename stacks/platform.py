"""The composition: which components there are, and what flows from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components.artifact_bucket import ArtifactBucket
from components.backend_database import BackendDatabase
from components.contracts import BucketAccess, DatabaseConnection, ServiceAddress
from components.mlflow_server import MlflowServer, MlflowServerArgs
from components.monitoring import Monitoring, MonitoringArgs
from components.namespace import Namespace
from stacks.edge import Edge, edge, server_access
from stacks.providers import kubernetes_provider, minio_provider, postgresql_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.monitoring_settings import MonitoringSettings
    from stacks.settings import Settings

_SERVICE = "mlflow"
_PORT = 5000


def deploy(settings: Settings) -> Mapping[str, pulumi.Input[Any]]:
    """Put the platform together and return the stack's outputs."""
    cluster = pulumi.ResourceOptions(provider=kubernetes_provider(settings.kube_context))
    service = ServiceAddress(name=_SERVICE, namespace=settings.namespace.name, port=_PORT)

    namespace = Namespace("platform", settings.namespace, cluster)
    database = _database(settings)
    bucket = _bucket(settings)
    server = MlflowServer(
        "mlflow",
        MlflowServerArgs(
            namespace=namespace.name,
            service=service,
            image=settings.image,
            image_pull_secret=settings.image_pull_secret,
            database=database,
            bucket=bucket,
            artifact_delivery=settings.artifact_delivery,
            resources=settings.resources,
            scaling=settings.scaling,
            migration_deadline=settings.migration_deadline,
            access=server_access(settings),
        ),
        cluster,
    )
    way_in = edge(settings, server, cluster)
    if settings.monitoring:
        _monitoring(settings.monitoring, server, way_in, cluster)
    return {
        **way_in.outputs,
        "trackingUri": server.service.url,
        "namespace": namespace.name,
        "service": server.service.name,
        "bucket": bucket.bucket,
        "database": database.database,
    }


def _monitoring(
    monitoring: MonitoringSettings, server: MlflowServer, way_in: Edge, cluster: pulumi.ResourceOptions
) -> Monitoring:
    return Monitoring(
        "monitoring",
        MonitoringArgs(
            namespace=server.namespace,
            server=server.metrics,
            others=way_in.metrics,
            scrape_seconds=monitoring.scrape_seconds,
            discovery_labels=monitoring.discovery_labels,
        ),
        cluster,
    )


def _database(settings: Settings) -> DatabaseConnection:
    if isinstance(settings.database, DatabaseConnection):
        return settings.database
    opts = pulumi.ResourceOptions(provider=postgresql_provider(settings.database.admin))
    return BackendDatabase("backend", settings.database.args, opts).connection


def _bucket(settings: Settings) -> BucketAccess:
    if isinstance(settings.bucket, BucketAccess):
        return settings.bucket
    opts = pulumi.ResourceOptions(provider=minio_provider(settings.bucket.admin))
    return ArtifactBucket("artifacts", settings.bucket.args, opts).access
