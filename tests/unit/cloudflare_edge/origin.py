"""The origin behind the double: it tells what reached it, and can be watched while a body is on its way."""

from __future__ import annotations

import hashlib
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.unit.cloudflare_edge.material import START_SECONDS, authority

if TYPE_CHECKING:
    from collections.abc import Iterator

BIG = 20_000_000


@dataclass
class Arrived:
    """A request as it reached the origin."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    digest: str

    def header(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return [value for given, value in self.headers if given.lower() == name.lower()]


@dataclass
class Upstream:
    """The origin: it keeps what it got, and two events for those who want to see a body on its way."""

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    upload_began: threading.Event = field(default_factory=threading.Event)
    download_seen: threading.Event = field(default_factory=threading.Event)


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None: ...

        def answer(self) -> None:
            digest, left = hashlib.sha256(), int(self.headers.get("content-length", "0"))
            while left:
                chunk = self.rfile.read(min(left, 65_536))
                if not chunk:
                    return
                upstream.upload_began.set()
                digest.update(chunk)
                left -= len(chunk)
            headers = list(self.headers.items())
            # The base class tidies `path` up.
            upstream.arrived.append(Arrived(self.command, self.requestline.split()[1], headers, digest.hexdigest()))
            if self.path == "/download":
                self.download()
                return
            body = b"hello from the origin"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Set-Cookie", "one=1")
            self.send_header("Set-Cookie", "two=2")
            self.end_headers()
            self.wfile.write(body if self.command != "HEAD" else b"")

        def download(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(BIG))
            self.end_headers()
            self.wfile.write(bytes(65_536))
            if upstream.download_seen.wait(START_SECONDS):
                self.wfile.write(bytes(BIG - 65_536))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer  # noqa: N815 - the names of the base class

    return Handler


@contextmanager
def plain_upstream(tls: ssl.SSLContext | None = None) -> Iterator[Upstream]:
    """An origin on a free port, with TLS if it is told how."""
    upstream = Upstream()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(upstream)) as server:
        upstream.port = server.server_address[1]
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield upstream
        upstream.download_seen.set()
        server.shutdown()
        thread.join()


@contextmanager
def tls_upstream(host: str) -> Iterator[tuple[Upstream, list[str | None]]]:
    """An origin with a certificate for a host, and the names that clients asked it for."""
    pair = authority().issue(f"origin-{host}", common_name=host, hosts=[host])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with plain_upstream(context) as upstream:
        yield upstream, names
