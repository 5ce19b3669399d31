"""From configuration to typed settings: the only place that knows the configuration's keys.

`load_settings` reads everything before it complains, so that a person sees all that is wrong at once, and before the
first resource is registered. The keys, their types and defaults are described in `Pulumi.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.mlflow_server import AccessArgs, ArtifactDelivery, ResourceArgs, ScalingArgs
from components.namespace import NamespaceArgs
from stacks import checks
from stacks.access_settings import AccessSettings, read_delivery, read_sign_on
from stacks.backup_settings import BackupSettings, read_backup
from stacks.canary_settings import CanarySettings, read_canary
from stacks.capacity import check_connections, check_memory
from stacks.catalog_settings import CatalogSettings, read_catalog
from stacks.config_reader import ConfigReader
from stacks.exporter_settings import ExporterSettings, read_exporter
from stacks.garbage_collection_settings import GarbageCollectionSettings, read_garbage_collection
from stacks.metadata_ingestion_settings import MetadataIngestionSettings, read_metadata_ingestion
from stacks.monitoring_settings import MonitoringSettings, read_monitoring
from stacks.point_in_time_settings import PointInTimeSettings, read_point_in_time
from stacks.route_settings import RouteSettings, read_route
from stacks.server_settings import read_access, read_resources, read_scaling
from stacks.storage_settings import ProvisionedBucket, ProvisionedDatabase, read_bucket, read_database

if TYPE_CHECKING:
    from components.contracts import BucketAccess, DatabaseConnection

_MOST_CONNECTIONS = 10_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a user may change."""

    kube_context: str | None
    """None: the current context of the kubeconfig."""
    namespace: NamespaceArgs
    image: str
    image_pull_secret: str | None
    artifact_delivery: ArtifactDelivery
    resources: ResourceArgs
    scaling: ScalingArgs
    migration_deadline: int
    """Seconds."""
    access: AccessArgs
    """Who may talk to the server, or to the gateway in front of it."""
    route: RouteSettings
    sign_on: AccessSettings | None
    """None: whoever reaches the route reaches the server."""
    catalog: CatalogSettings | None
    """None: no portal is told of the platform."""
    monitoring: MonitoringSettings | None
    """None: Prometheus is not told of the platform."""
    canary: CanarySettings | None
    """None: nobody tries the platform all day."""
    exporter: ExporterSettings | None
    """None: nobody counts what MLflow has stored."""
    backup: BackupSettings | None
    """None: what is lost stays lost."""
    garbage_collection: GarbageCollectionSettings | None
    """None: deleted runs stay until somebody runs `mlflow gc`."""
    metadata_ingestion: MetadataIngestionSettings | None
    """None: no DataHub is told what MLflow holds."""
    point_in_time: PointInTimeSettings | None
    """None: the database can be had as of its backups, and of no moment between."""
    database: ProvisionedDatabase | DatabaseConnection
    """One to make, or one that exists."""
    bucket: ProvisionedBucket | BucketAccess
    """One to make, or one that exists."""


def load_settings(reader: ConfigReader | None = None) -> Settings:
    """Read and check the configuration.

    Args:
        reader: Where the values come from; by default the running stack.

    Raises:
        ConfigError: Values are missing, wrong, do not fit together, or belong to no key.
    """
    reader = reader or ConfigReader.of_stack()
    delivery = read_delivery(reader)
    route = read_route(reader, delivery)
    scaling = read_scaling(reader)
    resources = read_resources(reader)
    protect = reader.flag("protectData", "it would be unclear whether data may be deleted")
    limit = reader.integer("databaseConnectionLimit", 1, _MOST_CONNECTIONS, "the server could open no connection")
    check_memory(reader, resources, scaling.workers)
    check_connections(reader, scaling, limit)
    namespace = NamespaceArgs(
        name=reader.text("namespace", "Kubernetes would refuse it", checks.dns_label),
        create=reader.flag("namespaceCreate", "it would be unclear to whom the namespace belongs"),
    )
    canary = read_canary(reader)
    database = read_database(reader, connection_limit=limit, protect=protect)
    bucket = read_bucket(reader, protect=protect)
    exporter = read_exporter(reader, database=database, bucket=bucket)
    backup = read_backup(reader, database=database, artifacts=bucket, status=exporter is not None, protect=protect)
    point_in_time = read_point_in_time(reader, database=database, backups=backup is not None)
    settings = Settings(
        kube_context=reader.optional("kubeContext", "no cluster would be found", lambda _: None),
        namespace=namespace,
        image=reader.text("image", "what runs would change by itself, or not start", checks.image),
        image_pull_secret=reader.optional("imagePullSecret", "the image could not be pulled", checks.dns_name),
        artifact_delivery=reader.choice("artifactDelivery", ArtifactDelivery, "artifacts could not be delivered"),
        resources=resources,
        scaling=scaling,
        migration_deadline=reader.integer("migrationDeadline", 30, 86_400, "an update would wait for it in vain"),
        access=read_access(reader, route.host, tls_required=route.tls_required, clients_confined=namespace.create),
        route=route,
        sign_on=read_sign_on(reader, delivery, host=route.host),
        catalog=read_catalog(reader),
        monitoring=read_monitoring(
            reader,
            resources=resources,
            canary=canary,
            exporter=exporter is not None,
            backups=backup is not None,
            drill=backup is not None and backup.drill is not None,
            point_in_time=point_in_time is not None,
        ),
        canary=canary,
        exporter=exporter,
        backup=backup,
        garbage_collection=read_garbage_collection(reader),
        metadata_ingestion=read_metadata_ingestion(reader),
        point_in_time=point_in_time,
        database=database,
        bucket=bucket,
    )
    reader.finish()
    return settings
