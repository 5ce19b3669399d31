"""The way to a session: from an application's host to the team domain's login page, and back with a one-time code."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

import jwt
from starlette.responses import RedirectResponse

from sandbox.cloudflare_double import cookies, pages
from sandbox.cloudflare_double.policies import Person

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.cloudflare_double.address import Address
    from sandbox.cloudflare_double.sessions import Sessions
    from sandbox.cloudflare_double.sites import Sites
    from sandbox.cloudflare_double.store import Record
    from sandbox.cloudflare_double.tokens import Issuer

LOGIN: Final = "/cdn-cgi/access/login/"
AUTHORIZED: Final = "/cdn-cgi/access/authorized"
LOGOUT: Final = "/cdn-cgi/access/logout"
_LOGIN_SECONDS: Final = 3600
_CODE_SECONDS: Final = 60
_FORM_BYTES: Final = 16_384
_PATH_CHARACTERS: Final = 4_096
_NONCE: Final = re.compile(r"[\w-]{43}", re.ASCII)
_EMAIL: Final = re.compile(r"[!-?A-~]{1,64}@[a-z0-9.-]{1,180}\.[a-z]{2,}")
_STALE: Final = "This login is too old, was used before, or began in another browser. Open the application again."


@dataclass(frozen=True)
class _Intent:
    """A login that a browser began: what it wanted to see, signed so that nobody else can choose it."""

    host: str
    audience: str
    path: str
    browser: str
    """Digest of the cookie that the browser holds."""


@dataclass(frozen=True)
class _Grant:
    """What a one-time code stands for."""

    intent: _Intent
    person: Person
    ends: float


class Login:
    """Sends people to the login page and back. What is under way is lost with the process, sessions are not."""

    def __init__(self, sites: Sites, sessions: Sessions, issuer: Issuer) -> None:
        self._sites = sites
        self._sessions = sessions
        self._issuer = issuer
        self._secret = secrets.token_bytes(32)
        self._grants: dict[str, _Grant] = {}

    def begin(self, request: Request, address: Address, application: Record) -> Response:
        """Sends a browser to the login page; it may have several tabs open, which share one nonce."""
        nonce = request.cookies.get(cookies.APPLICATION_CSRF, "")
        if not _NONCE.fullmatch(nonce):
            nonce = secrets.token_urlsafe(32)
        intent = _Intent(address.host, application["aud"], _wanted(request), _digest(nonce))
        query = {"kid": intent.audience, "redirect_url": intent.path, "meta": self._signed(intent)}
        response = RedirectResponse(
            f"{address.at(self._issuer.team_domain)}{LOGIN}{address.host}?{urlencode(query)}",
            302,
            {"cache-control": "no-store"},
        )
        cookies.set_csrf(response, cookies.APPLICATION_CSRF, nonce)
        return response

    async def page(self, request: Request, address: Address) -> Response:
        """The team domain's login page, and what its form posts."""
        intent = self._intent(request)
        application = None if intent is None else self._sites.application(intent.host)
        if intent is None or application is None or application["aud"] != intent.audience:
            return pages.error(400, "Unable to find your Access application", _STALE)
        if request.method != "POST":
            return self._form(request, application)
        form = await _form(request)
        if not _equal(form.get("csrf", ""), request.cookies.get(cookies.LOGIN_CSRF, "")):
            return pages.error(400, "Invalid login session", _STALE)
        email = form.get("email", "").strip().lower()
        if not _EMAIL.fullmatch(email):
            return self._form(request, application, "Enter an e-mail address, such as person@example.com.")
        return self._answer(address, application, intent, Person(email))

    def finish(self, request: Request, address: Address, application: Record) -> Response:
        """Takes the code back at the application's host and begins the session."""
        grant = self._grants.pop(request.query_params.get("code", ""), None)
        browser = _digest(request.cookies.get(cookies.APPLICATION_CSRF, ""))
        if (
            grant is None
            or grant.ends <= time.monotonic()
            or (grant.intent.host, grant.intent.audience) != (address.host, application["aud"])
            or not _equal(grant.intent.browser, browser)
        ):
            return pages.error(400, "Invalid login session", _STALE)
        policy = self._sites.admitting(application, grant.person)
        if policy is None:
            return self._denied(address, application, grant.person)
        seconds = self._sites.session_seconds(application, policy)
        session = self._sessions.start(grant.person.email, application["aud"], seconds)
        # An absolute address: a path that begins with // would otherwise lead to another host.
        response = RedirectResponse(address.at(address.host) + grant.intent.path, 302, {"cache-control": "no-store"})
        cookies.set_authorization(response, application, self._issuer.token(grant.person, session, seconds), seconds)
        return response

    def _answer(self, address: Address, application: Record, intent: _Intent, person: Person) -> Response:
        if self._sites.admitting(application, person) is None:
            return self._denied(address.of(intent.host), application, person)
        now = time.monotonic()
        self._grants = {code: grant for code, grant in self._grants.items() if grant.ends > now}
        code = secrets.token_urlsafe(32)
        self._grants[code] = _Grant(intent, person, now + _CODE_SECONDS)
        back = f"{address.at(intent.host)}{AUTHORIZED}?{urlencode({'code': code})}"
        return RedirectResponse(back, 303, {"cache-control": "no-store"})

    def _denied(self, address: Address, application: Record, person: Person) -> Response:
        message = application.get("custom_deny_message")
        return pages.denied(application["name"], person.email, message, f"{address.at(address.host)}{LOGOUT}")

    def _form(self, request: Request, application: Record, problem: str = "") -> Response:
        nonce = request.cookies.get(cookies.LOGIN_CSRF, "")
        if not _NONCE.fullmatch(nonce):
            nonce = secrets.token_urlsafe(32)
        response = pages.login(application["name"], {"csrf": nonce}, problem)
        cookies.set_csrf(response, cookies.LOGIN_CSRF, nonce)
        return response

    def _signed(self, intent: _Intent) -> str:
        claims = {"host": intent.host, "path": intent.path, "browser": intent.browser}
        # A key of its own: signed by the team's keys it could be taken for an assertion.
        return jwt.encode(
            claims | {"aud": intent.audience, "exp": int(time.time()) + _LOGIN_SECONDS}, self._secret, "HS256"
        )

    def _intent(self, request: Request) -> _Intent | None:
        """What the address of the login page says, if this process signed it."""
        query = request.query_params
        try:
            claims = jwt.decode(query.get("meta", ""), self._secret, ["HS256"], audience=query.get("kid", ""))
        except jwt.InvalidTokenError:
            return None
        if request.scope["path"] != LOGIN + claims["host"]:
            return None
        return _Intent(claims["host"], claims["aud"], claims["path"], claims["browser"])


def _wanted(request: Request) -> str:
    """The path and query that a person asked for; one too long for a login's address leads to the front page."""
    path: str = request.scope["raw_path"].decode("latin-1")
    query: str = request.scope["query_string"].decode("latin-1")
    wanted = f"{path}?{query}" if query else path
    return wanted if len(wanted) <= _PATH_CHARACTERS else "/"


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _equal(left: str, right: str) -> bool:
    """Whether two secrets are there and the same."""
    return bool(left) and hmac.compare_digest(left.encode(), right.encode())


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("latin-1")).items()}
