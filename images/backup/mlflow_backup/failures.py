"""How the program ends: every exit code, and the errors that lead to them."""

from __future__ import annotations

import enum
from typing import Self

import psycopg
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as StorageConnectionError,
)

_STORAGE_BUSY = frozenset(
    {"SlowDown", "ServiceUnavailable", "InternalError", "503", "500", "XMinioServerNotInitialized"}
)
"""Answers of an object store that ask to come again."""


class ExitCode(enum.IntEnum):
    """What the process ends with. A Job may repeat 1 and 4; nothing but a person changes what 2 and 3 say."""

    meaning: str

    DONE = 0, "done"
    FAULT = 1, "something broke: a full disk, a program that failed, a key that may not, an artifact that vanished"
    USAGE = 2, "an argument or a setting is wrong; nothing was begun"
    REFUSED = 3, "the backup is damaged, foreign or too new, or its place is taken; nothing has changed"
    RETRY_LATER = 4, "another backup, restore or migration holds the lock, it was lost, or a server cannot be reached"
    NOTHING_TO_DO = 5, "there is no such backup, or nothing yet to back up"
    STOPPED = 143, "told to stop by SIGTERM or SIGINT; without a manifest, what was begun does not count"

    def __new__(cls, code: int, meaning: str) -> Self:
        """Make a number that knows what it means."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class BackupError(Exception):
    """An end of a command that a person can act upon.

    Args:
        message: What is wrong, what it means and what to do, without a secret.
        reason: One word for programs; goes into the result.
    """

    code = ExitCode.FAULT

    def __init__(self, message: str, reason: str = "fault") -> None:
        super().__init__(message)
        self.reason = reason


class UsageError(BackupError):
    """A wrong argument or setting."""

    code = ExitCode.USAGE

    def __init__(self, message: str) -> None:
        super().__init__(message, "usage")


class RefusedError(BackupError):
    """A backup that is not good enough, or a place that is not free; nothing has been changed."""

    code = ExitCode.REFUSED


class RetryLaterError(BackupError):
    """Somebody else is at it, or somebody needed is away."""

    code = ExitCode.RETRY_LATER


class NothingToDoError(BackupError):
    """There is nothing that the command could work on."""

    code = ExitCode.NOTHING_TO_DO

    def __init__(self, message: str) -> None:
        super().__init__(message, "nothing")


class StoppedError(BaseException):
    """A signal asked the program to end. No `Exception`, so that nothing on the way up takes it for a fault."""


def as_failure(error: BaseException) -> tuple[ExitCode, str, str]:
    """Tell exit code, reason and message of whatever ended a command."""
    if isinstance(error, BackupError):
        return error.code, error.reason, str(error)
    if isinstance(error, StoppedError | KeyboardInterrupt):
        return ExitCode.STOPPED, "stopped", "told to stop"
    message = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, psycopg.OperationalError):
        return ExitCode.RETRY_LATER, "unreachable", f"the database: {message}"
    if isinstance(error, StorageConnectionError | HTTPClientError) or _is_busy(error):
        return ExitCode.RETRY_LATER, "unreachable", f"the object store: {message}"
    if isinstance(error, BotoCoreError | ClientError):
        return ExitCode.FAULT, "storage", f"the object store: {message}"
    return ExitCode.FAULT, "fault", message


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _STORAGE_BUSY
