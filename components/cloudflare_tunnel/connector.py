"""The pods that hold the tunnel open, and what keeps them up and apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, core, networking

from components import network_edges
from components.contracts import NetworkPeer
from components.disruption import disruption_budget
from components.immutable import secret
from components.mounts import secret_mount
from components.pods import pod_spec, probe
from components.workload import METRICS_PORT_NAME, deployment, service_account

if TYPE_CHECKING:
    import pulumi

    from components.cloudflare_tunnel.args import CloudflareTunnelArgs, TunnelScope

METRICS_PORT = 2000
_REPLICAS = 2
_USER = 65532
"""The image's own; a number is what Kubernetes can check."""
_TOKEN_DIR = "/etc/cloudflared"  # noqa: S105 - a directory
_TOKEN_FILE = "token"  # noqa: S105 - a file's name
_TUNNEL_PORT = 7844
_HTTPS_PORT = 443
_GRACE_SECONDS = 30
"""How long a request that has begun may go on after the pod was told to stop; new ones go to the other pod."""
_EXIT_SECONDS = 15
_PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")


def connector(scope: TunnelScope, token: pulumi.Output[str]) -> apps.v1.Deployment:
    """Make the Deployment and what belongs to it; `token`, which is secret, proves that the tunnel is theirs."""
    args = scope.args
    edges = networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(f"{args.deployment}-edges"),
        spec=_edges(scope),
        opts=scope.options(),
    )
    disruption_budget(scope, args.deployment)
    pod = pod_spec(
        _container(args),
        [secret_mount(_TOKEN_FILE, secret(scope, "token", _TOKEN_FILE, token), _TOKEN_DIR)],
        user=_USER,
        service_account=service_account(scope, args.deployment),
        image_pull_secret=args.image_pull_secret,
    )
    pod.termination_grace_period_seconds = _GRACE_SECONDS + _EXIT_SECONDS
    # No value of the policy flows into the pods, yet without it those of a default-deny namespace reach nothing.
    return deployment(scope, args.deployment, pod, replicas=_REPLICAS, after=[edges])


def _edges(scope: TunnelScope) -> networking.v1.NetworkPolicySpecArgs:
    """In: Prometheus. Out: DNS, the service, and Cloudflare."""
    args = scope.args
    behind = NetworkPeer(pod_labels=args.service_selector)
    return network_edges.confine(
        scope.labels.selector,
        ingress=network_edges.incoming(args.metrics_peers, METRICS_PORT),
        egress=[*network_edges.names(), *network_edges.outgoing([behind], args.service.port), _cloudflare()],
    )


def _cloudflare() -> networking.v1.NetworkPolicyEgressRuleArgs:
    """Let the pods out to Cloudflare's data centres: the tunnel, by QUIC or else HTTP/2, and the team's signing keys.

    Any public address, because Cloudflare's own are many and change; no private one, where the cluster's API is.
    """
    port = networking.v1.NetworkPolicyPortArgs
    anywhere = networking.v1.IPBlockArgs(cidr="0.0.0.0/0", except_=list(_PRIVATE))
    return networking.v1.NetworkPolicyEgressRuleArgs(
        to=[networking.v1.NetworkPolicyPeerArgs(ip_block=anywhere)],
        ports=[
            port(port=_TUNNEL_PORT, protocol="UDP"),
            port(port=_TUNNEL_PORT, protocol="TCP"),
            port(port=_HTTPS_PORT, protocol="TCP"),
        ],
    )


def _container(args: CloudflareTunnelArgs) -> core.v1.ContainerArgs:
    # By default, the port is whichever is free from 20241 on.
    options = {"--metrics": f"0.0.0.0:{METRICS_PORT}", "--grace-period": f"{_GRACE_SECONDS}s"}
    settings = [f"{option}={value}" for option, value in options.items()]
    return core.v1.ContainerArgs(
        name="cloudflared",
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=["cloudflared", "tunnel", "--no-autoupdate", *settings],
        args=["run", f"--token-file={_TOKEN_DIR}/{_TOKEN_FILE}"],
        ports=[core.v1.ContainerPortArgs(name=METRICS_PORT_NAME, container_port=METRICS_PORT, protocol="TCP")],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "64Mi"}, limits={"cpu": "500m", "memory": "256Mi"}
        ),
        # /ready says whether a connection to Cloudflare stands, which no restart brings about.
        readiness_probe=probe("/ready", METRICS_PORT_NAME, period=5, failures=2),
        liveness_probe=probe("/healthcheck", METRICS_PORT_NAME, period=10, failures=6),
    )
