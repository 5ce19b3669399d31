"""The pods that hold the tunnel open, and what keeps them up and apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import apps, core, meta, networking, policy

from components import network_edges, pods
from components.contracts import NetworkPeer
from components.metadata import object_metadata

if TYPE_CHECKING:
    from components.cloudflare_tunnel.args import CloudflareTunnelArgs
    from components.labels import Labels

METRICS_PORT = 2000
_METRICS = "metrics"
_REPLICAS = 2
_USER = 65532
"""The image's own; a number is what Kubernetes can check."""
_TOKEN_DIR = "/etc/cloudflared"  # noqa: S105 - a directory
_TOKEN_FILE = "token"  # noqa: S105 - a file's name
_GROUP_READABLE = 0o440
_TUNNEL_PORT = 7844
_HTTPS_PORT = 443
_GRACE_SECONDS = 30
"""How long a request that has begun may go on after the pod was told to stop; new ones go to the other pod."""
_EXIT_SECONDS = 15
_PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")


def connector(
    name: str, args: CloudflareTunnelArgs, labels: Labels, token: pulumi.Output[str], parent: pulumi.Resource
) -> apps.v1.Deployment:
    """Make the Deployment and what belongs to it.

    Args:
        name: Prefix of every Pulumi name.
        args: The tunnel's arguments.
        labels: Of every object; their selector is the pods'.
        token: Proves that the tunnel is theirs; secret.
        parent: The component.
    """
    child = pulumi.ResourceOptions(parent=parent)
    account = core.v1.ServiceAccount(
        f"{name}-service-account",
        metadata=object_metadata(labels.all, name=args.deployment, namespace=args.namespace),
        automount_service_account_token=False,
        opts=child,
    )
    secret = core.v1.Secret(
        f"{name}-token",
        # No fixed name: a new token makes a new Secret, which rolls the pods.
        metadata=object_metadata(labels.all, namespace=args.namespace),
        immutable=True,
        type="Opaque",
        string_data={_TOKEN_FILE: token},
        opts=child,
    )
    edges = networking.v1.NetworkPolicy(
        f"{name}-edges",
        metadata=object_metadata(labels.all, name=f"{args.deployment}-edges", namespace=args.namespace),
        spec=_edges(args, labels),
        opts=child,
    )
    policy.v1.PodDisruptionBudget(
        f"{name}-disruption-budget",
        metadata=object_metadata(labels.all, name=args.deployment, namespace=args.namespace),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1, selector=_selector(labels), unhealthy_pod_eviction_policy="AlwaysAllow"
        ),
        opts=child,
    )
    return apps.v1.Deployment(
        f"{name}-deployment",
        metadata=object_metadata(labels.all, name=args.deployment, namespace=args.namespace),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=_REPLICAS,
            revision_history_limit=2,
            selector=_selector(labels),
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=labels.all), spec=_pod(args, labels, account, secret)
            ),
        ),
        # No value of the policy flows here, yet without it the pods of a default-deny namespace reach nothing.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[edges]),
    )


def _edges(args: CloudflareTunnelArgs, labels: Labels) -> networking.v1.NetworkPolicySpecArgs:
    """In: Prometheus. Out: DNS, the service, and Cloudflare."""
    behind = NetworkPeer(pod_labels=args.service_selector)
    return network_edges.both_ways(
        labels.selector,
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


def _pod(
    args: CloudflareTunnelArgs, labels: Labels, account: core.v1.ServiceAccount, secret: core.v1.Secret
) -> core.v1.PodSpecArgs:
    token = core.v1.SecretVolumeSourceArgs(secret_name=_name_of(secret), default_mode=_GROUP_READABLE)
    pull_secret = args.image_pull_secret
    return core.v1.PodSpecArgs(
        service_account_name=_name_of(account),
        automount_service_account_token=False,
        enable_service_links=False,
        image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=pull_secret)] if pull_secret else None,
        security_context=pods.unprivileged(_USER),
        termination_grace_period_seconds=_GRACE_SECONDS + _EXIT_SECONDS,
        affinity=pods.apart(labels.selector),
        topology_spread_constraints=pods.spread(labels.selector),
        containers=[_container(args)],
        volumes=[core.v1.VolumeArgs(name=_TOKEN_FILE, secret=token)],
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
        ports=[core.v1.ContainerPortArgs(name=_METRICS, container_port=METRICS_PORT, protocol="TCP")],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "64Mi"}, limits={"cpu": "500m", "memory": "256Mi"}
        ),
        security_context=pods.hardened(),
        volume_mounts=[core.v1.VolumeMountArgs(name=_TOKEN_FILE, mount_path=_TOKEN_DIR, read_only=True)],
        # /ready says whether a connection to Cloudflare stands, which no restart brings about.
        readiness_probe=_probe("/ready", period=5, failures=2),
        liveness_probe=_probe("/healthcheck", period=10, failures=6),
    )


def _probe(path: str, *, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port=_METRICS),
        period_seconds=period,
        timeout_seconds=5,
        failure_threshold=failures,
    )


def _selector(labels: Labels) -> meta.v1.LabelSelectorArgs:
    return meta.v1.LabelSelectorArgs(match_labels=labels.selector)


def _name_of(resource: core.v1.Secret | core.v1.ServiceAccount) -> pulumi.Output[str]:
    known: pulumi.Output[str] = resource.metadata.apply(lambda metadata: metadata.name or "")
    return known
