"""HTTP for one step: one connection, one time-out for all of it, and no second try.

A user's client tries again and hides a fault that heals itself; the canary is there to see it. Each step opens a
connection of its own, so that a Service spreads the steps over all pods instead of showing one of them for ever.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PIECE = 4096
_LARGEST_BODY = 1024 * 1024
"""No answer to the canary comes near it; what does is not kept in a small pod's memory."""
_FIRST_ERROR = 400


class Refused(Exception):  # noqa: N818 - what the server did
    """The server answered, and said no."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"answered {status}: {reason}" if reason else f"answered {status}")
        self.status = status


class Connection:
    """Sends requests until its time is up."""

    def __init__(
        self,
        seconds: float,
        *,
        headers: Mapping[str, str],
        verify: str | bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count.

        Args:
            seconds: For everything; a server that trickles bytes may take a little longer.
            headers: Of each request.
            verify: Path of the authorities that are trusted, or True for the public ones.
            clock: Seconds that never go back.
        """
        self._clock = clock
        self._seconds = seconds
        self._end = clock() + seconds
        self._session = requests.Session()
        # No proxy and no login from the surroundings: the way is the one that was asked for.
        self._session.trust_env = False
        self._session.verify = verify
        self._session.headers.update(headers)

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def status(self, url: str, headers: Mapping[str, str]) -> int:
        """Get a page and say how that went; redirects are not followed."""
        with self._open("GET", url, headers=headers) as response:
            return response.status_code

    def send(self, method: str, url: str, **content: Any) -> bytes:
        """Send a request and read the answer.

        Args:
            method: Of HTTP.
            url: Where to.
            content: `params`, `json`, `data` or `headers`, as `requests` takes them.

        Raises:
            Refused: The status is one of an error.
            TimeoutError: Time is up.
            requests.RequestException: There was no answer.
        """
        with self._open(method, url, **content) as response:
            body = b""
            for piece in response.iter_content(_PIECE):
                body += piece
                if len(body) > _LARGEST_BODY:
                    raise ValueError(f"answered with more than {_LARGEST_BODY} bytes")
                self._left()
        if response.status_code >= _FIRST_ERROR:
            raise Refused(response.status_code, body.decode("utf-8", "replace"))
        return body

    def _open(self, method: str, url: str, **content: Any) -> requests.Response:
        left = self._left()
        return self._session.request(method, url, timeout=(left, left), stream=True, allow_redirects=False, **content)

    def _left(self) -> float:
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError(f"not done within {self._seconds:g} s")
        return left
