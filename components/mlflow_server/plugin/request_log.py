"""MLflow's application with an id for every request, and a line in the log about it.

The id is the one that the proxy in front, or the client, sent as `X-Request-ID`; where nobody did, or what came is no
id, it is made here. It is in the answer, in the line about the request, and in every line that is logged on the way.

The line is written when the request is done, so it has the duration, which uvicorn's own has not. It never has the
query, since that may hold a signature.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from components.program_logging.lines import FACTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping

    # Names of the ASGI specification.
    Message = MutableMapping[str, Any]
    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

QUIET_VARIABLE = "REQUEST_LOG_QUIET"
"""Environment variable with paths, and queries where they have one, of which only failures are told."""
_HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9_.:=+/-]{1,128}")
_NOT_ANSWERED = 0
"""A status that HTTP has not; the gateway writes it too."""
_FIRST_FAILURE = 400
_FIRST_FAULT = 500
_CANNOT_START = 3
"""Exit status by which uvicorn sees that another try will fail as well."""
_LOG = logging.getLogger(__name__)


def create() -> RequestLog:
    """Make the application, in a worker of uvicorn."""
    try:
        # Not further up: MLflow's command imports this module too, only to see whether this is a function.
        from mlflow.server.fastapi_app import app  # noqa: PLC0415
    except Exception:  # noqa: BLE001 - told; left to Python, it would be many lines, and the worker's restart endless
        _LOG.exception("MLflow's application cannot be loaded")
        sys.exit(_CANNOT_START)
    return RequestLog(app, os.environ.get(QUIET_VARIABLE, "").split())


class RequestLog:
    """An ASGI application around another one."""

    def __init__(self, application: Application, quiet: Collection[str]) -> None:
        """Take the application, and the requests of which only failures are told."""
        self._application = application
        self._quiet = frozenset(quiet)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and tell."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request_id = _id_of(scope["headers"])
        # Never taken back: uvicorn tells of an error after this has ended, in the same task, and that is one a request.
        FACTS.set({"request_id": request_id})
        begin = time.perf_counter()
        status = _NOT_ANSWERED

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [header for header in message.get("headers", ()) if header[0].lower() != _HEADER]
                message = {**message, "headers": [*headers, (_HEADER, request_id.encode())]}
            await send(message)

        try:
            await self._application(scope, receive, send_with_id)
        except BaseException:
            # What uvicorn then answers.
            status = status or _FIRST_FAULT
            raise
        finally:
            self._tell(scope, status, time.perf_counter() - begin)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        query = scope["query_string"].decode("latin-1")
        target = f"{scope['path']}?{query}" if query else scope["path"]
        if _NOT_ANSWERED < status < _FIRST_FAILURE and target in self._quiet:
            return
        client = scope.get("client")
        about = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "client": client[0] if client else None,
        }
        _LOG.log(logging.ERROR if status >= _FIRST_FAULT else logging.INFO, "request", extra=about)


def _id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == _HEADER and _ID.fullmatch(value):
            return value.decode()
    return str(uuid.uuid4())
