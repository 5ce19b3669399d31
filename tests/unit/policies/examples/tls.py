"""Of TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.resource import UNKNOWN
from tests.unit.policies.examples.example import NAMESPACE, Example, kubernetes, labels, resource

if TYPE_CHECKING:
    from policies.resource import Resource

_PROVIDERS, _ROUTES = "providers-verify-tls", "routes-tls"
_HOST = "mlflow.254carbon.com"
_UNCHECKED = {"noTlsVerify": True}
_TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig"


def _provider(name: str, **inputs: str) -> tuple[Resource, ...]:
    return (resource(f"pulumi:providers:{name}", inputs, name=name),)


def _ingress(*hosts: str, **annotations: str) -> Resource:
    tls = {"tls": [{"hosts": list(hosts), "secretName": "mlflow-tls"}]} if hosts else {}
    nginx = {f"nginx.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"name": "mlflow", "namespace": NAMESPACE, "labels": labels(), "annotations": nginx}
    return kubernetes("networking.k8s.io/v1:Ingress", metadata=metadata, spec={"rules": [{"host": _HOST}], **tls})


def _tunnel(**origin: Any) -> Resource:
    rule = {"hostname": _HOST, "service": "https://mlflow-gateway.data-platform:8080", "originRequest": origin}
    return resource(_TUNNEL, {"config": {"ingresses": [rule, {"service": "http_status:404"}]}})


EXAMPLES = (
    Example(
        rule=_PROVIDERS,
        sentence="providers_that_check_certificates",
        resources=(
            *_provider("postgresql", sslmode="verify-full", sslrootcert="ca.pem"),
            *_provider("minio", minioSsl="true", minioCacertFile="ca.pem"),
            *_provider("cloudflare", apiToken="[secret]"),
            *_provider("kubernetes", context="prod"),
        ),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="a_database_that_nobody_asks_who_it_is",
        resources=(*_provider("postgresql", sslmode="require"), *_provider("postgresql")),
        found=("sslmode is 'require', not 'verify-full'", "sslmode is not set, not 'verify-full'"),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="an_object_store_in_plain_http",
        resources=(*_provider("minio", minioSsl="false"), *_provider("minio")),
        found=("minioSsl is 'false'", "minioSsl is not set"),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="an_object_store_whose_certificate_nobody_checks",
        resources=_provider("minio", minioSsl="true", minioInsecure="true"),
        found=("minioInsecure is 'true'",),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="an_object_store_of_which_nobody_knows_whether_its_certificate_will_be_checked",
        resources=_provider("minio", minioSsl="true", minioInsecure=UNKNOWN),
        found=("minioInsecure is unknown until the update",),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="an_object_store_that_says_that_its_certificate_is_checked",
        resources=_provider("minio", minioSsl="true", minioInsecure="false"),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="an_api_in_plain_http",
        resources=_provider("cloudflare", baseUrl="http://api.example.com"),
        found=("baseUrl is 'http://api.example.com'",),
    ),
    Example(
        rule=_PROVIDERS,
        sentence="a_cluster_that_nobody_asks_who_it_is",
        resources=_provider("kubernetes", kubeconfig="clusters:\n- cluster:\n    insecure-skip-tls-verify: true\n"),
        found=("kubeconfig has insecure-skip-tls-verify",),
    ),
    Example(
        rule=_ROUTES,
        sentence="an_ingress_with_a_certificate_and_a_tunnel_that_checks_its_origin",
        resources=(
            _ingress(_HOST, ssl_redirect="true"),
            _tunnel(noTlsVerify=False),
            kubernetes("example.com/v1:Route", spec={"rules": [{"host": _HOST}]}, config={"originRequest": _UNCHECKED}),
        ),
    ),
    Example(
        rule=_ROUTES,
        sentence="an_ingress_without_a_certificate",
        resources=(_ingress(),),
        found=(f"no certificate in tls is for the host {_HOST!r}",),
    ),
    Example(
        rule=_ROUTES,
        sentence="an_ingress_with_the_certificate_of_another_host",
        resources=(_ingress("other.254carbon.com"),),
        found=(f"no certificate in tls is for the host {_HOST!r}",),
    ),
    Example(
        rule=_ROUTES,
        sentence="an_ingress_that_answers_plain_http_as_well",
        resources=(_ingress(_HOST, ssl_redirect="false"),),
        found=("annotation nginx.ingress.kubernetes.io/ssl-redirect is 'false': plain HTTP is answered",),
    ),
    Example(
        rule=_ROUTES,
        sentence="a_tunnel_that_does_not_check_its_origin",
        resources=(_tunnel(**_UNCHECKED),),
        found=(f"noTlsVerify is set for {_HOST}",),
    ),
)
