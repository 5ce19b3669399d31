"""Stands between a program and the throwaway MinIO, and holds, precedes or breaks the requests that a test names."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.plugin_minio import Store

_PATIENCE = 60  # seconds
_HALF = 2


@dataclass
class Rule:
    """What happens to requests such as `PUT /bucket/key`."""

    pattern: re.Pattern[str]
    before: Callable[[], None] | None = None
    """Done once, before the request goes on."""
    hold: bool = False
    """It goes on only when the gate is told so, or never."""
    cut: bool = False
    """Once, its answer breaks off in the middle."""
    after: int = 0
    """So many such requests pass first."""
    reached: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Wait until a request has come."""
        assert self.reached.wait(_PATIENCE), f"no request {self.pattern.pattern}"


class Gate:
    """A plain HTTP server that passes requests on, signatures and all."""

    def __init__(self, store: Store) -> None:
        self.rules: list[Rule] = []
        self.seen: list[str] = []
        self._store = store
        self._released, self._closed = threading.Event(), threading.Event()
        self._context = ssl.create_default_context(cafile=str(store.authority))
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                gate.pass_on(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - as http.server names them

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_arguments: Any) -> None:
                """Say nothing: programs are killed on purpose."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def rule(self, pattern: str, **what: Any) -> Rule:
        """Add a rule: `PUT /bucket/backups/.*`."""
        made = Rule(re.compile(pattern), **what)
        self.rules.append(made)
        return made

    def release(self) -> None:
        """Let everything go on that is held."""
        self._released.set()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        rule = self._rule_for(f"{request.command} {unquote(request.path.partition('?')[0])}")
        if rule and rule.hold:
            self._released.wait()
        if self._closed.is_set():
            request.close_connection = True
            return
        if rule and rule.before:
            rule.before()
        status, headers, content = self._forward(request, body)
        request.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding"):
                request.send_header(name, value)
        request.end_headers()
        if rule and rule.cut:
            request.wfile.write(content[: len(content) // _HALF])
            request.close_connection = True
        else:
            request.wfile.write(content)

    def _rule_for(self, line: str) -> Rule | None:
        self.seen.append(line)
        for rule in self.rules:
            if rule.pattern.fullmatch(line):
                if rule.after:
                    rule.after -= 1
                    return None
                if rule.hold or not rule.reached.is_set():
                    rule.reached.set()
                    return rule
        return None

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", self._store.port, context=self._context)
        try:
            # The signature covers the host that the program believes to speak to.
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in ("connection", "expect"):
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    @contextmanager
    def open(self) -> Iterator[Gate]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._closed.set()
            self._released.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


@contextmanager
def gate_to(store: Store) -> Iterator[Gate]:
    """A gate for the length of a test."""
    with Gate(store).open() as made:
        yield made
