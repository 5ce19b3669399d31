"""Who may do what: bearer tokens and their permissions."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sandbox.cloudflare_double.api.envelope import ApiError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

_BEARER: Final = re.compile(r"Bearer ([A-Za-z0-9_-]+)")


def _presented_token(header: str | None) -> str:
    """The token in an ``Authorization`` header."""
    if header is None:
        raise ApiError(
            HTTPStatus.BAD_REQUEST, Problem(9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        )
    match = _BEARER.fullmatch(header)
    if match is None:
        chain = [Problem(6111, "Invalid format for Authorization header")]
        raise ApiError(HTTPStatus.BAD_REQUEST, Problem(6003, "Invalid request headers", chain))
    return match[1]


def permissions(tokens: Mapping[str, Sequence[str]], header: str | None, unknown: Problem) -> Sequence[str]:
    """What the caller may do; ``unknown`` answers a token that was never made."""
    presented = _presented_token(header)
    found: Sequence[str] | None = None
    # To the end for every token, so that the time tells nothing about the known ones.
    for token, allowed in tokens.items():
        if secrets.compare_digest(token.encode(), presented.encode()):
            found = allowed
    if found is None:
        raise ApiError(HTTPStatus.UNAUTHORIZED, unknown)
    return found


def authorize(tokens: Mapping[str, Sequence[str]], header: str | None, enough: AbstractSet[str]) -> None:
    """Refuse a caller who has none of the permissions that are enough."""
    refusal = Problem(10000, "Authentication error")
    if enough.isdisjoint(permissions(tokens, header, refusal)):
        raise ApiError(HTTPStatus.FORBIDDEN, refusal)


def authorize_scope(*, known: bool) -> None:
    """Refuse an account or a zone that is somebody else's."""
    if not known:
        raise ApiError(HTTPStatus.FORBIDDEN, Problem(9109, "Unauthorized to access requested resource"))
