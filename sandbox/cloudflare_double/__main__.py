"""Entry point: ``python -m sandbox.cloudflare_double --settings FILE`` serves the API, the controls and the edge."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.cloudflare_double.api.app import api_app
from sandbox.cloudflare_double.clock import Clock
from sandbox.cloudflare_double.control import control_app
from sandbox.cloudflare_double.edge import edge_app
from sandbox.cloudflare_double.keys import KeyRing
from sandbox.cloudflare_double.serving import listening_socket, server_config
from sandbox.cloudflare_double.sessions import Sessions
from sandbox.cloudflare_double.settings import Listener, Settings, read_settings
from sandbox.cloudflare_double.store import Store
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


class _Server(uvicorn.Server):
    """One of two servers of a process, which handles the signals for both."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells when it serves."""
        await super().startup(sockets)
        self.serving.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals alone."""
        yield


def _apps(settings: Settings) -> tuple[Starlette, Starlette]:
    """What listens at the API's address, and the edge."""
    store, keys, clock = Store(settings.state), KeyRing(settings.state), Clock()
    sessions = Sessions(settings.state, clock)
    api = api_app(store, sessions, account_id=settings.account_id, zones=settings.zones, tokens=settings.tokens)
    control = control_app(keys, clock, token=settings.control_token)
    try:
        edge = edge_app(
            store,
            keys,
            sessions,
            account_id=settings.account_id,
            zones=settings.zones,
            team_domain=settings.team_domain,
            origin=settings.origin,
        )
    except ssl.SSLError as error:
        raise SandboxError(
            f"{settings.origin.ca_file} holds no certificate authority: {error}", "give a PEM file with the origin's"
        ) from None
    return Starlette(routes=[Mount("/client/v4", api), Mount("/control", control)]), edge


def _socket(listener: Listener) -> socket.socket:
    try:
        return listening_socket(listener.host, listener.port)
    except OSError as error:
        raise SandboxError(
            f"cannot listen on {listener.host} port {listener.port}: {error.strerror}",
            "end what listens there, or give another address",
        ) from None


def _server(app: Starlette, **tls: Any) -> _Server:
    config = server_config(app, **tls)
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise SandboxError(
            f"the edge's certificate and key are not good: {error}", "give a pair of PEM files that belong together"
        ) from None
    return _Server(config)


async def _serve(servers: list[tuple[_Server, socket.socket]], ready: str) -> None:
    def end() -> None:
        for server, _ in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    tasks = [asyncio.create_task(server.serve([listening])) for server, listening in servers]
    for server, _ in servers:
        await server.serving.wait()
    print(ready, flush=True)
    await asyncio.gather(*tasks)


def main() -> int:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloudflare_double")
    parser.add_argument("--settings", type=Path, required=True, help="a JSON file of mode 0600")
    try:
        settings = read_settings(parser.parse_args().settings)
        api, edge = _apps(settings)
        tls = {"ssl_certfile": settings.edge.certificate, "ssl_keyfile": settings.edge.key}
        servers = [(_server(api), _socket(settings.api)), (_server(edge, **tls), _socket(settings.edge))]
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    listening = [f"{listener.host}:{listener.port}" for listener in (settings.api, settings.edge)]
    asyncio.run(_serve(servers, f"Cloudflare double: API on {listening[0]}, edge on {listening[1]}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
