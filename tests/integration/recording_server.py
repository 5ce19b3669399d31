"""A server on this machine that answers like MLflow and keeps who asked what, with which headers."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RUN = {
    "info": {
        "run_id": "0123456789abcdef0123456789abcdef",
        "run_uuid": "0123456789abcdef0123456789abcdef",
        "experiment_id": "0",
        "status": "RUNNING",
        "start_time": 1,
        "artifact_uri": "mlflow-artifacts:/0/0123456789abcdef0123456789abcdef/artifacts",
        "lifecycle_stage": "active",
    },
    "data": {},
}
EXPERIMENT = {"experiment_id": "0", "name": "Default", "lifecycle_stage": "active"}


@dataclass(frozen=True)
class Recorded:
    """One request, with the names of its headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass
class RecordingServer:
    """Where it listens, what it got, and where it sends those who ask for certain experiments."""

    port: int = 0
    requests: list[Recorded] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, word: str) -> list[Recorded]:
        """The requests with a word in their path or query."""
        return [request for request in self.requests if word in request.path or word in request.query]


def _answer(path: str) -> dict[str, Any]:
    if "/runs/" in path:
        return {"run": RUN, "run_info": RUN["info"]}
    return {"experiment": EXPERIMENT} if "/experiments/" in path else {}


@contextmanager
def recording_server() -> Iterator[RecordingServer]:
    """Serves for the length of a block."""
    record = RecordingServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            record.requests.append(Recorded(self.command, parts.path, parts.query, headers))
            target = record.moved.get(parse_qs(parts.query).get("experiment_name", [""])[0])
            body = b"" if target else json.dumps(_answer(parts.path)).encode()
            self.send_response(302 if target else 200)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Keeps the test's output free of it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        record.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield record
        finally:
            server.shutdown()
