"""The component itself, and what it makes at Cloudflare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_cloudflare as cloudflare

from components.cloudflare_tunnel.args import COMPONENT
from components.cloudflare_tunnel.connector import connector
from components.contracts import MetricsEndpoint
from components.labels import Labels, version_of
from components.scope import Scope
from components.workload import METRICS_PORT_NAME

if TYPE_CHECKING:
    from components.cloudflare_tunnel.args import CloudflareTunnelArgs

_AUTOMATIC_TTL = 1
"""The only one that Cloudflare takes for a proxied record."""


class CloudflareTunnel(pulumi.ComponentResource):
    """A tunnel, where it leads, the pods that hold it open, and the DNS record that leads to it.

    The pods dial out to Cloudflare, so the cluster opens no port. They check the Access assertion of every request
    before it leaves them, which does not replace the gateway: behind it, a wrong configuration at Cloudflare is enough
    to let somebody in.
    """

    url: pulumi.Output[str]
    """Public base URL, known once requests can arrive."""
    selector: dict[str, str]
    """Labels of the pods and of nothing else."""
    metrics: MetricsEndpoint
    """On the pods only."""

    def __init__(self, name: str, args: CloudflareTunnelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:edge:CloudflareTunnel", name, None, opts)
        labels = Labels(instance=name, component=COMPONENT, version=version_of(args.image))
        child = pulumi.ResourceOptions(parent=self)
        tunnel = cloudflare.ZeroTrustTunnelCloudflared(
            f"{name}-tunnel",
            account_id=args.account_id,
            name=args.host,
            # By default the pods would bring the configuration, and Cloudflare would ignore the one made here.
            config_src="cloudflare",
            opts=child,
        )
        configuration = cloudflare.ZeroTrustTunnelCloudflaredConfig(
            f"{name}-configuration",
            account_id=args.account_id,
            tunnel_id=tunnel.id,
            source="cloudflare",
            config=cloudflare.ZeroTrustTunnelCloudflaredConfigConfigArgs(ingresses=_rules(args)),
            opts=child,
        )
        pods = connector(Scope(name=name, args=args, labels=labels, parent=self), _token(args, tunnel, self))
        record = cloudflare.DnsRecord(
            f"{name}-record",
            zone_id=args.zone_id,
            name=args.host,
            type="CNAME",
            content=pulumi.Output.concat(tunnel.id, ".cfargotunnel.com"),
            proxied=True,
            ttl=_AUTOMATIC_TTL,
            # Nothing flows from either, yet before them the name would lead to an error page.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[configuration, pods]),
        )

        self.url = record.id.apply(lambda _: f"https://{args.host}")
        self.selector = labels.selector
        self.metrics = MetricsEndpoint(
            job=args.deployment, selector=self.selector, port=METRICS_PORT_NAME, path="/metrics"
        )
        self.register_outputs({"url": self.url})


def _rules(args: CloudflareTunnelArgs) -> list[cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressArgs]:
    """Lead the host to the service and everything else nowhere; the last rule has to match every request."""
    rule = cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressArgs
    return [
        rule(hostname=args.host, service=args.service.url, origin_request=_checked(args)),
        rule(service="http_status:404", origin_request=_checked(args)),
    ]


def _checked(args: CloudflareTunnelArgs) -> cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestArgs:
    """Refuse requests without a valid assertion: on each rule, since cloudflared ignores it on all of them at once.

    (cloudflared issue 784; still so in 2026.8.2.)
    """
    return cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestArgs(
        access=cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestAccessArgs(
            required=True,
            # cloudflared adds the domain itself.
            team_name=args.assertion.team_domain.partition(".")[0],
            aud_tags=[args.assertion.audience],
        )
    )


def _token(
    args: CloudflareTunnelArgs, tunnel: cloudflare.ZeroTrustTunnelCloudflared, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Ask for what the pods prove with that the tunnel is theirs; the tunnel itself does not tell it."""
    answer = cloudflare.get_zero_trust_tunnel_cloudflared_token_output(
        account_id=args.account_id, tunnel_id=tunnel.id, opts=pulumi.InvokeOptions(parent=parent)
    )
    return pulumi.Output.secret(answer.token)
