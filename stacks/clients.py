"""What others learn of the server: pods of the cluster from a ConfigMap, people from a portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components.client_configuration import ClientConfiguration, ClientConfigurationArgs
from components.service_catalog_entry import ServiceCatalogEntry, ServiceCatalogEntryArgs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.mlflow_server import MlflowServer
    from stacks.settings import Settings


def clients(
    settings: Settings, server: MlflowServer, url: pulumi.Input[str], cluster: pulumi.ResourceOptions
) -> Mapping[str, pulumi.Input[Any]]:
    """Tell them where it is; return what concerns them of the stack's outputs."""
    configuration = ClientConfiguration(
        "client",
        ClientConfigurationArgs(namespace=server.namespace, server=server.service, public_url=url),
        cluster,
    )
    return {"clientConfigMap": configuration.config_map, **_catalog_entry(settings, server, url, cluster)}


def _catalog_entry(
    settings: Settings, server: MlflowServer, url: pulumi.Input[str], cluster: pulumi.ResourceOptions
) -> Mapping[str, pulumi.Input[Any]]:
    wanted = settings.catalog
    if wanted is None:
        return {}
    made = ServiceCatalogEntry(
        "catalog",
        ServiceCatalogEntryArgs(
            namespace=server.namespace,
            server=server.service,
            url=url,
            id=wanted.id or f"{pulumi.get_project()}.{pulumi.get_stack()}",
            name=wanted.name,
            icon=wanted.icon,
            category=wanted.category,
            description=wanted.description,
            owner=wanted.owner,
            label=wanted.label,
            label_value=wanted.label_value,
        ),
        cluster,
    )
    return {"catalogEntry": made.entry}
