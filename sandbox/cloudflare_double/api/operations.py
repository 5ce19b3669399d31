"""What can be asked for: a method on a path, and what answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.cloudflare_double.api.envelope import bad_request, success

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from starlette.responses import JSONResponse

    from sandbox.cloudflare_double.api.resource import Resource, Scope
    from sandbox.cloudflare_double.store import Record

_LARGEST_PAGE: Final = 1000
_COUNT: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Call:
    """One authorised request."""

    scope: Scope
    method: str
    identifier: str
    body: Mapping[str, Any]
    query: Mapping[str, str]


@dataclass(frozen=True)
class Operation:
    """A method on a path below the account or the zone."""

    method: str
    path: str
    scope: str
    area: str
    """What it is about (``access``, ``dns``, ``tunnel``), which permissions are for."""
    run: Callable[[Call], JSONResponse]
    narrower: AbstractSet[str] = frozenset()
    """Permissions for little else than this, which are enough too."""

    @property
    def enough(self) -> AbstractSet[str]:
        """The permissions of which a caller needs one."""
        reading = {f"{self.area}:read", "read"} if self.method == "GET" else set()
        return {f"{self.area}:write"} | reading | self.narrower


def operations_of(resource: Resource) -> Sequence[Operation]:
    """List, create, read, update and delete, and what the kind has besides."""

    def listed(call: Call) -> JSONResponse:
        return _page(resource, call)

    def created(call: Call) -> JSONResponse:
        record = resource.new(call.scope, call.body)
        call.scope.store.add(resource.kind, call.scope.id, record)
        return success(resource.shown_new(call.scope, record), status=resource.created)

    def read(call: Call) -> JSONResponse:
        return success(resource.shown(call.scope, resource.present(call.scope, call.identifier)))

    def updated(call: Call) -> JSONResponse:
        old = resource.present(call.scope, call.identifier)
        record = resource.changed(call.scope, old, call.body, call.method)
        call.scope.store.replace(resource.kind, call.scope.id, record)
        return success(resource.shown_changed(call.scope, old, record))

    def deleted(call: Call) -> JSONResponse:
        record = resource.present(call.scope, call.identifier)
        return success(resource.remove(call.scope, record), status=resource.deleted)

    item = f"{resource.path}/{{identifier}}"
    plain = [("GET", resource.path, listed), ("POST", resource.path, created), ("GET", item, read)]
    plain += [(method, item, updated) for method in resource.update_methods]
    plain.append(("DELETE", item, deleted))
    return [
        Operation(method, path, resource.scope, resource.area, run)
        for method, path, run in [*plain, *resource.further(item)]
    ]


def _page(resource: Resource, call: Call) -> JSONResponse:
    for name in call.query:
        if name not in resource.filters | {"page", "per_page"}:
            raise bad_request(1002, f"unknown or unsupported query parameter {name}")
    page = _positive(call.query, "page", 1)
    per_page = min(_positive(call.query, "per_page", resource.per_page), _LARGEST_PAGE)
    found = [record for record in call.scope.all(resource.kind) if resource.selected(record, call.query)]
    shown: list[Record] = [
        resource.shown(call.scope, record) for record in found[(page - 1) * per_page : page * per_page]
    ]
    info = {
        "page": page,
        "per_page": per_page,
        "count": len(shown),
        "total_count": len(found),
        "total_pages": -(-len(found) // per_page),
    }
    return success(shown, result_info=info)


def _positive(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if _COUNT.fullmatch(text) is None:
        raise bad_request(1002, f"{name} must be a whole number from 1 on")
    return int(text)
