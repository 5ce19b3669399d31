"""Until when the certificate of the public route is good."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509

_HTTPS_PORT = 443
_SECONDS = 5
"""For each part of the handshake; the visit of the route has shown already whether anybody is there."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What a server shows to who asks for a host."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Certificate | None:
        """Say which one a URL leads to; None by plain HTTP."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            return None
        return cls(host=parts.hostname, port=parts.port or _HTTPS_PORT)

    def ends(self) -> float:
        """Read its end, in seconds since 1970, by a handshake of its own.

        Nothing is verified: an expired certificate is the very one whose end has to be told, and Python shows no
        certificate that does not verify. That opens no door, since nothing is sent or read here, and whoever shows
        another certificate makes the visit of the route fail, which does verify.

        Raises:
            OSError: There was no handshake.
            ValueError: What was shown is no certificate that could be read.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection((self.host, self.port), timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=self.host) as connection,
        ):
            shown = connection.getpeercert(binary_form=True)
        if shown is None:
            raise ValueError(f"{self.host} shows no certificate")
        return x509.load_der_x509_certificate(shown).not_valid_after_utc.timestamp()
