"""What listens on this machine for the length of a block: doubles of servers, and what stands between."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler

POLL_SECONDS = 0.01
"""Within which the end of the block is noticed."""


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], port: int = 0, address: str = "127.0.0.1") -> Iterator[str]:
    """Answer requests; the value is the URL, of a free port unless one is given."""
    with ThreadingHTTPServer((address, port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[POLL_SECONDS], daemon=True)
        thread.start()
        try:
            yield f"http://{address}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
