"""The whole double on free ports, with an origin behind it, and a browser of sorts."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.cloudflare_double.api import api_app
from sandbox.cloudflare_double.clock import Clock
from sandbox.cloudflare_double.control import control_app
from sandbox.cloudflare_double.edge import edge_app
from sandbox.cloudflare_double.keys import KeyRing
from sandbox.cloudflare_double.origin import OriginServer
from sandbox.cloudflare_double.serving import listening_socket, server_config
from sandbox.cloudflare_double.sessions import Sessions
from sandbox.cloudflare_double.store import Store
from tests.unit.cloudflare_edge.material import (
    ACCOUNT,
    HOST,
    START_SECONDS,
    TEAM,
    ZONE,
    ZONE_ID,
    authority,
    material,
    trust,
)
from tests.unit.cloudflare_edge.origin import plain_upstream

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.cloudflare_edge.origin import Arrived, Upstream

API_TOKEN, CONTROL_TOKEN = "for-the-api", "for-the-controls"
ALLOWED = "ada@example.com"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class _ToEdge(httpx.HTTPTransport):
    """Finds every public name at the edge, as DNS does."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        found = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": request.url.host},
        )
        return super().handle_request(found)


@dataclass
class Cloudflare:
    """Everything that a test needs, and the words it uses."""

    folder: Path
    upstream: Upstream
    direct: httpx.Client
    """To the API and the controls."""
    edge_port: int

    def at(self, host: str) -> str:
        return f"https://{host}:{self.edge_port}"

    @property
    def url(self) -> str:
        return self.at(HOST)

    @property
    def team_url(self) -> str:
        return self.at(TEAM)

    def api(self, method: str, path: str, **body: Any) -> Any:
        """Calls the API and returns the result."""
        answer = self.direct.request(
            method,
            f"/client/v4/{path}",
            headers={"authorization": f"Bearer {API_TOKEN}"},
            json=body or None,
        )
        assert answer.is_success, answer.text
        return answer.json()["result"]

    def access(self, method: str, path: str, **body: Any) -> Any:
        return self.api(method, f"accounts/{ACCOUNT}/access/{path}", **body)

    def control(self, path: str, body: Any = None, token: str = CONTROL_TOKEN) -> httpx.Response:
        return self.direct.post(
            f"/control/{path}",
            headers={"authorization": f"Bearer {token}"},
            json={} if body is None else body,
        )

    def clear(self) -> None:
        """Undoes what a test did: a new double for each would take longer than most tests."""
        for kind in ("apps", "policies", "groups", "service_tokens"):
            for record in self.access("GET", kind):
                self.access("DELETE", f"{kind}/{record['id']}")
        records = f"zones/{ZONE_ID}/dns_records"
        for record in self.api("GET", records):
            self.api("DELETE", f"{records}/{record['id']}")
        self.control("keys/outage", {"down": False})
        self.upstream.arrived.clear()
        self.upstream.upload_began.clear()
        self.upstream.download_seen.clear()

    def policy(self, decision: str, *include: dict[str, Any], **fields: Any) -> str:
        """Makes a policy and returns its id."""
        created = self.access(
            "POST", "policies", name=f"{decision} {time.monotonic_ns()}", decision=decision, include=include, **fields
        )
        return str(created["id"])

    def application(self, *policies: str, **fields: Any) -> dict[str, Any]:
        """Makes the application and the DNS record of the host."""
        self.record()
        made: dict[str, Any] = self.access(
            "POST", "apps", type="self_hosted", name="MLflow", domain=HOST, policies=policies, **fields
        )
        return made

    def record(self, content: str = "192.0.2.1", kind: str = "A", *, proxied: bool = True, name: str = HOST) -> str:
        body = {"type": kind, "name": name, "content": content, "ttl": 1, "proxied": proxied}
        return str(self.api("POST", f"zones/{ZONE_ID}/dns_records", **body)["id"])

    def people(self, **fields: Any) -> dict[str, Any]:
        """An application that lets in one person."""
        return self.application(self.policy("allow", {"email": {"email": ALLOWED}}, session_duration="8h"), **fields)

    def browser(self) -> httpx.Client:
        """A client that finds every host at the edge, keeps cookies, and follows no redirect by itself."""
        return httpx.Client(transport=_ToEdge(verify=trust()), headers=BROWSER, timeout=START_SECONDS)

    def get(self, path: str = "/", **headers: str) -> httpx.Response:
        """One request of a browser that was never here."""
        with self.browser() as browser:
            return browser.get(
                self.url + path, headers={name.replace("_", "-"): text for name, text in headers.items()}
            )

    def log_in(
        self, browser: httpx.Client, email: str = ALLOWED, path: str = "/", *, host: str = HOST
    ) -> httpx.Response:
        """Goes through the login page, and returns the answer to the code (or the denial)."""
        page = browser.get(browser.get(self.at(host) + path).headers["location"])
        answer = browser.post(page.url, data={"csrf": csrf(page), "email": email})
        return browser.get(answer.headers["location"]) if answer.is_redirect else answer

    def last(self) -> Arrived:
        return self.upstream.arrived[-1]

    def published(self) -> dict[str, Any]:
        with self.browser() as browser:
            document: dict[str, Any] = browser.get(f"{self.team_url}/cdn-cgi/access/certs").json()
        return document

    def assertion(self, audience: str) -> dict[str, Any]:
        """The claims of the last assertion, checked as an origin checks them."""
        token = self.last().header("cf-access-jwt-assertion")
        assert token is not None
        identifier = jwt.get_unverified_header(token)["kid"]
        keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(self.published()).keys}
        claims: dict[str, Any] = jwt.decode(
            token, keys[identifier], ["RS256"], audience=audience, issuer=f"https://{TEAM}"
        )
        return claims


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def code_of(response: httpx.Response) -> str:
    """The number on one of the edge's error pages."""
    assert 'id="error"' in response.text
    return response.text.split("<title>Error ")[1].split("<")[0]


