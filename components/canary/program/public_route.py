"""The way of people outside: through Cloudflare, the ingress controller or the tunnel, with its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .connection import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from .connection import Connection

_AS_A_BROWSER = {"Accept": "text/html"}
"""Access leads who asks for a page to the login, and tells others 401, as a gateway without Access in front would."""


@dataclass(frozen=True, kw_only=True)
class PublicRoute:
    """A page that answers to somebody without a login."""

    url: str
    statuses: Collection[int]
    """Of a route that works: 200, or 302 to the login where Access is in front."""

    def visit(self, connection: Connection) -> None:
        """Get the page; a certificate that does not verify is a failure like no answer at all."""
        status = connection.status(self.url, headers=_AS_A_BROWSER)
        if status not in self.statuses:
            wanted = " or ".join(str(each) for each in sorted(self.statuses))
            raise Refused(status, f"{wanted} was expected")
