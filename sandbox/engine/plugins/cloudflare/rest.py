"""A resource as a record of a collection of the API: made by POST, read by GET, changed by PUT, removed by DELETE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from sandbox.engine.plugins.cloudflare.connection import AbsentError, Api
from sandbox.engine.plugins.cloudflare.wire import from_wire, rest_name, to_wire
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_SCOPES: dict[str, str] = {"accountId": "accounts", "zoneId": "zones"}


class RestResource(Resource[Api]):
    """What the resource types have in common; ``body`` and ``outputs`` are for those that differ."""

    collection: ClassVar[str]  # path below the account or the zone
    noun: ClassVar[str]  # for messages
    scope: ClassVar[str | None] = None  # the property that says where it lives; None: account or zone, as given
    update_method: ClassVar[str] = "PUT"

    def body(self, new: Values, old: Values | None) -> dict[str, Any]:  # noqa: ARG002 - for subclasses
        """Write a request; ``old`` is None at a creation."""
        properties = {name: prop for name, prop in self.schema.properties.items() if name not in _SCOPES}
        return to_wire(properties, new, rest_name)

    def outputs(self, record: Values, state: Values) -> Values:  # noqa: ARG002 - for subclasses
        """Read an answer."""
        properties = {name: prop for name, prop in self.schema.properties.items() if name not in _SCOPES}
        return from_wire(properties, record, rest_name)

    def gone(self, record: Values) -> bool:  # noqa: ARG002 - for subclasses
        """Whether a record is only the memory of a deleted object."""
        return False

    def path(self, values: Values, identifier: str | None = None) -> str:
        """Address the collection, or a record of it."""
        names = [name for name in ([self.scope] if self.scope else _SCOPES) if values.get(name)]
        if len(names) != 1:
            wanted = self.scope or "exactly one of accountId and zoneId"
            raise ResourceError(f"{self.noun} {values.get('name') or identifier or ''}: {wanted} has to be given")
        place = f"{_SCOPES[names[0]]}/{quote(str(values[names[0]]), safe='')}/{self.collection}"
        return f"{place}/{quote(identifier, safe='')}" if identifier else place

    def create(self, client: Api, new: Values) -> Created:
        """Add the record."""
        what = f"failed to create {self.noun} {new.get('name') or ''}".rstrip()
        record = client.call(what, "POST", self.path(new), self.body(new, None))
        if not isinstance(record, dict) or not record.get("id"):
            raise ResourceError(f"{what}: the answer names no id; look whether it was made, and import or delete it")
        return Created(record["id"], self.outputs(record, new))

    def read(self, client: Api, identifier: str, state: Values) -> Values | None:
        """Read the record."""
        try:
            record = client.call(f"failed to read {self.noun} {identifier}", "GET", self.path(state, identifier))
        except AbsentError:
            return None
        return None if self.gone(record) else self.outputs(record, state)

    def update(self, client: Api, identifier: str, old: Values, new: Values) -> Values:
        """Write the record anew."""
        what = f"failed to update {self.noun} {identifier}"
        record = client.call(what, self.update_method, self.path(new, identifier), self.body(new, old))
        return self.outputs(record, new)

    def delete(self, client: Api, identifier: str, state: Values) -> None:
        """Remove the record."""
        try:
            client.call(f"failed to delete {self.noun} {identifier}", "DELETE", self.path(state, identifier))
        except AbsentError:
            return

    def imported(self, identifier: str) -> tuple[str, Values]:
        """Read ``accounts/ACCOUNT/ID`` or ``zones/ZONE/ID``; where there is but one kind of scope, ``SCOPE/ID``."""
        parts = identifier.split("/")
        if self.scope and len(parts) == 2 and all(parts):  # noqa: PLR2004 - the shape of the id
            return parts[1], {self.scope: parts[0]}
        kinds = {segment: name for name, segment in _SCOPES.items()}
        if not self.scope and len(parts) == 3 and all(parts) and parts[0] in kinds:  # noqa: PLR2004
            return parts[2], {kinds[parts[0]]: parts[1]}
        wanted = f"<{rest_name(self.scope)}>/<id>" if self.scope else "<{accounts|zones}>/<account_id|zone_id>/<id>"
        raise ResourceError(f"invalid ID: expected {wanted}, got {identifier!r}")
