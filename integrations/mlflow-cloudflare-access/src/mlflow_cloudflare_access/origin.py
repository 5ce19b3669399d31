"""The one place that the token may go to, and how to tell it from every other."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Origin:
    """A host, and a port where it is not the scheme's own."""

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, value: str) -> Origin:
        """Reads `host` or `host:port`.

        Raises:
            ValueError: it is something else; says what is expected.
        """
        expected = "give the host name alone, like mlflow.example.com, with :port where that is not 443"
        if "/" in value:
            raise ValueError(f"{value!r} is a URL or a path; {expected}")
        try:
            parts = urlsplit(f"//{value}")
            origin = cls(parts.hostname or "", parts.port)
        except ValueError:
            raise ValueError(f"{value!r} has a port or an address that cannot be; {expected}") from None
        # What comes out as it went in had nothing else in it: no user, no query.
        if (
            str(origin) != value.lower()
            or origin.port == 0
            or not (NAME.fullmatch(origin.host) or _address(origin.host))
        ):
            raise ValueError(f"{value!r} is not a host; {expected}")
        return origin

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def covers(self, url: str) -> bool:
        """Whether a request to `url` goes there; a URL that cannot be read goes elsewhere."""
        try:
            parts = urlsplit(url)
            return parts.hostname == self.host and _port(parts) == (self.port or DEFAULT_PORTS.get(parts.scheme))
        except ValueError:
            return False

    @property
    def is_this_machine(self) -> bool:
        """Whether no network lies between, so that TLS would protect nothing."""
        address = _address(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)


def _port(parts: SplitResult) -> int | None:
    return parts.port or DEFAULT_PORTS.get(parts.scheme)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
