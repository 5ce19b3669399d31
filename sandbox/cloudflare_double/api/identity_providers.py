"""``access/identity_providers``: how people prove who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.cloudflare_double.api.envelope import conflict, invalid
from sandbox.cloudflare_double.api.fields import Field, not_blank, only, read
from sandbox.cloudflare_double.api.resource import Resource, Scope, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloudflare_double.store import Record

_FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(required=True, problem=not_blank),
    "type": Field(required=True, problem=only("onetimepin")),
    "config": Field(kind=dict, required=True, problem=only({})),
    "scim_config": Field(kind=dict, problem=only({})),
}


class IdentityProviders(Resource):
    """The one provider that needs no other company: a code by e-mail, which the edge's test login stands for."""

    kind = "identity_providers"
    path = "access/identity_providers"
    filters: ClassVar[frozenset[str]] = frozenset({"name"})

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """A new provider; Cloudflare has one of this type at most."""
        values = _read(body)
        if scope.all(self.kind):
            raise conflict("a onetimepin connection already exists")
        return {"id": new_id(), **values}

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:  # noqa: ARG002
        """The provider as the body says."""
        return {"id": old["id"], **_read(body)}

    def remove(self, scope: Scope, record: Record) -> Record:
        """Only a provider that no application names can go."""
        users = [app for app in scope.all("apps") if record["id"] in app["allowed_idps"]]
        if users:
            raise conflict(f"identity provider is in use by application {users[0]['id']}")
        return super().remove(scope, record)


def _read(body: Mapping[str, Any]) -> Record:
    values = read(_FIELDS, body, invalid)
    return {name: values[name] for name in ("name", "type", "config")}
