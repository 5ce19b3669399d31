"""``cloudflare:index/zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import SCOPE, same_time, time_problem
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.cloudflare.connection import Api
    from sandbox.engine.plugins.protocol.values import Values

_VERSION: Final = "clientSecretVersion"
_PREVIOUS: Final = "previousClientSecretExpiresAt"


class ServiceToken(RestResource):
    """Credentials of a machine. Their secret is told when it is made, at the creation and at a rotation."""

    token = "cloudflare:index/zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken"  # noqa: S105 - a type token
    collection = "access/service_tokens"
    noun = "Access service token"
    schema: ClassVar[Schema] = Schema(
        {
            **SCOPE,
            "name": Property(required=True),
            "duration": Property(default="8760h"),
            "enabled": Property(kind=Kind.BOOLEAN, computed=True),
            _VERSION: Property(kind=Kind.INTEGER, default=1, needs=(_PREVIOUS,)),
            _PREVIOUS: Property(needs=(_VERSION,), same=same_time, problem=time_problem),
            "clientId": Property(computed=True, given=False),
            "clientSecret": Property(computed=True, given=False, secret=True, follows=(_VERSION,)),
            "expiresAt": Property(computed=True, given=False, follows=("duration",)),
        }
    )

    def outputs(self, record: Values, state: Values) -> Values:
        """Read an answer. Like the official plugin, believe the state about the secret and its version."""
        found = super().outputs(record, state)
        secret = record.get("client_secret")
        kept = {name: value for name, value in found.items() if name not in {_VERSION, _PREVIOUS, "clientSecret"}}
        return kept | ({"clientSecret": secret} if secret else {})

    def update(self, client: Api, identifier: str, old: Values, new: Values) -> Values:
        """Change the token.

        Unlike the official plugin, a rotation that answers without a secret is a failure: it was made by a run that
        never saw the answer, and the old secret would pass for the new one.
        """
        told = super().update(client, identifier, old, new)
        if old.get(_VERSION) not in (None, new[_VERSION]) and "clientSecret" not in told:
            raise ResourceError(
                f"{self.noun} {identifier} has client_secret_version {new[_VERSION]} already, and its secret is told "
                "only once: raise client_secret_version once more to get another",
            )
        return told
