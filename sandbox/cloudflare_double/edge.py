"""The edge: what stands between the public and the origin, and obeys what the API was told.

One listener answers for the team domain and for the public host of every application. A request reaches the origin
only with the leave of a policy or by a session that began with it; whatever the double does not know is refused.

As documented under "Manage user sessions", policies judge a person at the login, and the session that begins there lets
in for its life unless it is revoked. A service token is judged whenever it is shown; of the cookie that it is given the
documentation says nothing, so it is judged each time as well.

Left out on purpose, though Cloudflare has it: applications for a part of a host, wildcards, the global session, the
binding cookie, WebSockets, and hosts without an application, which Cloudflare would simply pass on.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from sandbox.cloudflare_double import cookies, pages
from sandbox.cloudflare_double.address import Address
from sandbox.cloudflare_double.login import AUTHORIZED, LOGIN, LOGOUT, Login
from sandbox.cloudflare_double.origin import Origin
from sandbox.cloudflare_double.policies import Machine, Person
from sandbox.cloudflare_double.sites import Sites
from sandbox.cloudflare_double.tokens import ASSERTION_SECONDS, Issuer, machine_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from sandbox.cloudflare_double.keys import KeyRing
    from sandbox.cloudflare_double.origin import OriginServer
    from sandbox.cloudflare_double.policies import Visitor
    from sandbox.cloudflare_double.sessions import Session, Sessions
    from sandbox.cloudflare_double.store import Record, Store

CERTS: Final = "/cdn-cgi/access/certs"
_OWN_PATHS: Final = "/cdn-cgi/"
_TUNNEL: Final = ".cfargotunnel.com"
_CREDENTIALS: Final = ("cf-access-client-id", "cf-access-client-secret")
_HTML: Final = "text/html"


@dataclass(frozen=True)
class _Claim:
    """Who a client shows to be."""

    visitor: Visitor
    session: Session | None = None
    """Where a cookie shows it."""
    by_credentials: bool = False
    """Whether it tried with a service token."""


class Edge:
    """An ASGI application that answers for every host of one account."""

    def __init__(self, sites: Sites, sessions: Sessions, issuer: Issuer, origin: Origin) -> None:
        self._sites = sites
        self._sessions = sessions
        self._issuer = issuer
        self._origin = origin
        self._login = Login(sites, sessions, issuer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        response = await self._answer(Request(scope, receive))
        response.headers["server"] = "cloudflare"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        address = Address.of_request(request)
        if address is None or request.method in {"CONNECT", "TRACE"}:
            return pages.error(400, "Bad Request", "The request is not one that a browser or a client sends.")
        if address.host == self._issuer.team_domain:
            return await self._team(request, address)
        return await self._public(request, address)

    async def _team(self, request: Request, address: Address) -> Response:
        path = request.scope["path"]
        if path == CERTS and request.method in {"GET", "HEAD"}:
            if not self._issuer.keys.reachable:
                return PlainTextResponse("Service Unavailable\n", 503)
            return JSONResponse(self._issuer.keys.document(), headers={"cache-control": "no-store"})
        if path.startswith(LOGIN) and request.method in {"GET", "HEAD", "POST"}:
            return await self._login.page(request, address)
        return pages.error(404, "Not Found", "The team domain has no such page.")

    async def _public(self, request: Request, address: Address) -> Response:
        record = self._sites.proxied_record(address.host)
        if record is None:
            return pages.error(530, "Origin DNS error", "No proxied DNS record leads here.", 1016)
        application = self._sites.application(address.host)
        if application is None:
            return pages.error(
                530, "No Access application", "The double passes nothing on that nothing protects.", 1000
            )
        if request.scope["path"].startswith(_OWN_PATHS):
            return self._own(request, address, application)
        claim = self._claim(request, application)
        logged_in = isinstance(claim.visitor, Person)
        policy = None if logged_in else self._sites.admitting(application, claim.visitor)
        if policy is None and not logged_in:
            return self._refused(request, address, application, claim)
        if str(record["content"]).endswith(_TUNNEL):
            return pages.error(530, "Cloudflare Tunnel error", "No connector of the tunnel is connected.", 1033)
        return await self._pass(request, address, application, policy, claim)

    def _own(self, request: Request, address: Address, application: Record) -> Response:
        """Answers under the path that Cloudflare keeps to itself on every host."""
        path = request.scope["path"] if request.method == "GET" else ""
        if path == AUTHORIZED:
            return self._login.finish(request, address, application)
        if path == LOGOUT:
            return self._log_out(application, self._claim(request, application))
        return pages.error(404, "Not Found", "Cloudflare keeps this path to itself.")

    def _claim(self, request: Request, application: Record) -> _Claim:
        """By a service token if the client shows one, else by its cookie."""
        given = [request.headers.getlist(name) for name in _CREDENTIALS]
        if any(given):
            once = all(len(values) == 1 for values in given)
            machine = self._sites.authenticated(given[0][0], given[1][0]) if once else None
            return _Claim(machine, by_credentials=True)
        audience = application["aud"]
        shown = self._issuer.shown(request.cookies.get(cookies.AUTHORIZATION, ""), audience)
        session = None if shown is None else self._sessions.find(shown.session, audience)
        # The sessions of a service token share an identifier: a later one must not bring a revoked cookie to life.
        if shown is None or session is None or shown.issued < session.since:
            return _Claim(None)
        if session.identifier == machine_session(session.subject, audience):
            return _Claim(self._sites.machine(session.subject), session, by_credentials=True)
        return _Claim(Person(session.subject), session)

    async def _pass(
        self, request: Request, address: Address, application: Record, policy: Record | None, claim: _Claim
    ) -> Response:
        """Forwards with an assertion of who it is, unless by a bypass; a service token gets a cookie to go on with.

        Where there is no policy, it is the session of a person that lets in.
        """
        visitor, session = claim.visitor, claim.session
        if request.headers.get("upgrade", "").lower() == "websocket":
            return pages.error(501, "Not Implemented", "The double passes no WebSockets on.")
        if visitor is None or (policy is not None and policy["decision"] == "bypass"):
            return await self._origin.forward(request, address.host, {})
        fresh = session or self._machine_session(visitor, application, policy)
        assertion = self._issuer.token(visitor, fresh, ASSERTION_SECONDS)
        response = await self._origin.forward(request, address.host, _identity(visitor, assertion))
        if session is None:
            seconds = self._sessions.remaining(fresh)
            cookies.set_authorization(response, application, self._issuer.token(visitor, fresh, seconds), seconds)
        return response

    def _machine_session(self, visitor: Person | Machine, application: Record, policy: Record | None) -> Session:
        if isinstance(visitor, Person) or policy is None:
            raise TypeError("a person has a session already")
        identifier = machine_session(visitor.client_id, application["aud"])
        return self._sessions.find(identifier, application["aud"]) or self._sessions.start(
            visitor.client_id,
            application["aud"],
            self._sites.session_seconds(application, policy),
            identifier=identifier,
        )

    def _refused(self, request: Request, address: Address, application: Record, claim: _Claim) -> Response:
        strict = application["service_auth_401_redirect"]
        if claim.by_credentials:
            return _unauthorized() if strict else pages.error(403, "Forbidden", "The service token does not get in.")
        if not any(policy["decision"] == "allow" for policy in self._sites.policies(application)):
            return _unauthorized() if strict else pages.error(403, "Forbidden", "Only service tokens get in.")
        return (
            _unauthorized() if _is_program(request, strict=strict) else self._login.begin(request, address, application)
        )

    def _log_out(self, application: Record, claim: _Claim) -> Response:
        if claim.session is not None:
            self._sessions.end(claim.session.subject)
        response = pages.logged_out()
        cookies.set_authorization(response, application, "", 0)
        return response


def _is_program(request: Request, *, strict: bool) -> bool:
    """Whether a login page would be of no use: the documented header says so, or the page is not asked for."""
    if request.headers.get("x-requested-with", "").lower() == "xmlhttprequest":
        return True
    accepted = request.headers.get("accept", "").lower()
    return _HTML not in accepted and (strict or "application/json" in accepted)


def _unauthorized() -> Response:
    return PlainTextResponse(
        "Unauthorized\n", 401, {"www-authenticate": "Cloudflare-Access", "cache-control": "no-store"}
    )


def _identity(visitor: Person | Machine, assertion: str) -> Mapping[str, str]:
    person = {"cf-access-authenticated-user-email": visitor.email} if isinstance(visitor, Person) else {}
    return {"cf-access-jwt-assertion": assertion, **person}


def edge_app(
    store: Store,
    keys: KeyRing,
    sessions: Sessions,
    *,
    account_id: str,
    zones: Mapping[str, str],
    team_domain: str,
    origin: OriginServer,
) -> Starlette:
    """The edge of one account with its zones (id: name)."""
    way = Origin(origin)
    edge = Edge(Sites(store, account_id, zones), sessions, Issuer(keys, team_domain, account_id), way)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await way.close()

    return Starlette(routes=[Route("/{path:path}", edge)], lifespan=lifespan)
