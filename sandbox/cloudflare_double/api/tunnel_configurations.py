"""What a tunnel serves: the ``config`` of ``cfd_tunnel/{id}/configurations``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sandbox.cloudflare_double.api.envelope import ApiError, bad_request
from sandbox.cloudflare_double.api.fields import NUMBER, Field, one_of, read
from sandbox.cloudflare_double.api.names import host_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloudflare_double.store import Record

_STATUS: Final = re.compile(r"http_status:[1-5]\d\d")


def _service_problem(text: str) -> str | None:
    parts = urlsplit(text)
    if parts.scheme in {"http", "https"} and parts.hostname and not parts.path:
        return None
    if _STATUS.fullmatch(text):
        return None
    return "must be http://HOST:PORT, https://HOST:PORT or http_status:CODE; the double supports no other"


_BODY: Final[Mapping[str, Field]] = {
    "config": Field(kind=dict, required=True),
    "source": Field(default="cloudflare", problem=one_of("cloudflare")),
}
_CONFIG: Final[Mapping[str, Field]] = {
    "ingress": Field(kind=list, required=True),
    "originRequest": Field(kind=dict),
    "warp-routing": Field(kind=dict),
}
_RULE: Final[Mapping[str, Field]] = {
    "service": Field(required=True, problem=_service_problem),
    "hostname": Field(problem=host_problem),
    "path": Field(),
    "originRequest": Field(kind=dict),
}
_ORIGIN: Final[Mapping[str, Field]] = {
    "access": Field(kind=dict),
    "caPool": Field(),
    "connectTimeout": Field(kind=NUMBER),
    "disableChunkedEncoding": Field(kind=bool),
    "http2Origin": Field(kind=bool),
    "httpHostHeader": Field(),
    "keepAliveConnections": Field(kind=NUMBER),
    "keepAliveTimeout": Field(kind=NUMBER),
    "matchSNItoHost": Field(kind=bool),
    "noHappyEyeballs": Field(kind=bool),
    "noTLSVerify": Field(kind=bool),
    "originServerName": Field(),
    "proxyType": Field(),
    "tcpKeepAlive": Field(kind=NUMBER),
    "tlsTimeout": Field(kind=NUMBER),
}
_ACCESS: Final[Mapping[str, Field]] = {
    "required": Field(kind=bool),
    "teamName": Field(required=True),
    "audTag": Field(kind=list, required=True),
}


def _refused(message: str) -> ApiError:
    return bad_request(1056, f"Bad Configuration: Validation failed: {message}")


def read_configuration(body: Mapping[str, Any]) -> Record:
    """The configuration in a request, as it was given."""
    config: Record = read(_BODY, body, _refused)["config"]
    values = read(_CONFIG, config, _refused)
    rules = values["ingress"]
    if not rules:
        raise _refused("The config file doesn't contain any ingress rules")
    for index, rule in enumerate(rules):
        _check_rule(f"ingress[{index}]", rule, last=index == len(rules) - 1)
    _check_origin("originRequest", values["originRequest"])
    return {"warp-routing": {"enabled": False}} | config


def _check_rule(label: str, rule: object, *, last: bool) -> None:
    if not isinstance(rule, dict):
        raise _refused(f"{label} must be an object")
    values = read(_RULE, rule, lambda message: _refused(f"{label}.{message}"))
    everything = not values["hostname"] and not values["path"]
    if last and not everything:
        raise _refused("The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)")
    if everything and not last:
        raise _refused(f"{label} matches every URL, so that the rules after it are never used")
    _check_origin(f"{label}.originRequest", values["originRequest"])


def _check_origin(label: str, given: Mapping[str, Any] | None) -> None:
    values = read(_ORIGIN, given or {}, lambda message: _refused(f"{label}.{message}"))
    if values["access"] is None:
        return
    access = read(_ACCESS, values["access"], lambda message: _refused(f"{label}.access.{message}"))
    tags = access["audTag"]
    if not tags or not all(isinstance(tag, str) and tag for tag in tags):
        raise _refused(f"{label}.access.audTag must be an array of audience tags")
