"""What the API was told, as the edge asks for it: which hosts there are, under which policies, for which tokens."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.cloudflare_double.api.times import parse_duration, parse_time
from sandbox.cloudflare_double.policies import Judge, Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloudflare_double.policies import Visitor
    from sandbox.cloudflare_double.store import Record, Store

DEFAULT_SESSION: Final = "24h"
_ADDRESSES: Final = {"A", "AAAA", "CNAME"}


@dataclass(frozen=True)
class Sites:
    """Reads the store of one account and its zones."""

    store: Store
    account_id: str
    zones: Mapping[str, str]

    def application(self, host: str) -> Record | None:
        """The application that protects a host."""
        applications = self.store.all("apps", self.account_id)
        return next((app for app in applications if host in app["self_hosted_domains"]), None)

    def proxied_record(self, host: str) -> Record | None:
        """The DNS record that leads a host's visitors through the edge."""
        records = [record for zone in self.zones for record in self.store.all("dns_records", zone)]
        return next(
            (
                record
                for record in records
                if record["name"] == host and record["type"] in _ADDRESSES and record["proxied"]
            ),
            None,
        )

    def policies(self, application: Record) -> list[Record]:
        """An application's policies in order of precedence."""
        links = sorted(application["policies"], key=lambda link: link["precedence"])
        found = (self.store.find("policies", self.account_id, link["id"]) for link in links)
        return [policy for policy in found if policy is not None]

    def admitting(self, application: Record, visitor: Visitor) -> Record | None:
        """The policy that lets a visitor in to an application."""
        judge = Judge(lambda identifier: self.store.find("groups", self.account_id, identifier))
        return judge.admitting(self.policies(application), visitor)

    def session_seconds(self, application: Record, policy: Record) -> int:
        """How long a visitor whom the policy let in stays logged in."""
        duration = policy.get("session_duration") or application.get("session_duration") or DEFAULT_SESSION
        return int(parse_duration(duration).total_seconds())

    def authenticated(self, client_id: str, client_secret: str) -> Machine | None:
        """The client of a service token that shows one of its secrets."""
        token = self._usable_token(client_id)
        now = dt.datetime.now(dt.UTC)
        for secret in [] if token is None else token["secrets"]:
            good = secret["expires_at"] is None or parse_time(secret["expires_at"]) > now
            if good and hmac.compare_digest(secret["value"].encode(), client_secret.encode()):
                return self.machine(client_id)
        return None

    def machine(self, client_id: str) -> Machine | None:
        """The client of a service token that is there, turned on and not expired."""
        token = self._usable_token(client_id)
        return None if token is None else Machine(token["id"], client_id)

    def _usable_token(self, client_id: str) -> Record | None:
        tokens = self.store.all("service_tokens", self.account_id)
        token = next((token for token in tokens if token["client_id"] == client_id), None)
        if token is None or token.get("enabled") is False:
            return None
        end = token["expires_at"]
        return None if end is not None and parse_time(end) <= dt.datetime.now(dt.UTC) else token
