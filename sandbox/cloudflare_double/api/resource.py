"""What every kind of object has in common: where it lives, who may touch it, and the five operations."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from sandbox.cloudflare_double.api.envelope import not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.responses import JSONResponse

    from sandbox.cloudflare_double.api.envelope import ApiError
    from sandbox.cloudflare_double.api.operations import Call
    from sandbox.cloudflare_double.store import Record, Store

Run: TypeAlias = "Callable[[Call], JSONResponse]"


@dataclass(frozen=True)
class Scope:
    """The account or zone of a request, and what the double knows about its surroundings."""

    id: str
    store: Store
    zones: Mapping[str, str]

    def all(self, kind: str) -> list[Record]:
        """The objects of a kind here."""
        return self.store.all(kind, self.id)

    def find(self, kind: str, identifier: str) -> Record | None:
        """One object here, or None."""
        return self.store.find(kind, self.id, identifier)


class Resource(ABC):
    """One kind of object. Every method runs under the store's lock."""

    kind: ClassVar[str]
    path: ClassVar[str]
    area: ClassVar[str] = "access"
    scope: ClassVar[str] = "accounts"
    created: ClassVar[HTTPStatus] = HTTPStatus.CREATED
    deleted: ClassVar[HTTPStatus] = HTTPStatus.ACCEPTED
    update_methods: ClassVar[tuple[str, ...]] = ("PUT",)
    per_page: ClassVar[int] = 25
    filters: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """The record of a creation."""

    @abstractmethod
    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:
        """The record after an update."""

    def shown(self, scope: Scope, record: Record) -> Record:  # noqa: ARG002 - kinds that refer to others need it
        """What an answer shows of a record."""
        return record

    def shown_new(self, scope: Scope, record: Record) -> Record:
        """What the answer to a creation shows."""
        return self.shown(scope, record)

    def shown_changed(self, scope: Scope, old: Record, record: Record) -> Record:  # noqa: ARG002 - for rotations
        """What the answer to an update shows."""
        return self.shown(scope, record)

    def further(self, item: str) -> Sequence[tuple[str, str, Run]]:  # noqa: ARG002 - few kinds have any
        """Operations beyond the five: method, path, and what runs."""
        return ()

    def remove(self, scope: Scope, record: Record) -> Record:
        """Delete a record, unless something stands against it; gives what the answer shows."""
        scope.store.remove(self.kind, scope.id, record["id"])
        return {"id": record["id"]}

    def selected(self, record: Record, query: Mapping[str, str]) -> bool:
        """Whether a list with this query holds a record."""
        return all(str(record.get(name)) == query[name] for name in self.filters & query.keys())

    def missing(self) -> ApiError:
        """The refusal for an object that is not there."""
        return not_found()

    def present(self, scope: Scope, identifier: str) -> Record:
        """One record, or the refusal."""
        record = scope.find(self.kind, identifier)
        if record is None:
            raise self.missing()
        return record


def new_id() -> str:
    """An id of Access."""
    return str(uuid.uuid4())
