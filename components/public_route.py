"""Component `PublicRoute`: the way in from outside the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import core, networking

from components.labels import Labels
from components.metadata import name_of, object_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.contracts import ServiceAddress


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """A certificate and its key, for a Secret that this program makes."""

    certificate: str
    """PEM, leaf first."""
    private_key: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class PublicRouteArgs:
    """Arguments of `PublicRoute`."""

    name: str
    """Name of the Ingress, whatever it leads to: two for one host at the same time are refused by their controller."""
    service: ServiceAddress
    """The server, or the gateway in front of it."""
    namespace: pulumi.Input[str]
    host: str
    ingress_class: str
    annotations: Mapping[str, str]
    """For the ingress controller: body size, time-outs."""
    tls_secret: str | None = None
    """Name of a Secret that someone else (cert-manager, say) keeps."""
    certificate: CertificateArgs | None = None
    """Alternative to `tls_secret`. Neither means plain HTTP."""


class PublicRoute(pulumi.ComponentResource):
    """An Ingress for one host, with TLS when a certificate is given.

    It is up when the controller has published its address, which proves that a controller of that class serves it.
    Authentication is not done here: anybody who reaches the controller reaches the service.
    """

    url: pulumi.Output[str]
    """Public base URL, known once the route exists."""

    def __init__(self, name: str, args: PublicRouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:edge:PublicRoute", name, None, opts)
        labels = Labels(instance=args.name, component="public-route").all
        secret_name: pulumi.Input[str] | None = args.tls_secret
        if args.certificate:
            secret_name = self._certificate(name, args.namespace, args.certificate, labels)
        ingress = networking.v1.Ingress(
            f"{name}-ingress",
            metadata=object_metadata(labels, name=args.name, namespace=args.namespace, annotations=args.annotations),
            spec=networking.v1.IngressSpecArgs(
                ingress_class_name=args.ingress_class,
                rules=[_rule(args)],
                tls=[networking.v1.IngressTLSArgs(hosts=[args.host], secret_name=secret_name)]
                if secret_name is not None
                else None,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        scheme = "https" if secret_name is not None else "http"
        self.url = ingress.spec.apply(lambda _: f"{scheme}://{args.host}")
        self.register_outputs({"url": self.url})

    def _certificate(
        self, name: str, namespace: pulumi.Input[str], certificate: CertificateArgs, labels: dict[str, str]
    ) -> pulumi.Output[str]:
        secret = core.v1.Secret(
            f"{name}-certificate",
            metadata=object_metadata(labels, namespace=namespace),
            type="kubernetes.io/tls",
            string_data={
                "tls.crt": certificate.certificate,
                "tls.key": pulumi.Output.secret(certificate.private_key),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        return name_of(secret.metadata)


def _rule(args: PublicRouteArgs) -> networking.v1.IngressRuleArgs:
    backend = networking.v1.IngressBackendArgs(
        service=networking.v1.IngressServiceBackendArgs(
            name=args.service.name, port=networking.v1.ServiceBackendPortArgs(number=args.service.port)
        )
    )
    path = networking.v1.HTTPIngressPathArgs(path="/", path_type="Prefix", backend=backend)
    return networking.v1.IngressRuleArgs(host=args.host, http=networking.v1.HTTPIngressRuleValueArgs(paths=[path]))
