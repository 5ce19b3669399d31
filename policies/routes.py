"""The ways in from outside: each one through Cloudflare Access, and none around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.hosts import applications, covers, public_hosts
from policies.resource import Resource, mapping, sequence, shown
from policies.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_COMPONENT = "app.kubernetes.io/component"
_GATEWAY = "access-gateway"
_POLICY = ":ZeroTrustAccessPolicy"
_OPEN = ("everyone", "anyValidServiceToken")
"""Includes that name nobody: the whole internet, and every program of the Cloudflare account."""
_SERVICE_TYPES = ("ClusterIP", "ExternalName")


def _access(resources: Sequence[Resource]) -> Iterator[Violation]:
    known = applications(resources)
    for route, host in public_hosts(resources):
        if not any(covers(application, host) for application in known):
            yield Violation(route, f"no self-hosted Access application is for the host {shown(host)}")


def _named(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        if resource.type.endswith(_POLICY):
            for what in _opened(resource.inputs):
                yield Violation(resource, what)
    for application in applications(resources):
        policies = sequence(application.inputs.get("policies"))
        if not policies:
            yield Violation(application, "has no policy of its own: the account's defaults decide who enters")
        for number, policy in enumerate(map(mapping, policies)):
            for what in _opened(policy):
                yield Violation(application, f"policies[{number}]: {what}")


def _opened(policy: Mapping[str, Any]) -> Iterator[str]:
    if policy.get("decision") == "bypass":
        yield "decision is 'bypass': nobody is asked who they are"
    if policy.get("decision") != "deny":
        for include in map(mapping, sequence(policy.get("includes"))):
            for field in _OPEN:
                if include.get(field) is not None:
                    yield f"includes {field}"


def _checked(resources: Sequence[Resource]) -> Iterator[Violation]:
    services = {resource.metadata.get("name"): resource for resource in resources if resource.kind == "Service"}
    for resource in resources:
        if resource.kind == "Ingress":
            for name in _backends(resource):
                service = services.get(name)
                selector = mapping(service.spec.get("selector")) if service else {}
                if selector.get(_COMPONENT) != _GATEWAY:
                    yield Violation(resource, f"leads to the Service {shown(name)}, which is not the gateway's")


def _backends(ingress: Resource) -> list[object]:
    """The names of the Services that an Ingress leads to."""
    paths = [
        mapping(path)
        for rule in sequence(ingress.spec.get("rules"))
        for path in sequence(mapping(mapping(rule).get("http")).get("paths"))
    ]
    backends = [mapping(path.get("backend")) for path in paths]
    if "defaultBackend" in ingress.spec:
        backends.append(mapping(ingress.spec["defaultBackend"]))
    return [mapping(backend.get("service")).get("name") for backend in backends]


def _proxied(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        if resource.type.endswith(":DnsRecord") and resource.inputs.get("type") in ("A", "AAAA", "CNAME"):
            proxied = resource.inputs.get("proxied")
            if proxied is not True:
                yield Violation(resource, f"proxied is {shown(proxied)}")


def _internal(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        if resource.kind == "Service":
            kind = resource.spec.get("type", "ClusterIP")
            if kind not in _SERVICE_TYPES:
                yield Violation(resource, f"type is {shown(kind)}")
            if resource.spec.get("externalIPs"):
                yield Violation(resource, "has externalIPs")


RULES = (
    Rule(
        name="access-in-front",
        description="Every public host has a self-hosted Cloudflare Access application.",
        remediation="pulumi config set access true, with the settings that docs/sso.md names; the application's domain "
        "is the route's host",
        check=_access,
    ),
    Rule(
        name="access-by-name",
        description="No Access policy lets in everybody, every program of the account, or anybody unasked.",
        remediation="name people by accessEmails, accessEmailDomains or accessGroups, and programs by accessClients",
        check=_named,
    ),
    Rule(
        name="assertions-checked",
        description="Every Ingress leads to the gateway, which lets through only what Access has signed: who finds a "
        "way around Cloudflare stands before a closed door.",
        remediation="pulumi config set access true, which puts the gateway between the Ingress and the server",
        check=_checked,
    ),
    Rule(
        name="records-proxied",
        description="Every DNS record leads through Cloudflare, where Access is.",
        remediation="set proxied=True",
        check=_proxied,
    ),
    Rule(
        name="services-internal",
        description="No Service is reachable from outside the cluster: the public route is the one way in.",
        remediation="make the Service a ClusterIP, without externalIPs",
        check=_internal,
    ),
)