@contextmanager
def _serving(app: Starlette, listener: socket.socket, **tls: Any) -> Iterator[None]:
    server = uvicorn.Server(server_config(app, **tls))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive(), "the double did not start"
        assert time.monotonic() < deadline, "the double did not start"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def cloudflare(folder: Path, *, origin: OriginServer | None = None) -> Iterator[Cloudflare]:
    """The double, with the state of a folder and an origin by plain HTTP unless another is given."""
    folder.mkdir(exist_ok=True)
    shutil.copy(material() / "signing-keys.json", folder)
    pair = authority().issue("edge", common_name="edge")
    store, keys, clock = Store(folder), KeyRing(folder), Clock()
    sessions = Sessions(folder, clock)
    zones = {ZONE_ID: ZONE}
    tokens = {API_TOKEN: ["access:write", "dns:write", "tunnel:write"]}
    api = Mount("/client/v4", api_app(store, sessions, account_id=ACCOUNT, zones=zones, tokens=tokens))
    control = Mount("/control", control_app(keys, clock, token=CONTROL_TOKEN))
    with ExitStack() as stack:
        upstream = stack.enter_context(plain_upstream())
        edge = edge_app(
            store,
            keys,
            sessions,
            account_id=ACCOUNT,
            zones=zones,
            team_domain=TEAM,
            origin=origin or OriginServer("127.0.0.1", upstream.port),
        )
        listeners = [stack.enter_context(listening_socket("127.0.0.1", 0)) for _ in range(2)]
        ports = [listener.getsockname()[1] for listener in listeners]
        stack.enter_context(_serving(Starlette(routes=[api, control]), listeners[0]))
        tls = {"ssl_certfile": pair.certificate, "ssl_keyfile": pair.key}
        stack.enter_context(_serving(edge, listeners[1], **tls))
        api_url = f"http://127.0.0.1:{ports[0]}"
        direct = stack.enter_context(httpx.Client(base_url=api_url, verify=trust(), timeout=START_SECONDS))
        yield Cloudflare(folder, upstream, direct, ports[1])


def state(folder: Path, name: str) -> Any:
    """A file of the double's state."""
    return json.loads((folder / name).read_text())
