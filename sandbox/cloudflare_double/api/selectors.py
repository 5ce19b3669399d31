"""Who a rule is about: the selectors of policies and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.cloudflare_double.api.envelope import invalid
from sandbox.cloudflare_double.api.fields import email_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.cloudflare_double.api.resource import Scope
    from sandbox.cloudflare_double.store import Record

# Selector: the fields in it. Cloudflare has more; the double refuses what its edge does not evaluate.
_SELECTORS: Final[Mapping[str, Sequence[str]]] = {
    "email": ["email"],
    "email_domain": ["domain"],
    "everyone": [],
    "group": ["id"],
    "service_token": ["token_id"],
    "any_valid_service_token": [],
}
# Selector: the kind of object that it names, and the field that names it.
_REFERENCES: Final = {"group": ("groups", "id"), "service_token": ("service_tokens", "token_id")}
RULES: Final = ("include", "exclude", "require")
"""The lists of rules that a policy and a group have."""
IDENTITY: Final = frozenset({"email", "email_domain"})
"""Selectors that need a person who has logged in."""
MACHINE: Final = frozenset({"service_token", "any_valid_service_token"})
"""Selectors that a service token satisfies."""


def check_rules(scope: Scope, label: str, rules: Sequence[Any]) -> None:
    """Refuse a list of rules that the edge could not evaluate."""
    for index, rule in enumerate(rules):
        _check_rule(scope, f"{label}[{index}]", rule)


def selectors(*lists: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name and the fields of every selector in lists of rules."""
    for rules in lists:
        for rule in rules:
            yield from rule.items()


def users_of(scope: Scope, kind: str, identifier: str) -> list[Record]:
    """The policies and groups that name a group or a service token."""
    return [
        user
        for user in [*scope.all("policies"), *scope.all("groups")]
        if any(
            _REFERENCES.get(selector, ("", ""))[0] == kind and identifier in fields.values()
            for selector, fields in selectors(*(user[label] for label in RULES))
        )
    ]


def _check_rule(scope: Scope, label: str, rule: object) -> None:
    if not isinstance(rule, dict) or len(rule) != 1:
        raise invalid(f"{label} must be an object with exactly one selector")
    [(selector, fields)] = rule.items()
    if selector not in _SELECTORS:
        raise invalid(f"{label} has the unknown or unsupported selector {selector}")
    expected = _SELECTORS[selector]
    if not isinstance(fields, dict) or sorted(fields) != sorted(expected):
        raise invalid(f"{label}.{selector} must be an object with {', '.join(expected) or 'no fields'}")
    for name, value in fields.items():
        if not isinstance(value, str) or not value.strip():
            raise invalid(f"{label}.{selector}.{name} must be a string that is not empty")
    _check_value(label, selector, fields)
    if selector in _REFERENCES:
        kind, field = _REFERENCES[selector]
        if scope.find(kind, fields[field]) is None:
            raise invalid(f"{label}.{selector}.{field} {fields[field]} does not exist")


def _check_value(label: str, selector: str, fields: Mapping[str, str]) -> None:
    if selector == "email":
        problem = email_problem(fields["email"])
        if problem:
            raise invalid(f"{label}.email.email {problem}")
    if selector == "email_domain" and ("@" in fields["domain"] or "." not in fields["domain"].strip(".")):
        raise invalid(f"{label}.email_domain.domain {fields['domain']} is not a domain")
