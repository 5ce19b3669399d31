"""The ingestion into DataHub, where there is one, and its way into the server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components.metadata_ingestion import MetadataIngestion, MetadataIngestionArgs, ingestion_peer

if TYPE_CHECKING:
    import pulumi

    from components.mlflow_server import AccessArgs, MlflowServer
    from stacks.settings import Settings

_INGESTION = "ingestion"
_CRON_JOB = "mlflow-ingestion"


def with_ingestion(settings: Settings, access: AccessArgs) -> AccessArgs:
    """Let the ingestion in beside the other clients inside the cluster."""
    if settings.metadata_ingestion is None:
        return access
    return replace(access, client_peers=(*access.client_peers, ingestion_peer(_INGESTION)))


def metadata_ingestion(
    settings: Settings, server: MlflowServer, public_url: pulumi.Input[str], cluster: pulumi.ResourceOptions
) -> None:
    """Make the CronJob."""
    wanted = settings.metadata_ingestion
    if wanted is None:
        return
    MetadataIngestion(
        _INGESTION,
        MetadataIngestionArgs(
            namespace=server.namespace,
            cron_job=_CRON_JOB,
            image=wanted.image,
            image_pull_secret=settings.image_pull_secret,
            server=server.service,
            server_selector=server.selector,
            public_url=public_url,
            datahub=wanted.datahub,
            # The host names the platform, and stays; two stacks with one DataHub are two pipelines.
            pipeline=f"mlflow-{settings.route.host}",
            environment=wanted.environment,
            schedule=wanted.schedule,
            deadline=wanted.deadline,
        ),
        cluster,
    )
