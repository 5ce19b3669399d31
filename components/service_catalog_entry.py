"""Component `ServiceCatalogEntry`: what a portal shows of the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import core

from components.labels import Labels
from components.metadata import object_metadata

if TYPE_CHECKING:
    from components.contracts import ServiceAddress

_NAME = "mlflow-catalog-entry"
_HEALTH_PATH = "/health"
"""MLflow answers there without a look at its database; behind Access, it answers whoever has logged in."""


@dataclass(frozen=True, kw_only=True)
class ServiceCatalogEntryArgs:
    """Arguments of `ServiceCatalogEntry`.

    What the texts may be is in `integrations/service-catalog/src/mlflow_service_catalog/entry.schema.json`.
    """

    namespace: pulumi.Input[str]
    server: ServiceAddress
    url: pulumi.Input[str]
    """Public base URL, without a slash at its end."""
    id: str
    """By which portals tell entries apart; one a stack."""
    name: str
    icon: str
    category: str
    description: str
    owner: str
    """Team that answers for the service."""
    label: str
    """By which a portal finds the ConfigMap, beside the recommended labels."""
    label_value: str


class ServiceCatalogEntry(pulumi.ComponentResource):
    """A ConfigMap with one JSON file: the entry, for portals that collect ConfigMaps by a label.

    Left out: the files of portals that keep one. `mlflow-service-catalog` puts the entry in there, since such a file
    belongs to others.
    """

    entry: pulumi.Output[dict[str, str]]
    """The same entry, known once the public route is there."""

    def __init__(self, name: str, args: ServiceCatalogEntryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:integrations:ServiceCatalogEntry", name, None, opts)
        self.entry = pulumi.Output.from_input(args.url).apply(lambda url: _entry(args, url))
        core.v1.ConfigMap(
            f"{name}-entry",
            metadata=object_metadata(
                {args.label: args.label_value, **Labels(instance=name, component="service-catalog").all},
                name=_NAME,
                namespace=args.namespace,
            ),
            # Who collects ConfigMaps may put the files of all namespaces into one folder.
            data={
                f"{args.server.name}.{args.server.namespace}.json": pulumi.Output.json_dumps(
                    self.entry, indent=2, ensure_ascii=False
                )
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"entry": self.entry})


def _entry(args: ServiceCatalogEntryArgs, url: str) -> dict[str, str]:
    return {
        "id": args.id,
        "name": args.name,
        "url": url,
        "category": args.category,
        "description": args.description,
        "icon": args.icon,
        "healthUrl": f"{url}{_HEALTH_PATH}",
        "owner": args.owner,
    }
