"""``access/apps``: self-hosted applications of the account."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.cloudflare_double.api.envelope import ApiError, Problem, invalid
from sandbox.cloudflare_double.api.fields import Field, not_blank, one_of, only, read
from sandbox.cloudflare_double.api.names import host_problem, inside
from sandbox.cloudflare_double.api.resource import Resource, Scope, new_id
from sandbox.cloudflare_double.api.times import duration_problem, now, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.cloudflare_double.store import Record

_FIELDS: Final[Mapping[str, Field]] = {
    "type": Field(problem=only("self_hosted")),
    "name": Field(required=True, problem=not_blank),
    "domain": Field(problem=not_blank),
    "destinations": Field(kind=list),
    "self_hosted_domains": Field(kind=list),
    "session_duration": Field(default="24h", problem=duration_problem),
    "policies": Field(kind=list),
    "allowed_idps": Field(kind=list, default=[]),
    "auto_redirect_to_identity": Field(kind=bool, default=False),
    "app_launcher_visible": Field(kind=bool, default=True),
    "http_only_cookie_attribute": Field(kind=bool, default=True),
    "same_site_cookie_attribute": Field(problem=one_of("strict", "lax", "none")),
    "service_auth_401_redirect": Field(kind=bool, default=False),
    "skip_interstitial": Field(kind=bool, default=False),
    "custom_deny_message": Field(),
    "custom_deny_url": Field(problem=only("")),
    "custom_non_identity_deny_url": Field(problem=only("")),
    "logo_url": Field(),
    "enable_binding_cookie": Field(kind=bool, default=False, problem=only(value=False)),
    "path_cookie_attribute": Field(kind=bool, default=False, problem=only(value=False)),
    "options_preflight_bypass": Field(kind=bool, default=False, problem=only(value=False)),
    "allow_authenticate_via_warp": Field(kind=bool, problem=only(value=False)),
    "allow_iframe": Field(kind=bool, problem=only(value=False)),
    "read_service_tokens_from_header": Field(problem=only("")),
    "eager_redirect_cookie_setting": Field(kind=bool, problem=only(value=False)),
    "use_clientless_isolation_app_launcher_url": Field(kind=bool, problem=only(value=False)),
    "mfa_config": Field(kind=dict, problem=only({})),
    "oauth_configuration": Field(kind=dict, problem=only({})),
    "scim_config": Field(kind=dict, problem=only({})),
    "cors_headers": Field(kind=dict, problem=only({})),
    "custom_pages": Field(kind=list, problem=only([])),
    "tags": Field(kind=list, default=[], problem=only([])),
}


class Applications(Resource):
    """What is protected: whole host names, each of one application."""

    kind = "apps"
    path = "access/apps"
    filters: ClassVar[frozenset[str]] = frozenset({"name", "domain", "aud"})

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """A new application with an audience of its own."""
        created = written(now())
        identifier = new_id()
        identity = {"id": identifier, "uid": identifier, "aud": secrets.token_hex(32), "created_at": created}
        return identity | _read(scope, body, None) | {"updated_at": created}

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:  # noqa: ARG002
        """The application as the body says; policies that it leaves out stay."""
        kept = {name: old[name] for name in ("id", "uid", "aud", "created_at")}
        return kept | _read(scope, body, old) | {"updated_at": written(now())}

    def shown(self, scope: Scope, record: Record) -> Record:
        """The application with its policies written out, in order of precedence."""
        expanded = []
        for link in record["policies"]:
            policy = scope.find("policies", link["id"])
            if policy is not None:
                expanded.append(policy | {"precedence": link["precedence"]})
        return record | {"policies": expanded}


def _read(scope: Scope, body: Mapping[str, Any], old: Record | None) -> Record:
    if body.get("type") is None:
        raise invalid("app type is missing or invalid")
    values = read(_FIELDS, body, invalid)
    hosts = _hosts(values)
    for host in hosts:
        if not any(inside(host, zone) for zone in scope.zones.values()):
            raise invalid("domain does not belong to zone")
    _check_unused(scope, hosts, None if old is None else old["id"])
    values |= {
        "domain": hosts[0],
        "self_hosted_domains": hosts,
        "destinations": [{"type": "public", "uri": host} for host in hosts],
        "policies": _links(scope, values["policies"], [] if old is None else old["policies"]),
    }
    _check_identity_providers(scope, values)
    return {name: value for name, value in values.items() if value is not None}


def _hosts(values: Record) -> list[str]:
    """The host names of an application, from whichever of three fields carry them."""
    listed = values["self_hosted_domains"]
    destinations = values["destinations"]
    if destinations is not None:
        uris = [_uri(f"destinations[{index}]", entry) for index, entry in enumerate(destinations)]
        if listed is not None and listed != uris:
            raise invalid("self_hosted_domains and destinations must name the same hosts")
        listed = uris
    hosts = listed or ([values["domain"]] if values["domain"] else [])
    if not hosts:
        raise invalid("domain is required")
    for host in hosts:
        problem = "must be a string" if not isinstance(host, str) else host_problem(host)
        if problem:
            raise invalid(f"domain {host!r} {problem}")
    if len(set(hosts)) != len(hosts):
        raise invalid("destinations must be unique")
    if values["domain"] and values["domain"] not in hosts:
        raise invalid("domain not included in self_hosted_domains")
    return sorted(hosts, key=lambda host: host != values["domain"])


def _uri(label: str, entry: object) -> str:
    if not isinstance(entry, dict) or entry.keys() - {"type", "uri"}:
        raise invalid(f"{label} must be an object with type and uri; the double supports no other field")
    if entry.get("type", "public") != "public":
        raise invalid(f"{label}.type must be public: the double has no private destinations")
    uri = entry.get("uri")
    if not isinstance(uri, str):
        raise invalid(f"{label}.uri must be a string")
    return uri


def _check_unused(scope: Scope, hosts: Sequence[str], own: str | None) -> None:
    taken = {host for app in scope.all("apps") if app["id"] != own for host in app["self_hosted_domains"]}
    if taken.intersection(hosts):
        raise ApiError(HTTPStatus.CONFLICT, Problem(11010, "access.api.error.application_already_exists"))


def _links(scope: Scope, given: Sequence[Any] | None, old: list[Record]) -> list[Record]:
    """The policies of an application, each with its place."""
    if given is None:
        return old
    links = [_link(scope, index, item) for index, item in enumerate(given)]
    if len({link["precedence"] for link in links}) != len(links):
        raise invalid("policy precedences must be unique")
    if len({link["id"] for link in links}) != len(links):
        raise invalid("policies must be unique")
    return sorted(links, key=lambda link: link["precedence"])


def _link(scope: Scope, index: int, item: object) -> Record:
    label = f"policies[{index}]"
    link = {"id": item} if isinstance(item, str) else item
    if isinstance(link, dict):
        link = {name: value for name, value in link.items() if value is not None}
    if not isinstance(link, dict) or link.keys() - {"id", "precedence"} or not isinstance(link.get("id"), str):
        raise invalid(f"{label} must be the id of a reusable policy, or an object with id and precedence")
    precedence = link.get("precedence", index + 1)
    if isinstance(precedence, bool) or not isinstance(precedence, int) or precedence < 1:
        raise invalid(f"{label}.precedence must be a whole number from 1 on")
    if scope.find("policies", link["id"]) is None:
        raise invalid(f"{label}.id {link['id']} does not exist")
    return {"id": link["id"], "precedence": precedence}


def _check_identity_providers(scope: Scope, values: Record) -> None:
    for identifier in values["allowed_idps"]:
        if not isinstance(identifier, str) or scope.find("identity_providers", identifier) is None:
            raise invalid(f"allowed_idps: identity provider {identifier} does not exist")
    if values["auto_redirect_to_identity"] and len(values["allowed_idps"]) != 1:
        raise invalid("auto_redirect_to_identity needs exactly one entry in allowed_idps")
