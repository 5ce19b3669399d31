"""The component itself."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_cloudflare as cloudflare

from components.access_application.policies import machine_policy, people_policy, service_token
from components.contracts import AccessAssertion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.access_application.args import AccessApplicationArgs

_AUTOMATIC_TTL = 1
"""The only one that Cloudflare takes for a proxied record."""


class AccessApplication(pulumi.ComponentResource):
    """The application at Cloudflare, its policies, a service token for each program, and the proxied DNS record.

    Arguments with a default at Cloudflare are given all the same, because the provider reports some of those that are
    left out as changed at every update (terraform-provider-cloudflare issues 5495, 5731 and 7165).

    Left out: the organisation with its identity providers, and groups, which serve other applications too. Nothing here
    keeps a request away that finds its way past Cloudflare; for that the gateway checks `assertion`.
    """

    assertion: AccessAssertion
    """What a request that came through carries."""
    service_tokens: pulumi.Output[dict[str, dict[str, str]]]
    """Secret: `client_id` and `client_secret` by the name of the machine client."""

    def __init__(self, name: str, args: AccessApplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:edge:AccessApplication", name, None, opts)
        machines = sorted(args.machines, key=lambda machine: machine.name)
        tokens = {machine.name: service_token(name, args, machine, self) for machine in machines}
        policies = [
            people_policy(name, args, self),
            *(machine_policy(name, args, machine, tokens[machine.name], self) for machine in machines),
        ]
        application = _application(name, args, policies, self)
        if args.origin is not None:
            _record(name, args, args.origin, application, self)

        self.assertion = AccessAssertion(team_domain=args.team_domain, audience=application.aud)
        credentials: dict[str, Any] = {
            machine: {"client_id": token.client_id, "client_secret": token.client_secret}
            for machine, token in tokens.items()
        }
        self.service_tokens = pulumi.Output.secret(credentials)
        self.register_outputs({"audience": self.assertion.audience, "teamDomain": args.team_domain})


def _application(
    name: str,
    args: AccessApplicationArgs,
    policies: Sequence[cloudflare.ZeroTrustAccessPolicy],
    parent: pulumi.Resource,
) -> cloudflare.ZeroTrustAccessApplication:
    return cloudflare.ZeroTrustAccessApplication(
        f"{name}-application",
        account_id=args.account_id,
        name=f"MLflow ({args.host})",
        type="self_hosted",
        domain=args.host,
        destinations=[cloudflare.ZeroTrustAccessApplicationDestinationArgs(type="public", uri=args.host)],
        session_duration=args.session_duration,
        policies=[
            cloudflare.ZeroTrustAccessApplicationPolicyArgs(id=policy.id, precedence=precedence)
            for precedence, policy in enumerate(policies, start=1)
        ],
        app_launcher_visible=True,
        auto_redirect_to_identity=False,
        # A second cookie beside the session's, which programs that were given the first one do not have.
        enable_binding_cookie=False,
        http_only_cookie_attribute=True,
        # "strict" would keep the cookie from the redirect that ends the login, and so begin the login again.
        same_site_cookie_attribute="lax",
        # A program without a token gets an error that it understands, instead of a page with a login form.
        service_auth401_redirect=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _record(
    name: str,
    args: AccessApplicationArgs,
    origin: str,
    application: cloudflare.ZeroTrustAccessApplication,
    parent: pulumi.Resource,
) -> cloudflare.DnsRecord:
    record_type, content = _target(origin)
    return cloudflare.DnsRecord(
        f"{name}-record",
        zone_id=args.zone_id,
        # The full name: the provider only guesses whether a short one and the API's answer are the same.
        name=args.host,
        type=record_type,
        content=content,
        proxied=True,
        ttl=_AUTOMATIC_TTL,
        # Nothing flows from the application, yet without it Cloudflare would forward everybody to the ingress.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[application]),
    )


def _target(origin: str) -> tuple[str, str]:
    """Say which type of record leads to an origin, and its content as Cloudflare writes it."""
    try:
        address = ipaddress.ip_address(origin)
    except ValueError:
        return "CNAME", origin
    return ("A" if address.version == 4 else "AAAA"), str(address)  # noqa: PLR2004 - the number of the protocol
