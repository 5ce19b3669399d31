"""Filters that let through nothing but a valid Access assertion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.access_gateway.envoy.identity import ASSERTION_HEADER, CLAIM_HEADERS
from components.access_gateway.envoy.settings import extension, lua
from components.access_gateway.envoy.signing_keys import remote_keys

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, Message

JWT_FILTER = "envoy.filters.http.jwt_authn"
CLAIMS = "claims"
"""Where the verified payload is in the filter's dynamic metadata."""
_HEAD = "head"
_ALGORITHM = "RS256"
_CLOCK_SKEW_SECONDS = 10
_SCRIPT = Path(__file__).with_name("one_assertion.lua")
_ONE_TOKEN = r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"  # noqa: S105 - the form of any signed token


def assertion_filters(settings: EnvoySettings) -> list[Message]:
    """Build the filters: the header's form, the signature and times, the claims.

    The last one asks for claims that only the second can have put there, so that a request which its rules should
    ever miss (such as `OPTIONS *`, whose path has no slash) is refused too.
    """
    return [lua(_SCRIPT), _form(), _signature(settings), _claims()]


def _form() -> Message:
    """Refuse a header that is not exactly one token; the script before has joined repeated ones."""
    header = {"name": ASSERTION_HEADER}
    one = {"header": {**header, "string_match": {"safe_regex": {"regex": _ONE_TOKEN}}}}
    present = {"header": {**header, "present_match": True}}
    policy = {
        "permissions": [{"and_rules": {"rules": [present, {"not_rule": one}]}}],
        "principals": [{"any": True}],
    }
    return _rbac("assertion_form", "DENY", {"not_exactly_one_token": policy})


def _signature(settings: EnvoySettings) -> Message:
    provider = {
        "issuer": settings.issuer,
        "audiences": [settings.audience],
        "require_expiration": True,
        "clock_skew_seconds": _CLOCK_SKEW_SECONDS,
        "remote_jwks": remote_keys(),
        # Naming the header turns the default places off: Authorization and the query.
        "from_headers": [{"name": ASSERTION_HEADER}],
        "forward": False,
        "payload_in_metadata": CLAIMS,
        "header_in_metadata": _HEAD,
        "claim_to_headers": [{"claim_name": claim, "header_name": name} for claim, name in CLAIM_HEADERS.items()],
    }
    return extension(
        JWT_FILTER,
        "extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        providers={"access": provider},
        rules=[{"match": {"prefix": "/"}, "requires": {"provider_name": "access"}}],
        # The reason is for the audit log, not for whoever tries.
        strip_failure_response=True,
    )


def _claims() -> Message:
    """Let pass: RS256 whatever the key allows, a token for an application, and somebody to hold to account."""
    anything = {"safe_regex": {"regex": ".+"}}
    policy = {
        "permissions": [{"any": True}],
        "principals": [
            {
                "and_ids": {
                    "ids": [
                        _metadata(_HEAD, "alg", {"exact": _ALGORITHM}),
                        _metadata(CLAIMS, "type", {"exact": "app"}),
                        {"or_ids": {"ids": [_metadata(CLAIMS, claim, anything) for claim in CLAIM_HEADERS]}},
                    ]
                }
            }
        ],
    }
    return _rbac("assertion_claims", "ALLOW", {"application_token_of_somebody": policy})


def _rbac(name: str, action: str, policies: Message) -> Message:
    rules = {"action": action, "policies": policies}
    return extension(name, "extensions.filters.http.rbac.v3.RBAC", rules=rules, rules_stat_prefix=name)


def _metadata(key: str, field: str, match: Message) -> Message:
    matcher = {
        "filter": JWT_FILTER,
        "path": [{"key": key}, {"key": field}],
        "value": {"string_match": match},
    }
    return {"sourced_metadata": {"metadata_matcher": matcher}}
