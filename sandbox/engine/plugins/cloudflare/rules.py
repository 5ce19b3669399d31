"""Checks and nested properties that several resources share: scopes, enumerations, the selectors of Access."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sandbox.engine.plugins.protocol.properties import Kind, Property

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def one_of(*allowed: str) -> Callable[[str], str | None]:
    """Accept some words, in any case, as the official plugin does."""

    def problem(value: str) -> str | None:
        listed = ", ".join(f'"{word}"' for word in allowed)
        return None if value.lower() in allowed else f'Invalid Attribute Value Match: one of {listed}, got "{value}"'

    return problem


def time_problem(value: str) -> str | None:
    """Say what keeps a text from being a point in time (RFC 3339)."""
    try:
        zoned = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        zoned = False
    return None if zoned else f'Invalid RFC3339 String Value: "{value}", want for example 2027-01-31T00:00:00Z'


def same_time(old: str, new: str) -> bool:
    """Compare points in time by meaning."""
    if time_problem(old) or time_problem(new):
        return old == new
    return datetime.fromisoformat(old) == datetime.fromisoformat(new)


def unserved(kind: Kind = Kind.MAP) -> Property:
    """Refuse a property of the official plugin that this program never sets, rather than drop it silently."""
    hint = "not served by the stand-in; install the official cloudflare plugin to set it"
    return Property(kind=kind, problem=lambda _: hint)


ACCOUNT: Final = Property(required=True, force_new=True)
# Most objects of Access belong to an account or to a zone.
SCOPE: Final[Mapping[str, Property]] = MappingProxyType(
    {
        "accountId": Property(force_new=True, conflicts=("zoneId",)),
        "zoneId": Property(force_new=True, conflicts=("accountId",)),
    }
)
# Selector: its fields; a question mark follows an optional one.
_SELECTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "anyValidServiceToken": (),
    "authContext": ("acId", "id", "identityProviderId"),
    "authMethod": ("authMethod",),
    "azureAd": ("id", "identityProviderId"),
    "certificate": (),
    "cloudflareAccountMember": ("accountId?",),
    "commonName": ("commonName",),
    "devicePosture": ("integrationUid", "accountId?"),
    "email": ("email",),
    "emailDomain": ("domain",),
    "emailList": ("id",),
    "everyone": (),
    "externalEvaluation": ("evaluateUrl", "keysUrl"),
    "geo": ("countryCode",),
    "githubOrganization": ("identityProviderId", "name", "team?"),
    "group": ("id",),
    "gsuite": ("email", "identityProviderId"),
    "ip": ("ip",),
    "ipList": ("id",),
    "linkedAppToken": ("appUid",),
    "loginMethod": ("id",),
    "oidc": ("claimName", "claimValue", "identityProviderId"),
    "okta": ("identityProviderId", "name"),
    "saml": ("attributeName", "attributeValue", "identityProviderId"),
    "serviceToken": ("tokenId",),
}


def _one_selector_each(rules: list[Any]) -> str | None:
    wrong = next((index for index, rule in enumerate(rules) if len(rule) != 1), None)
    if wrong is None:
        return None
    return f"Invalid Attribute Combination: a rule has exactly one selector, [{wrong}] has {len(rules[wrong])}"


def selectors(kind: Kind, *, required: bool = False) -> Property:
    """List rules, each of which names whom it matches by one selector."""
    fields = {
        selector: Property(
            kind=Kind.OBJECT,
            fields={name.rstrip("?"): Property(required=not name.endswith("?")) for name in names},
        )
        for selector, names in _SELECTORS.items()
    }
    scores = Property(kind=Kind.LIST, required=True)
    fields["userRiskScore"] = Property(kind=Kind.OBJECT, fields={"userRiskScores": scores})
    return Property(kind=kind, required=required, problem=_one_selector_each, fields=fields)
