"""Reads what concerns Cloudflare Access: who may enter, how traffic reaches the cluster, and what checks it there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from components.access_application import AccessApplicationArgs, PeopleArgs
from components.access_gateway import GatewayLimits, KeySourceArgs
from stacks import access_checks, checks
from stacks.access_clients import read_clients
from stacks.peers import read_peers

if TYPE_CHECKING:
    from collections.abc import Callable

    import pulumi

    from stacks.config_reader import ConfigReader

_NO_APPLICATION = "access is true, and the Access application could not be made"
_NOBODY_ENTERS = "nobody could log in, or somebody else could"
_NO_KEYS = "the gateway could not fetch the keys that assertions are signed with, and would refuse everybody"
_PEOPLE_KEYS = ("accessEmails", "accessEmailDomains", "accessGroups")
_MOST_REQUESTS = 100_000
_MOST_MIB = 5120
_WEEK = 7 * 24
"""Hours for which Cloudflare accepts a signing key after it has a new one."""


class AccessDelivery(Enum):
    """How the requests that Access lets through reach the cluster."""

    INGRESS = "ingress"
    """By a proxied DNS record to the ingress controller's public address."""
    TUNNEL = "tunnel"
    """By a Cloudflare Tunnel, which pods open from the inside: no port is open to the outside."""


@dataclass(frozen=True, kw_only=True)
class CloudflareApi:
    """The login that makes what there is at Cloudflare."""

    token: pulumi.Output[str]
    base_url: str | None
    """None: the official API."""


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """What checks each assertion in front of the server."""

    image: str
    replicas: int
    keys: KeySourceArgs
    limits: GatewayLimits


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """Cloudflare Access in front of the server."""

    delivery: AccessDelivery
    api: CloudflareApi
    application: AccessApplicationArgs
    gateway: GatewaySettings
    cloudflared_image: str


def read_delivery(reader: ConfigReader) -> AccessDelivery | None:
    """Read whether Access is in front, and how its traffic arrives; None when it is not."""
    wanted = reader.flag("access", "it would be unclear whether everybody may enter")
    delivery = reader.choice("accessDelivery", AccessDelivery, "requests could not reach the cluster")
    return delivery if wanted and reader.sound("access") else None


def read_sign_on(reader: ConfigReader, delivery: AccessDelivery | None, *, host: str) -> AccessSettings | None:
    """Read the rest, all of it also where Access is off: a value that is wrong then is wrong later."""
    needed = _NO_APPLICATION if delivery else None
    api = CloudflareApi(
        token=reader.secret("cloudflareApiToken", needed),
        base_url=reader.optional("cloudflareBaseUrl", _NO_APPLICATION, access_checks.api_url),
    )
    application = AccessApplicationArgs(
        account_id=_needed(reader, "cloudflareAccountId", needed, access_checks.cloudflare_id),
        zone_id=_needed(reader, "cloudflareZoneId", needed, access_checks.cloudflare_id),
        host=host,
        team_domain=_needed(reader, "accessTeamDomain", needed, access_checks.team_domain),
        session_duration=reader.text("accessSessionDuration", _NOBODY_ENTERS, access_checks.session_duration),
        people=_people(reader, delivery),
        machines=read_clients(reader),
        origin=_origin(reader, delivery, host),
    )
    gateway = _gateway(reader)
    cloudflared_image = reader.text("cloudflaredImage", "what runs would change by itself, or not start", checks.image)
    _check_zone(reader, needed, host)
    if delivery is None:
        _check_unused(reader)
        return None
    return AccessSettings(
        delivery=delivery, api=api, application=application, gateway=gateway, cloudflared_image=cloudflared_image
    )


def _needed(reader: ConfigReader, key: str, needed_because: str | None, check: Callable[[str], str | None]) -> str:
    if not reader.needed(key, needed_because):
        return ""
    return reader.text(key, _NO_APPLICATION, check)


def _people(reader: ConfigReader, delivery: AccessDelivery | None) -> PeopleArgs:
    people = PeopleArgs(
        emails=_entries(reader, "accessEmails", access_checks.email),
        email_domains=_entries(reader, "accessEmailDomains", access_checks.email_domain),
        groups=_entries(reader, "accessGroups", access_checks.group_id),
    )
    if delivery and not people and reader.sound(*_PEOPLE_KEYS):
        reader.report(
            "accessEmails",
            "is empty, and so are accessEmailDomains and accessGroups, but access is true",
            "nobody could log in",
            "name somebody in one of them, such as: pulumi config set --path 'accessEmails[0]' you@example.com",
        )
    return people


def _entries(reader: ConfigReader, key: str, check: Callable[[str], str | None]) -> tuple[str, ...]:
    entries = reader.structure(key, list, _NOBODY_ENTERS)
    for number, entry in enumerate(entries, start=1):
        what = check(entry) if isinstance(entry, str) else "is not a text"
        if what:
            fix = f"correct it, or leave it out: pulumi config rm --path '{key}[{number - 1}]'"
            reader.report(key, f"item {number} ({entry!r}) {what}", _NOBODY_ENTERS, fix)
    return tuple(map(str, entries))


def _origin(reader: ConfigReader, delivery: AccessDelivery | None, host: str) -> str | None:
    origin = reader.optional("accessOrigin", "Cloudflare could not reach the ingress controller", access_checks.origin)
    if delivery is AccessDelivery.INGRESS and not origin:
        reader.report(
            "accessOrigin",
            "is not set, but access is true and accessDelivery is ingress",
            "Cloudflare would not know where to forward requests to",
            "pulumi config set accessOrigin ADDRESS (the ingress controller's public address or host name)",
        )
    if delivery is AccessDelivery.TUNNEL and origin:
        reader.report(
            "accessOrigin",
            "is set, but accessDelivery is tunnel, which brings its own DNS record",
            "it would be ignored",
            "pulumi config rm accessOrigin",
        )
    if origin and origin == host:
        reader.report("accessOrigin", "is host itself", "the DNS record would point at itself")
    return origin


def _check_zone(reader: ConfigReader, needed_because: str | None, host: str) -> None:
    zone = _needed(reader, "cloudflareZone", needed_because, access_checks.domain)
    if zone and reader.sound("host", "cloudflareZone") and not f".{host}".endswith(f".{zone}"):
        reader.report(
            "host",
            f"{host!r} is not inside cloudflareZone ({zone})",
            "Cloudflare would refuse the DNS record and protect nothing",
            f"pulumi config set host mlflow.{zone}, or correct cloudflareZone and cloudflareZoneId",
        )


def _check_unused(reader: ConfigReader) -> None:
    """Report what looks like protection and is none."""
    for key in (*_PEOPLE_KEYS, "accessClients"):
        if reader.sound("access", key) and reader.structure(key, list, _NOBODY_ENTERS):
            reader.report(
                key,
                "is set, but access is false",
                "it would protect nothing: whoever reaches the ingress controller would enter",
                f"pulumi config set access true, or pulumi config rm {key}",
            )


def _gateway(reader: ConfigReader) -> GatewaySettings:
    ca_file = reader.optional("accessKeysCaFile", _NO_KEYS, checks.certificate_file)
    return GatewaySettings(
        image=reader.text("gatewayImage", "what runs would change by itself, or not start", checks.image),
        replicas=reader.integer("gatewayReplicas", 1, 50, "no gateway would run"),
        keys=KeySourceArgs(
            ca_certificate=reader.content("accessKeysCaFile", ca_file),
            peers=read_peers(reader, "accessKeysPeers", needed_because=_NO_KEYS),
            max_age_hours=reader.integer(
                "accessKeysMaxAge", 1, _WEEK, "a key would be trusted for longer than Cloudflare does, or not at all"
            ),
        ),
        limits=GatewayLimits(
            requests_per_second=reader.integer(
                "gatewayRequestsPerSecond", 1, _MOST_REQUESTS, "the gateway would refuse everybody or nobody"
            ),
            max_body_mib=reader.integer("gatewayMaxBodyMib", 1, _MOST_MIB, "artifacts could not be uploaded"),
        ),
    )
