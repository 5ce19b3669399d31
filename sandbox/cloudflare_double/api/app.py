"""The routes of the API, without the prefix ``/client/v4``, under which it is mounted."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from sandbox.cloudflare_double.api.applications import Applications
from sandbox.cloudflare_double.api.authorization import authorize, authorize_scope, permissions
from sandbox.cloudflare_double.api.dns_records import DnsRecords
from sandbox.cloudflare_double.api.envelope import ApiError, Problem, bad_request, success
from sandbox.cloudflare_double.api.groups import Groups
from sandbox.cloudflare_double.api.identity_providers import IdentityProviders
from sandbox.cloudflare_double.api.operations import Call, Operation, operations_of
from sandbox.cloudflare_double.api.policies import Policies
from sandbox.cloudflare_double.api.resource import Scope
from sandbox.cloudflare_double.api.revocations import revocations
from sandbox.cloudflare_double.api.service_tokens import ServiceTokens
from sandbox.cloudflare_double.api.tunnels import Tunnels

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response

    from sandbox.cloudflare_double.api.resource import Resource
    from sandbox.cloudflare_double.sessions import Sessions
    from sandbox.cloudflare_double.store import Store

_RESOURCES: Final[Sequence[Resource]] = (
    Applications(),
    Policies(),
    Groups(),
    ServiceTokens(),
    IdentityProviders(),
    DnsRecords(),
    Tunnels(),
)
_WITH_BODY: Final = ("POST", "PUT", "PATCH")
_METHODS: Final = ("GET", "DELETE", *_WITH_BODY)
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class _Api:
    store: Store
    account_id: str
    zones: Mapping[str, str]
    tokens: Mapping[str, Sequence[str]]

    def endpoint(self, operations: Mapping[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
        """What answers one path."""

        async def answer(request: Request) -> Response:
            try:
                operation = operations.get(request.method)
                if operation is None:
                    raise _no_method(request)
                scope = self._authorised(request, operation)
                call = Call(
                    scope=scope,
                    method=request.method,
                    identifier=request.path_params.get("identifier", ""),
                    body=await _body(request) if request.method in _WITH_BODY else {},
                    query=request.query_params,
                )
                return await run_in_threadpool(self._run, operation, call)
            except ApiError as error:
                return error.answer()

        return answer

    def _authorised(self, request: Request, operation: Operation) -> Scope:
        identifier = request.path_params["scope"]
        if not _IDENTIFIER.fullmatch(identifier):
            raise _no_route(request)
        authorize(self.tokens, request.headers.get("authorization"), operation.enough)
        authorize_scope(
            known=identifier == self.account_id if operation.scope == "accounts" else identifier in self.zones
        )
        return Scope(identifier, self.store, self.zones)

    def _run(self, operation: Operation, call: Call) -> JSONResponse:
        with self.store.lock:
            return operation.run(call)

    async def verify(self, request: Request) -> Response:
        """``user/tokens/verify``: whether a token is one, whatever it may do."""
        try:
            header = request.headers.get("authorization")
            permissions(self.tokens, header, Problem(1000, "Invalid API Token"))
        except ApiError as error:
            return error.answer()
        identifier = hashlib.sha256(str(header).encode()).hexdigest()[:32]
        valid = {"code": 10000, "message": "This API Token is valid and active", "type": None}
        return success({"id": identifier, "status": "active"}, messages=[valid])


def api_app(
    store: Store,
    sessions: Sessions,
    *,
    account_id: str,
    zones: Mapping[str, str],
    tokens: Mapping[str, Sequence[str]],
) -> Starlette:
    """The API of one account with its zones (id: name) and tokens (token: permissions).

    The edge begins sessions, and the API ends them: both are given the same ones.
    """
    api = _Api(store, account_id, zones, tokens)
    paths: dict[str, dict[str, Operation]] = {}
    of_resources = [operation for resource in _RESOURCES for operation in operations_of(resource)]
    for operation in [*of_resources, *revocations(sessions, account_id)]:
        path = f"/{operation.scope}/{{scope}}/{operation.path}"
        paths.setdefault(path, {})[operation.method] = operation
    routes = [Route(path, api.endpoint(operations), methods=_METHODS) for path, operations in paths.items()]
    routes.append(Route("/user/tokens/verify", api.verify, methods=["GET"]))
    return Starlette(routes=routes, exception_handlers={HTTPException: _unknown})


def _no_route(request: Request) -> ApiError:
    message = f"Could not route to {request.url.path}, perhaps your object identifier is invalid?"
    return ApiError(HTTPStatus.NOT_FOUND, Problem(7003, message), Problem(7000, "No route for that URI"))


def _no_method(request: Request) -> ApiError:
    problem = Problem(7001, f"Method {request.method} not available for that URI.")
    return ApiError(HTTPStatus.METHOD_NOT_ALLOWED, problem)


async def _unknown(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    refusal = _no_method(request) if status == HTTPStatus.METHOD_NOT_ALLOWED else _no_route(request)
    return refusal.answer()


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")


async def _body(request: Request) -> Mapping[str, Any]:
    text = await request.body()
    try:
        body = json.loads(text or b"{}", parse_constant=_not_json)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise bad_request(6007, "Malformed JSON in request body")
    return body
