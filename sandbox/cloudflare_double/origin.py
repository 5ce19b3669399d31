"""The way from the edge to the origin: bodies stream both ways, and what the client says of itself stays behind."""

from __future__ import annotations

import json
import secrets
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from sandbox.cloudflare_double import pages
from sandbox.cloudflare_double.tokens import COUNTRY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from starlette.requests import Request

MAX_BODY_BYTES: Final = 100_000_000
"""Of the Free and Pro plans."""
_TIMEOUTS: Final = {"connect": 19.0, "read": 100.0, "write": 30.0, "pool": 19.0}
"""Those of Cloudflare's errors 522 and 524."""
_HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_REPLACED: Final = frozenset({"host", "cdn-loop", "x-forwarded-for", "x-forwarded-proto"})


class BodyTooLargeError(Exception):
    """A request's body is longer than the plan lets through."""


@dataclass(frozen=True)
class OriginServer:
    """Where the origin listens, and the authority of its certificate; plain HTTP where there is none."""

    host: str
    port: int
    ca_file: Path | None = None


class Origin:
    """Forwards requests; each public host has connections of its own, since a connection is for one server name."""

    def __init__(self, server: OriginServer) -> None:
        self._server = server
        self._tls = None if server.ca_file is None else ssl.create_default_context(cafile=server.ca_file)
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}

    async def close(self) -> None:
        """Ends every connection."""
        for transport in self._transports.values():
            await transport.aclose()

    async def forward(self, request: Request, host: str, identity: Mapping[str, str]) -> Response:
        """The origin's answer, or the page of Cloudflare's error.

        Args:
            request: what the client sent.
            host: the public host, which the origin is asked for.
            identity: headers that say who the client is.
        """
        if _length(request) > MAX_BODY_BYTES:
            return _too_large()
        ray = f"{secrets.token_hex(8)}-DBL"
        try:
            answer = await self._transport(host).handle_async_request(self._request(request, host, ray, identity))
        except BodyTooLargeError:
            return _too_large()
        except ClientDisconnect:
            return Response(status_code=400)
        except httpx.TransportError as error:
            return _failure(error)
        response = StreamingResponse(_chunks(answer), answer.status_code)
        response.raw_headers = [*_end_to_end(answer.headers.raw, frozenset({"server"})), (b"cf-ray", ray.encode())]
        return response

    def _transport(self, host: str) -> httpx.AsyncHTTPTransport:
        if host not in self._transports:
            verify = False if self._tls is None else self._tls
            self._transports[host] = httpx.AsyncHTTPTransport(verify=verify, trust_env=False)
        return self._transports[host]

    def _request(self, request: Request, host: str, ray: str, identity: Mapping[str, str]) -> httpx.Request:
        headers = [
            (name, value)
            for name, value in _end_to_end(request.headers.raw, _REPLACED)
            if not name.lower().startswith(b"cf-")
        ]
        added = {"host": host, **_provenance(request, ray), **identity}
        headers += [(name.encode(), value.encode()) for name, value in added.items()]
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        query = request.scope["query_string"]
        return httpx.Request(
            request.method,
            httpx.URL(scheme="http" if self._tls is None else "https", host=self._server.host, port=self._server.port),
            headers=headers,
            content=_limited(request) if has_body else None,
            extensions={
                "timeout": _TIMEOUTS,
                "sni_hostname": host,
                # As it came: httpx would tidy the path up, and with it what an origin has to withstand.
                "target": request.scope["raw_path"] + (b"?" + query if query else b""),
            },
        )


def _length(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _provenance(request: Request, ray: str) -> dict[str, str]:
    """The headers by which Cloudflare tells an origin where a request came from."""
    client = request.client.host if request.client else ""
    forwarded = [*request.headers.getlist("x-forwarded-for"), client]
    return {
        "cf-connecting-ip": client,
        "cf-ipcountry": COUNTRY,
        "cf-ray": ray,
        "cf-visitor": json.dumps({"scheme": "https"}),
        "cdn-loop": "cloudflare; loops=1",
        "x-forwarded-for": ",".join(forwarded),
        "x-forwarded-proto": "https",
    }


def _end_to_end(headers: list[tuple[bytes, bytes]], left_out: frozenset[str]) -> list[tuple[bytes, bytes]]:
    """Headers without those that are for one connection only."""
    named = (value for name, value in headers if name.lower() == b"connection")
    dropped = {word.strip().lower() for value in named for word in value.decode("latin-1").split(",")}
    dropped |= _HOP_BY_HOP | left_out
    return [(name, value) for name, value in headers if name.decode("latin-1").lower() not in dropped]


async def _limited(request: Request) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > MAX_BODY_BYTES:
            raise BodyTooLargeError
        yield chunk


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


def _too_large() -> Response:
    return pages.error(413, "Payload Too Large", "The request is longer than the 100 MB of this plan.")


def _failure(error: httpx.TransportError) -> Response:
    """The error by which Cloudflare tells visitors what ails the origin."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return pages.error(526, "Invalid SSL certificate", "The origin's certificate is not one for this host.")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return pages.error(525, "SSL handshake failed", "The origin does not speak TLS.")
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return pages.error(522, "Connection timed out", "The origin does not answer.")
        case httpx.ConnectError():
            return pages.error(521, "Web server is down", "The origin refused the connection.")
        case httpx.TimeoutException():
            return pages.error(524, "A timeout occurred", "The origin took too long to answer.")
        case _:
            return pages.error(520, "Web server returned an unknown error", "The origin broke the connection.")


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain
