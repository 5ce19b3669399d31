"""The name and the port by which a client reached the edge."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request

_HOST: Final = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(\d{1,5}))?")
_HTTPS: Final = "443"


@dataclass(frozen=True)
class Address:
    """A host and a port; every name of the edge answers on the same port."""

    host: str
    port: str

    @classmethod
    def of_request(cls, request: Request) -> Address | None:
        """What the Host header says, or None where it says nothing useful."""
        match = _HOST.fullmatch(request.headers.get("host", "").lower())
        return None if match is None else cls(match[1], match[2] or _HTTPS)

    def of(self, host: str) -> Address:
        """Another host of the edge."""
        return replace(self, host=host)

    def at(self, host: str) -> str:
        """The beginning of a URL at a host of the edge."""
        return f"https://{host}" if self.port == _HTTPS else f"https://{host}:{self.port}"
