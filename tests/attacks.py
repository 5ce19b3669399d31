"""What somebody tries who stands before a gateway, and its answers; for every team, application and host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from tests.assertions import HEADER, VALID_SECONDS, Signer, changed, signed_with_the_public_key, unsigned

if TYPE_CHECKING:
    from collections.abc import Callable

FORGED = "root@254carbon.com"
"""A name that no attack may get."""


class Attack(NamedTuple):
    """An assertion that is none."""

    token: Callable[[Signer, Signer], str | None]
    """Of the team's signer, and of a stranger's that has another key under the same id; None means no header."""
    status: int
    reason: str
    """Part of the audit log's."""


def _soon() -> int:
    return int(time.time()) + VALID_SECONDS


def _ago() -> int:
    return int(time.time()) - 60


ATTACKS = {
    "no token": Attack(lambda _team, _other: None, 401, "Jwt_is_missing"),
    "garbage": Attack(lambda _team, _other: "garbage", 403, "not_exactly_one_token"),
    "garbage in three parts": Attack(lambda _team, _other: "a.b.c", 401, "jwt_authn"),
    "alg none": Attack(lambda team, _other: unsigned(team.sign()), 403, "not_exactly_one_token"),
    "alg none with a signature": Attack(
        lambda team, _other: unsigned(team.sign()) + team.sign().split(".")[2], 401, "jwt_authn"
    ),
    "HS256 with the public key": Attack(
        lambda team, _other: signed_with_the_public_key(team, team.sign()), 401, "jwt_authn"
    ),
    "RS512": Attack(lambda team, _other: team.sign(algorithm="RS512"), 403, "rbac"),
    "another key under the same id": Attack(lambda _team, other: other.sign(), 401, "Jwt_verification_fails"),
    "unknown key id": Attack(lambda team, _other: team.sign(kid="unknown"), 401, "doesn't_have_key"),
    "wrong audience": Attack(lambda team, _other: team.sign(aud=["another"]), 403, "Audiences"),
    "no audience": Attack(lambda team, _other: team.sign(aud=None), 403, "Audiences"),
    "wrong issuer": Attack(
        lambda team, _other: team.sign(iss=team.issuer.replace("https://", "https://evil.")), 401, "issuer"
    ),
    "issuer with a slash": Attack(lambda team, _other: team.sign(iss=f"{team.issuer}/"), 401, "issuer"),
    "no issuer": Attack(lambda team, _other: team.sign(iss=None), 401, "issuer"),
    "expired": Attack(lambda team, _other: team.sign(exp=_ago()), 401, "expired"),
    "not yet valid": Attack(lambda team, _other: team.sign(nbf=_soon()), 401, "not_yet_valid"),
    "no expiry": Attack(lambda team, _other: team.sign(exp=None), 401, "jwt_authn"),
    "not for an application": Attack(lambda team, _other: team.sign(type="org"), 403, "rbac"),
    "without a type": Attack(lambda team, _other: team.sign(type=None), 403, "rbac"),
    "of nobody": Attack(lambda team, _other: team.sign(email=None), 403, "rbac"),
    "of an empty name": Attack(lambda team, _other: team.sign(email=""), 403, "rbac"),
    "two tokens in one header": Attack(
        lambda team, _other: f"{team.sign()},{team.sign()}", 403, "not_exactly_one_token"
    ),
    "with a scheme": Attack(lambda team, _other: f"Bearer {team.sign()}", 403, "not_exactly_one_token"),
    "changed claims": Attack(lambda team, _other: changed(team.sign(), email=FORGED), 401, "Jwt_verification_fails"),
}
"""By what each is. A proxy in front hands all of them on as they are; Cloudflare's edge replaces them.

The answer to `RS512` is the one where the published key names no algorithm. Where it names RS256, as Cloudflare's keys
do, it is 401 for "doesn't_have_key", and the log names nobody.
"""

VERIFIED = {"RS512", "not for an application", "without a type"}
"""Attacks whose signature is the team's: the log names the person."""

METRICS_PATHS = {
    "/metrics": 404,
    "/metrics/": 404,
    "/metrics?name[]=x": 404,
    "/METRICS": 404,
    "//metrics": 404,
    "/./metrics": 404,
    "/%6detrics": 404,
    "/health/../metrics": 404,
    "/health/%2e%2e/metrics": 404,
    "/health\\..\\metrics": 404,
    "/health/..;/metrics": 404,
    "/metrics;a=b": 404,
    "/metrics%20": 404,
    "/metrics%23": 404,
    "/metrics%00": 400,
    "/metrics#part": 400,
    "/health%2f..%2fmetrics": 400,
    "/health%5c..%5cmetrics": 400,
    "/../../metrics": 404,
}
"""Ways to write the path of the server's metrics, and the answers to somebody with a valid assertion.

They are to be sent as they are: most client libraries tidy them up. A proxy in front may refuse one itself, with 400
instead of 404 (Traefik 3.7 does the backslashes). Another answer than these two is a hole behind any proxy.
"""


class RawRequest(NamedTuple):
    """A request that no browser or client sends."""

    line: str
    more: str
    """Headers after those that every request has."""
    status: int
    """The answer to it with a valid assertion."""

    def head(self, host: str, token: str) -> str:
        """All of the request before a body."""
        return f"{self.line}\r\nHost: {host}\r\n{HEADER}: {token}\r\n{self.more}\r\n"


RAW_REQUESTS = {
    "HTTP/1.0": RawRequest("GET / HTTP/1.0", "", 426),
    "upgrade": RawRequest("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", 403),
    "no path": RawRequest("OPTIONS * HTTP/1.1", "", 404),
    "another host in the line": RawRequest("GET http://elsewhere/ HTTP/1.1", "", 421),
    "two hosts": RawRequest("GET / HTTP/1.1", "Host: elsewhere\r\n", 421),
    "a length and chunks": RawRequest("POST / HTTP/1.1", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
    "two lengths": RawRequest("POST / HTTP/1.1", "Content-Length: 3\r\nContent-Length: 4\r\n", 400),
    "a large header": RawRequest("GET / HTTP/1.1", "X: " + "y" * 40_000 + "\r\n", 431),
    "many headers": RawRequest("GET / HTTP/1.1", "".join(f"x-{number}: y\r\n" for number in range(120)), 431),
    "a long path": RawRequest("GET /" + "y" * 40_000 + " HTTP/1.1", "", 431),
}
"""By what is wrong with each.

A proxy in front reads them first, and Traefik 3.7 answers half of them differently:

- `HTTP/1.0`: 200, since it goes on as HTTP/1.1;
- `no path`: 200, from Traefik itself;
- `another host in the line`: 404, as for every host that it does not know;
- `two hosts`: 400;
- `a length and chunks`: it goes on without the length, so no answer comes before the last chunk.

It answers as the gateway does to the other five; nginx says 400 or 414 to what is too large for its buffers.
"""
