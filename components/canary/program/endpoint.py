"""What the pod answers: its numbers to Prometheus, and to the kubelet whether the rounds go on."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

METRICS_PATH = "/metrics"
LIVENESS_PATH = "/healthz"
_PATIENCE_SECONDS = 10
"""With a caller that says nothing."""


def serve(host: str, port: int, registry: CollectorRegistry, alive: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answer in threads of their own until the process ends; port 0 takes any that is free."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS

        def do_GET(self) -> None:
            """Answer."""
            if self.path == METRICS_PATH:
                encode, kind = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, encode(registry), kind)
            elif self.path == LIVENESS_PATH:
                self._answer(*((200, b"ok\n") if alive() else (503, b"stuck\n")))
            else:
                self._answer(404, b"not found\n")

        def _answer(self, status: int, body: bytes, kind: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a line for each scrape and each probe would be most of the log."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="endpoint", daemon=True).start()
    return server
