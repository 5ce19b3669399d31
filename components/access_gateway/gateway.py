"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

import pulumi

from components.access_gateway.args import AccessGatewayArgs  # noqa: TC001 - Pulumi evaluates a component's annotations
from components.access_gateway.configuration import config_map
from components.access_gateway.envoy.operations_listener import METRICS_PATH
from components.access_gateway.network_policy import gateway_policy
from components.access_gateway.workload import rollout
from components.contracts import MetricsEndpoint, NetworkPeer, ServiceAddress
from components.disruption import disruption_budget
from components.labels import Labels, version_of
from components.metadata import namespace_of
from components.scope import Scope
from components.workload import METRICS_PORT_NAME, service, service_account

_COMPONENT = "access-gateway"


class AccessGateway(pulumi.ComponentResource):
    """Envoy in front of MLflow: a request passes with a valid Access assertion for this application, or not at all.

    It believes signatures only, so it does not matter which ingress controller or tunnel is in front. Left out: TLS,
    which ends there, and the way around the gateway, which the NetworkPolicy of MLflow's pods has to shut.
    """

    service: ServiceAddress
    """What the public route or the tunnel points at."""
    namespace: pulumi.Output[str]
    """Namespace of the Service, known only once the Service has a ready endpoint."""
    selector: dict[str, str]
    """Labels of the gateway's pods and of nothing else."""
    metrics: MetricsEndpoint
    """On the pods only."""

    def __init__(self, name: str, args: AccessGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:edge:AccessGateway", name, None, opts)
        labels = Labels(instance=name, component=_COMPONENT, version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        account = service_account(scope, args.service.name)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace gets no keys.
        deployment = rollout(scope, account, config_map(scope), after=[gateway_policy(scope)])
        disruption_budget(scope, args.service.name)
        front = service(scope, args.service, after=[deployment])

        self.service = args.service
        self.namespace = namespace_of(front.metadata)
        self.selector = labels.selector
        self.metrics = MetricsEndpoint(
            job=args.service.name, selector=self.selector, port=METRICS_PORT_NAME, path=METRICS_PATH
        )
        self.register_outputs({"url": args.service.url, "namespace": self.namespace})


def gateway_peer(name: str) -> NetworkPeer:
    """Say which pods a gateway of this Pulumi name has, before it is made: in NetworkPolicies of its own namespace."""
    return NetworkPeer(pod_labels=Labels(instance=name, component=_COMPONENT).selector)
