"""What a test may do to the double that no client of Cloudflare can: put its clock forward, and play with its keys."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.cloudflare_double.clock import Clock
    from sandbox.cloudflare_double.keys import KeyRing


def control_app(keys: KeyRing, clock: Clock, *, token: str) -> Starlette:
    """The controls, for whoever has the token."""

    def rotate(body: dict[str, Any]) -> dict[str, Any]:
        """Signs with a new key from now on."""
        _expect(body)
        return {"kid": keys.rotate()}

    def outage(body: dict[str, Any]) -> dict[str, Any]:
        """Stops publishing the keys, or begins again."""
        _expect(body, "down")
        if not isinstance(body["down"], bool):
            raise ValueError("down must be true or false")  # noqa: TRY004 - the caller's mistake, told as such
        keys.reachable = not body["down"]
        return body

    def advance(body: dict[str, Any]) -> dict[str, Any]:
        """Puts the clock of sessions forward."""
        _expect(body, "advance")
        seconds = body["advance"]
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError("advance must be a number of seconds")  # noqa: TRY004 - the caller's mistake, told as such
        clock.advance(seconds)
        return {"offset": clock.offset}

    def guarded(do: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                return JSONResponse({"error": "the control token is missing or wrong"}, 401)
            try:
                return JSONResponse(do(json.loads(await request.body() or b"{}")))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)

        return endpoint

    return Starlette(
        routes=[
            Route("/keys/rotate", guarded(rotate), methods=["POST"]),
            Route("/keys/outage", guarded(outage), methods=["POST"]),
            Route("/clock", guarded(advance), methods=["POST"]),
        ]
    )


def _expect(body: object, *names: str) -> None:
    if not isinstance(body, dict) or set(body) != set(names):
        raise ValueError(f"the body must be an object with {' and '.join(names) or 'no fields'}")
