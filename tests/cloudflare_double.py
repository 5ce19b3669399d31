"""Serves the double's API in a thread, for the tests of whatever talks to it."""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.cloudflare_double.api import api_app
from sandbox.cloudflare_double.clock import Clock
from sandbox.cloudflare_double.serving import listening_socket
from sandbox.cloudflare_double.sessions import Sessions
from sandbox.cloudflare_double.store import Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

START_SECONDS = 30
ZONE = "254carbon.com"


@dataclass(frozen=True)
class CloudflareApi:
    base_url: str
    account_id: str
    zone_id: str
    token: str
    read_only_token: str
    store: Store
    sessions: Sessions
    """No edge begins any here."""
    folder: Path
    http: httpx.Client
    zone: str = ZONE

    def path(self, path: str, scope: str = "accounts") -> str:
        return f"{self.base_url}/{scope}/{self.account_id if scope == 'accounts' else self.zone_id}/{path}"

    def ask(self, method: str, url: str, json: Any = None, *, token: str | None = None) -> httpx.Response:
        """One request, with the token that may do everything unless another is given."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.http.request(method, url, json=json, headers=headers)

    def made(self, path: str, scope: str = "accounts", /, **body: Any) -> Any:
        """What the API made of a body."""
        answer = self.ask("POST", self.path(path, scope), body)
        answer.raise_for_status()
        return answer.json()["result"]


@contextmanager
def cloudflare_api(
    folder: Path, *, tokens: Mapping[str, Sequence[str]] | None = None, zones: Mapping[str, str] | None = None
) -> Iterator[CloudflareApi]:
    """The API on a free port of 127.0.0.1; what it is told survives in the folder.

    Args:
        folder: Where it keeps its state.
        tokens: Tokens and their permissions, besides the two that it always has.
        zones: Zones (id: name), besides the one that it always has.
    """
    store, sessions = Store(folder), Sessions(folder, Clock())
    account, zone, token, read_only = "a" * 32, "b" * 32, secrets.token_hex(20), secrets.token_hex(20)
    api = api_app(
        store,
        sessions,
        account_id=account,
        zones={zone: ZONE, **(zones or {})},
        tokens={token: ["access:write", "dns:write", "tunnel:write"], read_only: ["read"], **(tokens or {})},
    )
    app = Starlette(routes=[Mount("/client/v4", api)])
    with listening_socket("127.0.0.1", 0) as listener, _served(app, listener), httpx.Client() as http:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/client/v4"
        yield CloudflareApi(base_url, account, zone, token, read_only, store, sessions, folder, http)


@contextmanager
def _served(app: Starlette, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the double's API did not start")
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
