"""What a gateway stands between, on the loopback: the team domain, and the servers that requests go on to."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from components.access_gateway import envoy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sandbox.pki import KeyPair


class _Server:
    """An HTTP server in a thread."""

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.endpoint = envoy.Endpoint(host="127.0.0.1", port=self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class TeamDomain(_Server):
    """Publishes signing keys over TLS."""

    def __init__(self, keys: Sequence[Mapping[str, Any]], certificate: KeyPair) -> None:
        self.keys = list(keys)
        self.answer: tuple[int, str] | None = None
        """Said instead of the keys."""
        self.asked: list[tuple[str, str]] = []
        team = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                team.asked.append((self.headers["Host"], self.path))
                status, text = team.answer or (200, json.dumps({"keys": team.keys}))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        super().__init__(Handler, context)


class Echo(_Server):
    """Answers every request with what it was asked."""

    def __init__(self, port: int = 0) -> None:
        self.seen: list[str] = []
        """Paths of the requests that came through."""
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two writes: with it, the second would wait for the first one's receipt.
            disable_nagle_algorithm = True

            def answer(self) -> None:
                echo.seen.append(self.path)
                request = {
                    "method": self.command,
                    "path": self.path,
                    "headers": [[name.lower(), value] for name, value in self.headers.items()],
                    "body": self._size(),
                }
                text = json.dumps(request).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(BrokenPipeError):  # the gateway has refused meanwhile
                        self.wfile.write(text)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

            def _size(self) -> int:
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                total = 0
                while size := int(self.rfile.readline() or b"0", 16):
                    total += len(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return total

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(Handler, port=port)


class _HangsUp(socketserver.StreamRequestHandler):
    """Reads a request and closes the connection without an answer."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass


@dataclass(frozen=True)
class HangingUp:
    """A server that ends every request without an answer."""

    endpoint: envoy.Endpoint
    accepted: Callable[[], int]


@contextlib.contextmanager
def hanging_up() -> Iterator[HangingUp]:
    """Serve by hanging up."""
    count: list[object] = []

    class Handler(_HangsUp):
        def setup(self) -> None:
            count.append(self.client_address)
            super().setup()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        endpoint = envoy.Endpoint(host="127.0.0.1", port=server.server_address[1])
        yield HangingUp(endpoint, lambda: len(count))
        server.shutdown()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports
