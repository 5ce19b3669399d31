"""What is behind an exception: MLflow wraps what the network says, and tells in words alone what it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS = re.compile(r"failed with error code (\d{3})")
"""How `mlflow.utils.rest_utils.verify_rest_response` tells a status."""
FAILED = re.compile(r"API request to .* failed with (timeout )?exception", re.DOTALL)
"""How `mlflow.utils.rest_utils.http_request` tells that there was no answer."""
TRANSIENT = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "Timeout", "ChunkedEncodingError", "RetryError")
"""The exceptions of requests after which an answer may still come, and may have been lost."""
PERMANENT = ("SSLError", "ProxyError", "InvalidURL", "InvalidSchema", "MissingSchema", "AccessDeniedError")
LOGIN_MARKS = ("Cloudflare Access asks for a login", "/cdn-cgi/access/login", "<!DOCTYPE html", "<!doctype html")


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and those that it was raised from or during."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def is_transient(error: BaseException) -> bool:
    """Whether trying again may help: no answer, or one that says that the server cannot answer now."""
    names = {kind.__name__ for each in chain(error) for kind in type(each).__mro__}
    return bool(names.intersection(TRANSIENT)) and not names.intersection(PERMANENT)


def is_unreachable(error: BaseException) -> bool:
    """Whether the server never answered."""
    names = {kind.__name__ for each in chain(error) for kind in type(each).__mro__}
    return bool(names.intersection(TRANSIENT + PERMANENT)) or bool(FAILED.search(str(error)))


def is_login_page(error: BaseException) -> bool:
    """Whether somebody before MLflow answered with a page for people."""
    return any(mark in str(each) for each in chain(error) for mark in LOGIN_MARKS)


def status_of(error: BaseException) -> int | None:
    """The status of an answer that was no success, where it is known."""
    for each in chain(error):
        response = getattr(each, "response", None)
        if response is not None and hasattr(response, "status_code"):
            return int(response.status_code)
        found = STATUS.search(str(each))
        if found:
            return int(found.group(1))
    return None
