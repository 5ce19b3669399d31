"""Reads what concerns the public route: host, certificate, and what the ingress controller is told.

With Cloudflare Access in front, there is no plain HTTP: what Cloudflare forwards to the Ingress carries assertions. By
a tunnel, which encrypts by itself, TLS ends at Cloudflare and at the tunnel's pods: there is no Ingress, so a
certificate for one is a mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.public_route import CertificateArgs
from stacks import checks
from stacks.access_settings import AccessDelivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.config_reader import ConfigReader

_NO_ROUTE = "the Ingress would be refused or serve nobody"
_TLS_KEYS = ("tlsRequired", "tlsSecret", "tlsCertificateFile", "tlsPrivateKey")
_SSL_REDIRECT = "nginx.ingress.kubernetes.io/ssl-redirect"


@dataclass(frozen=True, kw_only=True)
class RouteSettings:
    """The way in from outside."""

    host: str
    ingress_class: str
    annotations: Mapping[str, str]
    tls_required: bool
    """No page is served by plain HTTP."""
    tls_secret: str | None
    certificate: CertificateArgs | None

    @property
    def encrypted(self) -> bool:
        """Whether the Ingress serves HTTPS."""
        return bool(self.tls_secret or self.certificate)


def read_route(reader: ConfigReader, delivery: AccessDelivery | None) -> RouteSettings:
    """Read the route.

    Args:
        reader: Collects what is wrong.
        delivery: How traffic arrives from Cloudflare Access; None where it is not in front.
    """
    tls_required = reader.flag("tlsRequired", "it would be unclear whether plain HTTP is wanted")
    tls_secret = reader.optional("tlsSecret", _NO_ROUTE, checks.dns_name)
    certificate = _certificate(reader)
    if tls_secret and certificate:
        reader.report(
            "tlsSecret",
            "is set together with tlsCertificateFile",
            "it would be unclear which certificate is served",
            "pulumi config rm tlsSecret, or pulumi config rm tlsCertificateFile",
        )
    encrypted = bool(tls_secret or certificate)
    if delivery is AccessDelivery.TUNNEL:
        _check_no_certificate(reader)
    else:
        _check_certificate(reader, delivery, tls_required=tls_required, encrypted=encrypted)
    return RouteSettings(
        host=reader.text("host", _NO_ROUTE, checks.public_host),
        ingress_class=reader.text("ingressClass", _NO_ROUTE, checks.dns_name),
        annotations=_annotations(reader, redirect=tls_required if encrypted else None),
        tls_required=tls_required or delivery is not None,
        tls_secret=tls_secret,
        certificate=certificate,
    )


def _check_certificate(
    reader: ConfigReader, delivery: AccessDelivery | None, *, tls_required: bool, encrypted: bool
) -> None:
    if delivery and not tls_required:
        reader.report(
            "tlsRequired",
            "is false, but access is true",
            "assertions would cross the network between Cloudflare and the cluster in clear",
            "pulumi config set tlsRequired true, with a certificate; or pulumi config set accessDelivery tunnel",
        )
    if tls_required and not encrypted and reader.sound(*_TLS_KEYS):
        reader.report(
            "tlsRequired",
            "is true, but there is no certificate",
            "runs and models would cross the network in clear",
            "set tlsSecret, or tlsCertificateFile and tlsPrivateKey; tlsRequired false only on a machine of your own",
        )


def _check_no_certificate(reader: ConfigReader) -> None:
    for key in ("tlsSecret", "tlsCertificateFile"):
        if reader.given(key) and reader.sound(key):
            reader.report(
                key,
                "is set, but accessDelivery is tunnel: TLS ends at Cloudflare, and there is no Ingress",
                "it would be ignored",
                f"pulumi config rm {key}",
            )


def _certificate(reader: ConfigReader) -> CertificateArgs | None:
    file = reader.optional("tlsCertificateFile", _NO_ROUTE, checks.certificate_file)
    needed = "the certificate cannot be served without its key" if file and reader.sound("tlsCertificateFile") else None
    private_key = reader.private_key("tlsPrivateKey", needed)
    if reader.given("tlsPrivateKey") and not file:
        reader.report(
            "tlsCertificateFile",
            "is not set, but tlsPrivateKey is",
            "the key would be ignored",
            "set tlsCertificateFile, or pulumi config rm tlsPrivateKey",
        )
    certificate = reader.content("tlsCertificateFile", file)
    return CertificateArgs(certificate=certificate, private_key=private_key) if certificate else None


def _annotations(reader: ConfigReader, *, redirect: bool | None) -> dict[str, str]:
    given = reader.structure("ingressAnnotations", dict, _NO_ROUTE)
    for name, value in given.items():
        if not isinstance(value, str):
            reader.report(
                "ingressAnnotations", f"{name} is not a text", _NO_ROUTE, f"put the value of {name} in quotes"
            )
    # The controller redirects to HTTPS as soon as there is a certificate; where plain HTTP is welcome, it must not.
    redirects = {} if redirect is None else {_SSL_REDIRECT: "true" if redirect else "false"}
    return {**redirects, **{str(name): str(value) for name, value in given.items()}}
