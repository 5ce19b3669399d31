"""Arguments of the component `AccessApplication`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class PeopleArgs:
    """Who may log in: whom any one entry of any list names."""

    emails: Sequence[str]
    email_domains: Sequence[str]
    """Such as `example.com`, without `@`."""
    groups: Sequence[str]
    """Ids of Access groups, which somebody else keeps."""

    def __bool__(self) -> bool:
        """Say whether there is an entry at all."""
        return bool(self.emails or self.email_domains or self.groups)


@dataclass(frozen=True, kw_only=True)
class MachineClientArgs:
    """A program that enters by a service token of its own, so that each can be rotated and revoked alone."""

    name: str
    duration: str
    """How long its token is good, such as `8760h`, or `forever`."""
    secret_version: int
    """A higher number makes a new secret."""
    previous_secret_expires_at: str | None
    """RFC 3339: until when the secret of the version before is good too. None: until Cloudflare's own default."""


@dataclass(frozen=True, kw_only=True)
class AccessApplicationArgs:
    """Arguments of `AccessApplication`."""

    account_id: str
    zone_id: str
    host: str
    """Public host name, inside the zone."""
    team_domain: str
    """Host name of the organisation's login page, such as `254carbon.cloudflareaccess.com`."""
    session_duration: str
    """How long a login is good, such as `8h`."""
    people: PeopleArgs
    machines: Sequence[MachineClientArgs]
    origin: str | None
    """Address or host name where Cloudflare finds the ingress controller; None where a tunnel brings its own record."""
