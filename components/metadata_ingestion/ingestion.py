"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.contracts import NetworkPeer
from components.labels import Labels, version_of
from components.metadata_ingestion.args import (
    MetadataIngestionArgs,  # noqa: TC001 - Pulumi evaluates a component's annotations
)
from components.metadata_ingestion.workload import ingestion_job
from components.network_edges import outward_policy
from components.scope import Scope
from components.workload import service_account

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPONENT = "metadata-ingestion"


def ingestion_peer(name: str) -> NetworkPeer:
    """Say which pods an ingestion of this Pulumi name has, before it is made: in NetworkPolicies of its namespace."""
    return NetworkPeer(pod_labels=Labels(instance=name, component=_COMPONENT).selector)


@dataclass(frozen=True, kw_only=True)
class _Server:
    """MLflow's pods, for the NetworkPolicy."""

    peers: Sequence[NetworkPeer]
    port: int


class MetadataIngestion(pulumi.ComponentResource):
    """A CronJob that tells DataHub of every experiment, run, dataset, model and version, and of what is gone.

    Each run tells everything, so that nothing depends on the one before it but what is to be removed. Left out: the
    server's own policy, which has to let its pods in (`ingestion_peer`), and the alerts.
    """

    cron_job: str
    """Its name."""

    def __init__(self, name: str, args: MetadataIngestionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:integrations:MetadataIngestion", name, None, opts)
        labels = Labels(instance=name, component=_COMPONENT, version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        server = _Server(peers=[NetworkPeer(pod_labels=args.server_selector)], port=args.server.port)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace reaches nothing.
        edges = outward_policy(scope, f"{args.cron_job}-edges", server, args.datahub)
        ingestion_job(scope, service_account(scope, args.cron_job), after=[edges])

        self.cron_job = args.cron_job
        self.register_outputs({"cronJob": args.cron_job})
