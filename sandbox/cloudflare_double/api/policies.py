"""``access/policies``: reusable policies of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.cloudflare_double.api.envelope import conflict, invalid
from sandbox.cloudflare_double.api.fields import Field, not_blank, one_of, only, read
from sandbox.cloudflare_double.api.resource import Resource, Scope, new_id
from sandbox.cloudflare_double.api.selectors import IDENTITY, MACHINE, RULES, check_rules, selectors
from sandbox.cloudflare_double.api.times import duration_problem, now, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloudflare_double.store import Record

_FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(required=True, problem=not_blank),
    "decision": Field(required=True, problem=one_of("allow", "deny", "non_identity", "bypass")),
    "include": Field(kind=list, required=True),
    "exclude": Field(kind=list, default=[]),
    "require": Field(kind=list, default=[]),
    "session_duration": Field(default="24h", problem=duration_problem),
    "approval_required": Field(kind=bool, default=False, problem=only(value=False)),
    "approval_groups": Field(kind=list, default=[], problem=only([])),
    "isolation_required": Field(kind=bool, default=False, problem=only(value=False)),
    "purpose_justification_required": Field(kind=bool, default=False, problem=only(value=False)),
    "purpose_justification_prompt": Field(problem=only("")),
    "connection_rules": Field(kind=dict, problem=only({})),
    "mfa_config": Field(kind=dict, problem=only({})),
}


class Policies(Resource):
    """Who is let in. A policy has no effect until an application lists it."""

    kind = "policies"
    path = "access/policies"

    def new(self, scope: Scope, body: Mapping[str, Any]) -> Record:
        """A new policy."""
        created = written(now())
        return {"id": new_id(), "reusable": True, **_read(scope, body), "created_at": created, "updated_at": created}

    def changed(self, scope: Scope, old: Record, body: Mapping[str, Any], method: str) -> Record:  # noqa: ARG002
        """The policy as the body says; what the body leaves out falls back to its default."""
        kept = {name: old[name] for name in ("id", "reusable", "created_at")}
        return kept | _read(scope, body) | {"updated_at": written(now())}

    def shown(self, scope: Scope, record: Record) -> Record:
        """The policy and how many applications use it."""
        return record | {"app_count": len(_users(scope, record["id"]))}

    def remove(self, scope: Scope, record: Record) -> Record:
        """Only a policy that no application lists can go."""
        users = _users(scope, record["id"])
        if users:
            raise conflict(f"policy is in use by application {users[0]['id']}")
        return super().remove(scope, record)


def _users(scope: Scope, policy: str) -> list[Record]:
    return [app for app in scope.all("apps") if any(link["id"] == policy for link in app["policies"])]


def _read(scope: Scope, body: Mapping[str, Any]) -> Record:
    values = read(_FIELDS, body, invalid)
    if not values["include"]:
        raise invalid("include must have at least one rule")
    for label in RULES:
        check_rules(scope, label, values[label])
    used = {name for name, _ in selectors(*(values[label] for label in RULES))}
    _check_decision(values["decision"], used)
    return {name: value for name, value in values.items() if value is not None}


def _check_decision(decision: str, used: set[str]) -> None:
    """Service tokens prove no identity, and without a login there is none to look at."""
    machine, identity = sorted(used & MACHINE), sorted(used & IDENTITY)
    if machine and decision != "non_identity":
        raise invalid(f"selector {machine[0]} needs the decision non_identity, not {decision}")
    if identity and decision in {"non_identity", "bypass"}:
        raise invalid(f"selector {identity[0]} needs an identity, which the decision {decision} does not have")
