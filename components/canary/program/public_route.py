"""The way of people outside: through Cloudflare, the ingress controller or the tunnel, with its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .connection import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

    from .connection import Connection


@dataclass(frozen=True, kw_only=True)
class PublicRoute:
    """A page that answers to somebody without a login."""

    url: str
    statuses: Collection[int]
    """Of a route that works: 200, or where Access is in front 302 to its login, or 401."""

    def visit(self, connection: Connection) -> None:
        """Get the page; a certificate that does not verify is a failure like no answer at all."""
        status = connection.status(self.url)
        if status not in self.statuses:
            wanted = " or ".join(str(each) for each in sorted(self.statuses))
            raise Refused(status, f"{wanted} was expected")
