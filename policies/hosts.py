"""Which hosts a stack serves to the outside, and which Access applications are in front of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.resource import Resource, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_APPLICATION = ":ZeroTrustAccessApplication"
_TUNNEL = ":ZeroTrustTunnelCloudflaredConfig"
_ADDRESSES = ("A", "AAAA", "CNAME")
_GATEWAY_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute")


def public_hosts(resources: Sequence[Resource]) -> Iterator[tuple[Resource, object]]:
    """Each resource that leads requests in, with each host that it does so for; None where it is for every host."""
    for resource in resources:
        for host in _hosts(resource):
            yield resource, host


def _hosts(resource: Resource) -> Iterator[object]:
    if resource.kind == "Ingress":
        yield from (mapping(rule).get("host") for rule in sequence(resource.spec.get("rules")))
        if "defaultBackend" in resource.spec:
            yield None
    elif resource.kind in _GATEWAY_ROUTES:
        yield from sequence(resource.spec.get("hostnames")) or [None]
    elif resource.type.endswith(_TUNNEL):
        rules = [mapping(rule) for rule in sequence(mapping(resource.inputs.get("config")).get("ingresses"))]
        # The last rule, for every other host, has to be there; it leads nowhere unless its service is one.
        yield from (rule.get("hostname") for rule in rules if not str(rule.get("service")).startswith("http_status:"))
    elif resource.type.endswith(":DnsRecord") and resource.inputs.get("type") in _ADDRESSES:
        yield resource.inputs.get("name")


def applications(resources: Sequence[Resource]) -> list[Resource]:
    """The Access applications that are in front of a host; other types are tiles, or for other protocols."""
    found = [resource for resource in resources if resource.type.endswith(_APPLICATION)]
    return [resource for resource in found if resource.inputs.get("type") == "self_hosted"]


def covers(application: Resource, host: object) -> bool:
    """Tell whether an application is in front of all of a host; one that is for a path of it is not."""
    destinations = [mapping(each) for each in sequence(application.inputs.get("destinations"))]
    domains = [destination.get("uri") for destination in destinations if destination.get("type", "public") == "public"]
    return isinstance(host, str) and any(
        _is_for(domain, host) for domain in [application.inputs.get("domain"), *domains] if isinstance(domain, str)
    )


def _is_for(domain: str, host: str) -> bool:
    domain = domain.removesuffix("/").removesuffix("/*")
    # A wildcard is taken for one label: where Cloudflare takes it for more, this asks for too much, not for too little.
    return domain in (host, f"*.{host.partition('.')[2]}")
