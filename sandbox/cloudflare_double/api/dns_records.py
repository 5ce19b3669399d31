"""``dns_records`` of a zone."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.cloudflare_double.api.envelope import ApiError, Problem, bad_request
from sandbox.cloudflare_double.api.fields import Field, only, read
from sandbox.cloudflare_double.api.names import host_problem, inside
from sandbox.cloudflare_double.api.resource import Resource, Scope
from sandbox.cloudflare_double.api.times import now, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.cloudflare_double.store import Record

_ADDRESSES: Final = frozenset({"A", "AAAA", "CNAME"})
_AUTOMATIC: Final = 1
_TTL: Final = range(60, 86401)


def _refused(message: str) -> ApiError:
    return bad_request(9000, f"DNS Validation Error: {message}")


def _settings_problem(settings: Mapping[str, Any]) -> str | None:
    unset = settings.keys() <= {"ipv4_only", "ipv6_only", "flatten_cname"} and not any(settings.values())
    return None if unset else "is not supported by the double"


_FIELDS: Final[Mapping[str, Field]] = {
    "type": Field(required=True),
    "name": Field(required=True),
    "content": Field(required=True),
    "ttl": Field(kind=(int, float), default=_AUTOMATIC),
    "proxied": Field(kind=bool, default=False),
    "comment": Field(),
    "tags": Field(kind=list, default=[], problem=only([])),
    "settings": Field(kind=dict, problem=_settings_problem),
    "data": Field(kind=dict, problem=only({})),
    "private_routing": Field(kind=bool, problem=only(value=False)),
}


class DnsRecords(Resource):
    """Names of a zone: addresses, aliases and texts.

    Cloudflare refuses to proxy to a private address; the double does not, since its origin has no other.
    """

    kind = "dns_records"
    path = "dns_records"
    area = "dns"
    scope = "zones"
    created = HTTPStatus.OK
    deleted = HTTPStatus.OK
    update_methods = ("PUT", "PATCH")
    per_page = 100
    filters: ClassVar[frozenset[str]] = frozenset({"name", "type", "content", "name.exact", "content.exact"})

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """A new record."""
        created = written(now())
        record = {"id": secrets.token_hex(16), **_read(scope, body), "created_on": created, "modified_on": created}
        _check_unique(scope, record)
        return record

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:
        """The record as the body says; PATCH keeps what the body leaves out."""
        given = {name: old[name] for name in _FIELDS if name in old} | dict(body) if method == "PATCH" else body
        record = old | _read(scope, given) | {"modified_on": written(now())}
        _check_unique(scope, record)
        return record

    def selected(self, record: Record, query: Mapping[str, str]) -> bool:
        """Cloudflare takes both ``name`` and ``name.exact``."""
        return all(record[name.removesuffix(".exact")] == query[name] for name in self.filters & query.keys())

    def missing(self) -> ApiError:
        """The refusal for a record that is not there."""
        return ApiError(HTTPStatus.NOT_FOUND, Problem(81044, "Record does not exist."))


def _read(scope: Scope, body: Mapping[str, Any]) -> Record:
    values = read(_FIELDS, body, _refused)
    zone = scope.zones[scope.id]
    check = _CONTENT.get(values["type"])
    if check is None:
        raise _refused(f"type must be one of {', '.join(_CONTENT)}; the double supports no other")
    values["name"] = _full_name(values["name"], zone)
    values["content"] = check(values["content"])
    _check_ttl(values)
    del values["data"], values["private_routing"]
    return values | {
        "settings": {},
        "proxiable": values["type"] in _ADDRESSES,
        "meta": {},
        "comment_modified_on": None,
        "tags_modified_on": None,
    }


def _full_name(name: str, zone: str) -> str:
    """The name with its zone: ``@`` and names without the zone are completed, as Cloudflare does."""
    lowered = name.lower()
    full = zone if lowered == "@" else lowered if inside(lowered, zone) else f"{lowered}.{zone}"
    if host_problem(full):
        raise bad_request(9000, "DNS name is invalid.")
    return full


def _check_ttl(values: Record) -> None:
    ttl = values["ttl"]
    if ttl != _AUTOMATIC and ttl not in _TTL:
        raise bad_request(9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
    if values["proxied"] and values["type"] not in _ADDRESSES:
        raise bad_request(9004, "This record type cannot be proxied.")
    if values["proxied"] and ttl != _AUTOMATIC:
        raise _refused("ttl must be set to 1 when `proxied` is true")
    values["ttl"] = int(ttl)


def _check_unique(scope: Scope, record: Record) -> None:
    others = [other for other in scope.all("dns_records") if other["id"] != record["id"]]
    same = [other for other in others if other["name"] == record["name"]]
    if any((other["type"], other["content"]) == (record["type"], record["content"]) for other in same):
        raise bad_request(81058, "An identical record already exists.")
    types = {other["type"] for other in same} & _ADDRESSES
    if (record["type"] == "CNAME" and types) or (record["type"] in _ADDRESSES and "CNAME" in types):
        raise bad_request(81053, "An A, AAAA, or CNAME record with that host already exists.")


def _ipv4(content: str) -> str:
    try:
        return str(IPv4Address(content))
    except ValueError:
        raise bad_request(9005, "Content for A record must be a valid IPv4 address.") from None


def _ipv6(content: str) -> str:
    try:
        return str(IPv6Address(content))
    except ValueError:
        raise bad_request(9006, "Content for AAAA record must be a valid IPv6 address.") from None


def _alias(content: str) -> str:
    target = content.lower().removesuffix(".")
    if host_problem(target) or "." not in target:
        raise bad_request(9007, "Content for CNAME record is invalid.")
    return target


def _text(content: str) -> str:
    if not content:
        raise bad_request(9010, "Content for TXT record must not be empty.")
    return content


_CONTENT: Final[Mapping[str, Callable[[str], str]]] = {"A": _ipv4, "AAAA": _ipv6, "CNAME": _alias, "TXT": _text}
