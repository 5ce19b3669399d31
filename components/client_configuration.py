"""Component `ClientConfiguration`: how pods of the cluster learn where MLflow is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import core

from components.labels import Labels
from components.metadata import name_of, object_metadata

if TYPE_CHECKING:
    from components.contracts import ServiceAddress

_NAME = "mlflow-client"


@dataclass(frozen=True, kw_only=True)
class ClientConfigurationArgs:
    """Arguments of `ClientConfiguration`."""

    namespace: pulumi.Input[str]
    """Of the clients: pods take their environment from ConfigMaps of their own namespace only."""
    server: ServiceAddress
    public_url: pulumi.Input[str]


class ClientConfiguration(pulumi.ComponentResource):
    """A ConfigMap whose every key is an environment variable, for `envFrom` of DolphinScheduler's workers and others.

    Left out: the way to the server. A NetworkPolicy gives it to the pods that are declared as its clients.
    """

    config_map: pulumi.Output[str]
    """Name of the ConfigMap, known once it exists."""

    def __init__(self, name: str, args: ClientConfigurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:integrations:ClientConfiguration", name, None, opts)
        made = core.v1.ConfigMap(
            f"{name}-environment",
            metadata=object_metadata(
                Labels(instance=name, component="client-configuration").all, name=_NAME, namespace=args.namespace
            ),
            data={
                # MLflow's client reads it; from the cluster no request leaves the cluster, or needs a login.
                "MLFLOW_TRACKING_URI": args.server.url,
                # For links that people follow.
                "MLFLOW_PUBLIC_URL": args.public_url,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.config_map = name_of(made.metadata)
        self.register_outputs({"configMap": self.config_map})
