"""TLS: whoever reaches a store, an API or the platform itself knows whom it talks to, and nobody listens in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.resource import Resource, mapping, sequence, shown
from policies.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NGINX = "nginx.ingress.kubernetes.io"
_REDIRECTS = (f"{_NGINX}/ssl-redirect", f"{_NGINX}/force-ssl-redirect")


def _providers(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        inputs = resource.inputs
        match resource.type:
            case "pulumi:providers:postgresql" if inputs.get("sslmode") != "verify-full":
                # The provider's own default encrypts without asking whom it talks to.
                yield Violation(resource, f"sslmode is {shown(inputs.get('sslmode'))}, not 'verify-full'")
            case "pulumi:providers:minio":
                # The engine holds every setting of a provider as a text.
                if str(inputs.get("minioSsl", False)).lower() != "true":
                    yield Violation(resource, f"minioSsl is {shown(inputs.get('minioSsl'))}")
                if str(inputs.get("minioInsecure", False)).lower() != "false":
                    yield Violation(resource, f"minioInsecure is {shown(inputs['minioInsecure'])}")
            case "pulumi:providers:cloudflare":
                url = inputs.get("baseUrl", "https:")
                if not str(url).startswith("https:"):
                    yield Violation(resource, f"baseUrl is {shown(url)}")
            case "pulumi:providers:kubernetes":
                if "insecure-skip-tls-verify: true" in str(inputs.get("kubeconfig", "")):
                    yield Violation(resource, "kubeconfig has insecure-skip-tls-verify")


def _routes(resources: Sequence[Resource]) -> Iterator[Violation]:
    for resource in resources:
        if resource.kind == "Ingress":
            covered = {
                host for tls in sequence(resource.spec.get("tls")) for host in sequence(mapping(tls).get("hosts"))
            }
            for rule in map(mapping, sequence(resource.spec.get("rules"))):
                if rule.get("host") not in covered:
                    yield Violation(resource, f"no certificate in tls is for the host {shown(rule.get('host'))}")
            for annotation in _REDIRECTS:
                value = mapping(resource.metadata.get("annotations")).get(annotation)
                if str(value).lower() == "false":
                    yield Violation(resource, f"annotation {annotation} is {shown(value)}: plain HTTP is answered")
        if resource.type.endswith(":ZeroTrustTunnelCloudflaredConfig"):
            config = mapping(resource.inputs.get("config"))
            for holder in [config, *map(mapping, sequence(config.get("ingresses")))]:
                if mapping(holder.get("originRequest")).get("noTlsVerify"):
                    yield Violation(resource, f"noTlsVerify is set for {holder.get('hostname', 'every host')}")


RULES = (
    Rule(
        name="providers-verify-tls",
        description="Every provider reaches its server by TLS, and checks the server's certificate.",
        remediation="PostgreSQL: sslmode verify-full with the CA (databaseCaFile). MinIO: minio_ssl with the CA "
        "(artifactCaFile), no minio_insecure. Cloudflare: an https base URL. Kubernetes: the cluster's CA",
        check=_providers,
    ),
    Rule(
        name="routes-tls",
        description="Every public route is served by TLS, and by nothing else.",
        remediation="give the route a certificate: pulumi config set tlsSecret NAME, or tlsCertificateFile with "
        "tlsPrivateKey; and take out what turns the redirect from plain HTTP off",
        check=_routes,
    ),
)
