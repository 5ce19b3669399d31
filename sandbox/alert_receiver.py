"""Where the sandbox's Alertmanager sends its notifications, and where tests read them.

POST takes a notification of Alertmanager's webhook, GET gives all of them as a JSON list, the oldest first, and DELETE
forgets them; whatever the path. `received` is the Unix time of arrival, the rest is as Alertmanager sent it.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEPT = 1000
"""Notifications; the oldest goes first."""


class Receiver(ThreadingHTTPServer):
    """The server, with what it got."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self._lock = threading.Lock()
        self._notifications: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def take(self, notification: dict[str, Any]) -> None:
        """Keeps one."""
        with self._lock:
            self._notifications.append(notification)

    def notifications(self) -> list[dict[str, Any]]:
        """All that are kept."""
        with self._lock:
            return list(self._notifications)

    def forget(self) -> None:
        """Drops them."""
        with self._lock:
            self._notifications.clear()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Takes a notification."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            sent = json.loads(body)
            alerts = [(alert["status"], alert["labels"]["alertname"]) for alert in sent["alerts"]]
        except (ValueError, TypeError, KeyError):
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        self.server.take({**sent, "received": time.time()})
        for status, name in alerts:
            print(f"{status} {name}", flush=True)
        self._answer(HTTPStatus.NO_CONTENT)

    def do_GET(self) -> None:
        """Gives all that are kept."""
        self._answer(HTTPStatus.OK, json.dumps(self.server.notifications()).encode())

    def do_DELETE(self) -> None:
        """Forgets them."""
        self.server.forget()
        self._answer(HTTPStatus.NO_CONTENT)

    def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The log has a line an alert, not one a request."""


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description="Keeps Alertmanager's notifications for tests to read.")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    arguments = parser.parse_args()
    Receiver((arguments.host, arguments.port)).serve_forever()


if __name__ == "__main__":
    main()
