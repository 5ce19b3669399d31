"""How the program ends: every exit code, and the errors that lead to them."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST = 500
_STATUS = re.compile(r"status_code: (\d{3})|error code (\d{3})|\b([45]\d\d) (?:Client|Server) Error")
"""As DataHub's client, MLflow's and `requests` put the status of an answer into a message."""
_UNAUTHENTICATED = "got an authentication error"
"""As DataHub's client puts a status of 401 when it connects."""
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403})
_NO_ANSWER = re.compile(
    r"Max retries exceeded|Connection (?:refused|reset|aborted)|Read timed out|Name or service not known"
)


class ExitCode(enum.IntEnum):
    """What the process ends with. A Job may repeat 1 and 4; nothing but a person changes what 2 and 3 say."""

    meaning: str

    DONE = 0, "DataHub has all that MLflow holds"
    FAULT = 1, "something is not as it should be: the line says what DataHub did not get"
    USAGE = 2, "the recipe or the token file is wrong; nothing was sent"
    REFUSED = 3, "DataHub or MLflow refuses the token"
    RETRY_LATER = 4, "DataHub or MLflow cannot be reached"
    STOPPED = 143, "told to stop by SIGTERM or SIGINT; the next run sends it all"

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a number that knows what it means."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    @property
    def reason(self) -> str:
        """One word for programs."""
        return self.name.lower().replace("_", "-")


class IngestionError(Exception):
    """An end that a person can act upon.

    Args:
        message: What is wrong, what it means and what to do, without a secret.
        code: What the process ends with.
    """

    def __init__(self, message: str, code: ExitCode = ExitCode.FAULT) -> None:
        super().__init__(message)
        self.code = code


class UsageError(IngestionError):
    """A wrong recipe, argument or token file."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


class StoppedError(BaseException):
    """A signal asked the program to end. No `Exception`, so that nothing on the way up takes it for a fault."""


def failure_of(error: BaseException, who: str) -> IngestionError:
    """Tell what an error of a library means.

    Args:
        error: As it was raised, with what caused it.
        who: Was being asked.
    """
    chain = list(_chain(error))
    statuses = [status for each in chain for status in _statuses(each)]
    # Libraries wrap what happened into what they were doing.
    told = one_line(chain[-1])
    if any(isinstance(each, requests.ConnectionError | requests.Timeout) for each in chain):
        return IngestionError(f"{who} cannot be reached: {told}", ExitCode.RETRY_LATER)
    return judged(who, told, statuses)


def judged(who: str, told: str, statuses: Iterable[int]) -> IngestionError:
    """Tell what the statuses of answers, or a message that tells them, mean.

    Args:
        who: Has answered.
        told: What was said.
        statuses: Those that are known besides.
    """
    known = {*statuses, *_statuses(told)}
    if known & _REFUSED:
        return IngestionError(f"{who} refuses the token: {told}", ExitCode.REFUSED)
    if known & _BUSY or _NO_ANSWER.search(told):
        return IngestionError(f"{who} cannot be reached: {told}", ExitCode.RETRY_LATER)
    return IngestionError(f"{who} does not answer as it should: {told}")


def one_line(error: BaseException | str) -> str:
    """Write an error, whatever it says, in one line that is not too long."""
    text = error if isinstance(error, str) else str(error) or type(error).__name__
    info = getattr(error, "info", None)
    if isinstance(info, dict) and "message" in info:
        # An error of DataHub's client carries the answer.
        text = str(info["message"])
    return " ".join(text.split())[:_LONGEST]


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _statuses(error: BaseException | str) -> list[int]:
    """Tell every status that an error has, whichever library made it."""
    text = str(error)
    found = _STATUS.search(text)
    known = [int(number) for number in (found.groups() if found else ()) if number]
    if _UNAUTHENTICATED in text:
        known.append(401)
    response: Any = getattr(error, "response", None)
    info = getattr(error, "info", None)
    if response is not None:
        known.append(int(response.status_code))
    if isinstance(info, dict) and isinstance(info.get("status"), int):
        known.append(info["status"])
    if hasattr(error, "get_http_status_code"):
        known.append(int(error.get_http_status_code()))
    return known
