"""The envelope around every answer, and the errors in it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Problem:
    """One entry of ``errors``."""

    code: int
    message: str
    chain: Sequence[Problem] = ()

    def shown(self) -> dict[str, Any]:
        """The JSON of it."""
        chain = {"error_chain": [problem.shown() for problem in self.chain]} if self.chain else {}
        return {"code": self.code, "message": self.message, **chain}


class ApiError(Exception):
    """A request that is refused."""

    def __init__(self, status: HTTPStatus, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.code}: {problem.message}" for problem in problems))
        self.status = status
        self.problems = problems

    def answer(self) -> JSONResponse:
        """The refusal as Cloudflare words it."""
        body = {
            "success": False,
            "errors": [problem.shown() for problem in self.problems],
            "messages": [],
            "result": None,
        }
        # Clients repeat a conflict up to ten times unless they are told that it lasts.
        headers = {"x-should-retry": "false"} if self.status == HTTPStatus.CONFLICT else None
        return JSONResponse(body, status_code=self.status, headers=headers)


def success(
    result: object,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    messages: Sequence[dict[str, Any]] = (),
    result_info: dict[str, int] | None = None,
) -> JSONResponse:
    """An answer that carries a result."""
    body: dict[str, Any] = {"success": True, "errors": [], "messages": list(messages), "result": result}
    if result_info is not None:
        body["result_info"] = result_info
    return JSONResponse(body, status_code=status)


def bad_request(code: int, message: str) -> ApiError:
    """What is wrong with a request, in its service's own code."""
    return ApiError(HTTPStatus.BAD_REQUEST, Problem(code, message))


def invalid(message: str) -> ApiError:
    """A value that Access does not take."""
    return bad_request(12130, f"access.api.error.invalid_request: {message}")


def conflict(message: str) -> ApiError:
    """A change that another object of Access stands against."""
    return ApiError(HTTPStatus.CONFLICT, Problem(12132, f"access.api.error.conflict: {message}"))


def not_found() -> ApiError:
    """An object that Access does not have."""
    return ApiError(HTTPStatus.NOT_FOUND, Problem(12135, "access.api.error.not_found"))
