"""Of the ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.policies.examples.example import Example, kubernetes, resource

if TYPE_CHECKING:
    from policies.resource import Resource

_ACCESS, _NAMED, _CHECKED = "access-in-front", "access-by-name", "assertions-checked"
_PROXIED, _INTERNAL = "records-proxied", "services-internal"
_HOST = "mlflow.254carbon.com"
_TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig"


def _missing(host: str | None = _HOST) -> str:
    return f"no self-hosted Access application is for the host {'not set' if host is None else repr(host)}"


def _ingress(host: str | None = _HOST, service: str = "mlflow-gateway", **spec: Any) -> Resource:
    backend = {"service": {"name": service, "port": {"number": 8080}}}
    rule: dict[str, Any] = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    rules = [rule | ({"host": host} if host else {})]
    return kubernetes("networking.k8s.io/v1:Ingress", spec={"rules": rules, **spec})


def _service(name: str, component: str, **spec: Any) -> Resource:
    selector = {"app": "mlflow", "app.kubernetes.io/component": component}
    return kubernetes("core/v1:Service", name=name, spec={"selector": selector, **spec})


def _application(domain: str = _HOST, **inputs: Any) -> Resource:
    given = {"domain": domain, "type": "self_hosted", "policies": [{"id": "people", "precedence": 1}], **inputs}
    return resource("cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication", given)


def _policy(decision: str, *includes: dict[str, Any]) -> Resource:
    given = {"name": "people", "decision": decision, "includes": list(includes)}
    return resource("cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy", given)


def _record(type_: str = "A", **inputs: Any) -> Resource:
    return resource("cloudflare:index/dnsRecord:DnsRecord", {"type": type_, "name": _HOST, **inputs})


def _tunnel(service: str = "http://mlflow-gateway:8080") -> Resource:
    rules = [{"hostname": _HOST, "service": service}, {"service": "http_status:404"}]
    return resource(_TUNNEL, {"config": {"ingresses": rules}})


EXAMPLES = (
    Example(
        rule=_ACCESS,
        sentence="every_way_in_of_a_host_with_an_application",
        resources=(_ingress(), _tunnel(), _record(), _record("TXT", name="other.254carbon.com"), _application()),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_application_for_every_host_of_the_zone",
        resources=(_ingress(), _application("*.254carbon.com")),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_application_for_every_path_of_the_host",
        resources=(_ingress(), _application(f"{_HOST}/*")),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_application_for_the_root_of_the_host_and_what_is_below",
        resources=(_ingress(), _application(f"{_HOST}/")),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_application_that_names_the_host_among_its_destinations",
        resources=(_ingress(), _application("", destinations=[{"type": "public", "uri": _HOST}])),
    ),
    Example(rule=_ACCESS, sentence="an_ingress_alone", resources=(_ingress(),), found=(_missing(),)),
    Example(
        rule=_ACCESS,
        sentence="an_application_for_another_host",
        resources=(_ingress(), _application("datahub.254carbon.com")),
        found=(_missing(),),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_application_for_a_path_alone",
        resources=(_ingress(), _application(f"{_HOST}/admin")),
        found=(_missing(),),
    ),
    Example(
        rule=_ACCESS,
        sentence="a_bookmark_which_protects_nothing",
        resources=(_ingress(), _application(type="bookmark")),
        found=(_missing(),),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_application_for_a_private_address_alone",
        resources=(_ingress(), _application("", destinations=[{"type": "private", "uri": _HOST}])),
        found=(_missing(),),
    ),
    Example(
        rule=_ACCESS,
        sentence="an_ingress_for_every_host",
        resources=(
            _ingress(None),
            _ingress(defaultBackend={"service": {"name": "mlflow-gateway"}}),
            _application(),
        ),
        found=(_missing(None), _missing(None)),
    ),
    Example(
        rule=_ACCESS,
        sentence="a_tunnel_alone",
        resources=(_tunnel(), resource("example:index:Plan", {"type": "A", "name": _HOST})),
        found=(_missing(),),
    ),
    *(
        Example(
            rule=_ACCESS,
            sentence=f"a_record_{type_}_alone",
            resources=(_record(type_),),
            found=(_missing(),),
        )
        for type_ in ("A", "AAAA", "CNAME")
    ),
    *(
        Example(
            rule=_ACCESS,
            sentence=f"the_{kind}_of_a_gateway_alone",
            resources=(
                kubernetes(f"gateway.networking.k8s.io/v1:{kind}", spec={"hostnames": [_HOST]}),
                kubernetes(f"gateway.networking.k8s.io/v1:{kind}", spec={}),
            ),
            found=(_missing(), _missing(None)),
        )
        for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute")
    ),
    Example(
        rule=_NAMED,
        sentence="people_of_a_domain_and_one_program",
        resources=(
            _application(),
            _policy("allow", {"emailDomain": {"domain": "254carbon.com"}}),
            _policy("non_identity", {"serviceToken": {"tokenId": "a1"}}),
            _policy("deny", {"everyone": {}}),
            resource("example:index:Lane", {"decision": "bypass"}),
        ),
    ),
    Example(
        rule=_NAMED,
        sentence="everybody",
        resources=(_policy("allow", {"everyone": {}}),),
        found=("includes everyone",),
    ),
    Example(
        rule=_NAMED,
        sentence="every_program_of_the_account",
        resources=(_policy("non_identity", {"anyValidServiceToken": {}}),),
        found=("includes anyValidServiceToken",),
    ),
    Example(
        rule=_NAMED,
        sentence="a_policy_that_asks_nobody",
        resources=(_policy("bypass", {"ip": {"ip": "203.0.113.0/24"}}),),
        found=("decision is 'bypass': nobody is asked who they are",),
    ),
    Example(
        rule=_NAMED,
        sentence="a_policy_within_an_application",
        resources=(_application(policies=[{"decision": "bypass", "includes": [{"everyone": {}}]}]),),
        found=(
            "policies[0]: decision is 'bypass': nobody is asked who they are",
            "policies[0]: includes everyone",
        ),
    ),
    Example(
        rule=_NAMED,
        sentence="an_application_without_policies",
        resources=(_application(policies=[]),),
        found=("has no policy of its own: the account's defaults decide who enters",),
    ),
    Example(
        rule=_CHECKED,
        sentence="an_ingress_to_the_gateway",
        resources=(_ingress(), _service("mlflow-gateway", "access-gateway"), _service("mlflow", "tracking-server")),
    ),
    Example(
        rule=_CHECKED,
        sentence="an_ingress_past_the_gateway",
        resources=(_ingress(service="mlflow"), _service("mlflow", "tracking-server")),
        found=("leads to the Service 'mlflow', which is not the gateway's",),
    ),
    Example(
        rule=_CHECKED,
        sentence="a_default_backend_past_the_gateway",
        resources=(
            _ingress(defaultBackend={"service": {"name": "elsewhere"}}),
            _service("mlflow-gateway", "access-gateway"),
        ),
        found=("leads to the Service 'elsewhere', which is not the gateway's",),
    ),
    Example(
        rule=_PROXIED,
        sentence="a_record_through_cloudflare_and_one_that_leads_nowhere",
        resources=(_record(proxied=True), _record("TXT"), resource("example:index:Plan", {"type": "A"})),
    ),
    Example(
        rule=_PROXIED,
        sentence="a_record_that_leads_past_cloudflare",
        resources=(_record(proxied=False), _record("AAAA"), _record("CNAME")),
        found=("proxied is False", "proxied is not set", "proxied is not set"),
    ),
    Example(
        rule=_INTERNAL,
        sentence="services_within_the_cluster",
        resources=(
            _service("mlflow", "tracking-server", type="ClusterIP"),
            _service("other", "tracking-server"),
            _service("elsewhere", "tracking-server", type="ExternalName"),
            kubernetes("example.com/v1:Plan", spec={"type": "NodePort"}),
        ),
    ),
    Example(
        rule=_INTERNAL,
        sentence="services_with_a_way_in_of_their_own",
        resources=(
            _service("mlflow", "tracking-server", type="LoadBalancer"),
            _service("node", "tracking-server", type="NodePort"),
            _service("address", "tracking-server", externalIPs=["203.0.113.7"]),
        ),
        found=("type is 'LoadBalancer'", "type is 'NodePort'", "has externalIPs"),
    ),
)
