"""Application tokens: what a browser keeps as its cookie, and what the origin gets as an assertion.

The claims are those documented under "Application token", for people and for service tokens.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.cloudflare_double.policies import Person

if TYPE_CHECKING:
    from sandbox.cloudflare_double.keys import KeyRing
    from sandbox.cloudflare_double.policies import Machine
    from sandbox.cloudflare_double.sessions import Session

ASSERTION_SECONDS: Final = 60
"""An assertion is made for one request; the documentation's example lives as long."""
COUNTRY: Final = "XX"
"""What Cloudflare says where it does not know the country."""


@dataclass(frozen=True)
class Shown:
    """What a token says of itself."""

    session: str
    """The identifier of the session that it is of."""
    issued: int


@dataclass(frozen=True)
class Issuer:
    """Makes and reads the tokens of one team."""

    keys: KeyRing
    team_domain: str
    account_id: str

    @property
    def name(self) -> str:
        """The claim `iss`."""
        return f"https://{self.team_domain}"

    def token(self, visitor: Person | Machine, session: Session, seconds: int) -> str:
        """A token of a session that is good for some seconds of real time."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "type": "app",
            "aud": [session.audience],
            "exp": now + seconds,
            "iat": now,
            "iss": self.name,
        }
        if isinstance(visitor, Person):
            claims |= {
                "email": visitor.email,
                "nbf": now,
                "identity_nonce": session.identifier,
                "sub": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.account_id} {visitor.email}")),
                "country": COUNTRY,
            }
        else:
            claims |= {"common_name": visitor.client_id, "sub": ""}
        return self.keys.sign(claims)

    def shown(self, token: str, audience: str) -> Shown | None:
        """What a token says, if it is good for the application."""
        claims = self.keys.verified(token, audience=audience, issuer=self.name)
        if claims is None or claims.get("type") != "app":
            return None
        if "common_name" in claims:
            return Shown(machine_session(claims["common_name"], audience), claims["iat"])
        return Shown(str(claims.get("identity_nonce")), claims["iat"])


def machine_session(client_id: str, audience: str) -> str:
    """The one session that all requests of a service token to an application share."""
    return f"{client_id} {audience}"
