"""``access/groups``: rules with a name, which policies and other groups refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.cloudflare_double.api.envelope import conflict, invalid
from sandbox.cloudflare_double.api.fields import Field, not_blank, only, read
from sandbox.cloudflare_double.api.resource import Resource, Scope, new_id
from sandbox.cloudflare_double.api.selectors import RULES, check_rules, users_of
from sandbox.cloudflare_double.api.times import now, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloudflare_double.store import Record

_FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(required=True, problem=not_blank),
    "include": Field(kind=list, required=True),
    "exclude": Field(kind=list, default=[]),
    "require": Field(kind=list, default=[]),
    "is_default": Field(kind=bool, default=False, problem=only(value=False)),
}


class Groups(Resource):
    """Who belongs together."""

    kind = "groups"
    path = "access/groups"
    filters: ClassVar[frozenset[str]] = frozenset({"name"})

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """A new group."""
        created, identifier = written(now()), new_id()
        values = _read(scope, body, identifier)
        return {"id": identifier, "uid": identifier, **values, "created_at": created, "updated_at": created}

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:  # noqa: ARG002
        """The group as the body says; what the body leaves out falls back to its default."""
        return old | _read(scope, body, old["id"]) | {"updated_at": written(now())}

    def remove(self, scope: Scope, record: Record) -> Record:
        """Only a group that no policy and no other group names can go."""
        users = users_of(scope, "groups", record["id"])
        if users:
            raise conflict(f"group is in use by {users[0]['name']} ({users[0]['id']})")
        return super().remove(scope, record)


def _read(scope: Scope, body: Mapping[str, Any], own: str) -> Record:
    values = read(_FIELDS, body, invalid)
    if not values["include"]:
        raise invalid("include must have at least one rule")
    for label in RULES:
        check_rules(scope, label, values[label])
        if _reaches(scope, own, values[label]):
            raise invalid(f"{label} makes the group a part of itself")
    return values


def _reaches(scope: Scope, own: str, rules: list[Record]) -> bool:
    """Whether rules lead back to the group that has them, through however many others."""
    for rule in rules:
        if "group" not in rule:
            continue
        group = scope.find("groups", rule["group"]["id"])
        if group is not None and (group["id"] == own or any(_reaches(scope, own, group[label]) for label in RULES)):
            return True
    return False
