"""How the double's servers are set up: silent, and believing nothing that a client says of where it is."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Final

import uvicorn

if TYPE_CHECKING:
    from starlette.applications import Starlette

_GRACE_SECONDS: Final = 5
"""Requests under way at the end have as long to finish."""


def server_config(app: Starlette, **tls: Any) -> uvicorn.Config:
    """The configuration of a server for an application."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        # The client's own X-Forwarded-For would otherwise become its address.
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **tls,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at an address; port 0 takes a free one."""
    # Named as TCP, or asyncio leaves Nagle's algorithm on, which costs every answer 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
