"""Whom an application's policies let in.

As documented under "Access policies": Bypass and Service Auth policies come first, then Allow and Block, each in order
of precedence; a policy holds where one Include holds, every Require holds and no Exclude does. A service token gets in
by Service Auth alone, a person by Allow alone. The edge decides when to ask: people are judged as they log in, and a
change of policies does not reach a session that has begun.

What cannot be told, such as a selector that the double does not know or a group that is not there, is neither true nor
false: a policy that lets in must hold for certain, one that blocks only possibly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sandbox.cloudflare_double.store import Record


@dataclass(frozen=True)
class Person:
    """Somebody whom the identity provider vouched for."""

    email: str


@dataclass(frozen=True)
class Machine:
    """A client of a service token."""

    token_id: str
    client_id: str


Visitor: TypeAlias = Person | Machine | None
"""Who asks; None for somebody unknown."""
Answer: TypeAlias = bool | None
"""None where it cannot be told."""


@dataclass(frozen=True)
class Judge:
    """Evaluates policies; looks groups up by their id."""

    group: Callable[[str], Record | None]

    def admitting(self, policies: Sequence[Record], visitor: Visitor) -> Record | None:
        """The policy that lets the visitor in, of policies in order of precedence."""
        for policy in policies:
            if policy["decision"] in _eligible_first(visitor) and self._holds(policy, visitor):
                return policy
        if not isinstance(visitor, Person):
            return None
        for policy in policies:
            if policy["decision"] == "deny" and self._holds(policy, visitor) is not False:
                return None
            if policy["decision"] == "allow" and self._holds(policy, visitor):
                return policy
        return None

    def _holds(self, rules: Record, visitor: Visitor, inside: frozenset[str] = frozenset()) -> Answer:
        """Whether the rules of a policy or a group hold; `inside` are the groups that led here."""
        answers = {
            kind: [self._matches(selector, visitor, inside) for selector in rules.get(kind) or []]
            for kind in ("include", "require", "exclude")
        }
        return _every([_some(answers["include"]), *answers["require"], _not(_some(answers["exclude"]))])

    def _matches(self, selector: Mapping[str, Any], visitor: Visitor, inside: frozenset[str]) -> Answer:
        answer: Answer = None
        match selector if len(selector) == 1 else {}:
            case {"everyone": _}:
                answer = True
            case {"email": {"email": str(email)}}:
                answer = isinstance(visitor, Person) and visitor.email.casefold() == email.casefold()
            case {"email_domain": {"domain": str(domain)}}:
                answer = isinstance(visitor, Person) and _domain(visitor.email) == domain.casefold()
            case {"service_token": {"token_id": str(identifier)}}:
                answer = isinstance(visitor, Machine) and visitor.token_id == identifier
            case {"any_valid_service_token": _}:
                answer = isinstance(visitor, Machine)
            case {"group": {"id": str(identifier)}} if identifier not in inside:
                group = self.group(identifier)
                answer = None if group is None else self._holds(group, visitor, inside | {identifier})
        return answer


def _eligible_first(visitor: Visitor) -> set[str]:
    """Service Auth is for those who show a service token; it would otherwise let `everyone` in without any proof."""
    return {"bypass", "non_identity"} if isinstance(visitor, Machine) else {"bypass"}


def _domain(email: str) -> str:
    return email.rpartition("@")[2].casefold()


def _some(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    return True if True in found else None if None in found else False


def _every(answers: Iterable[Answer]) -> Answer:
    return _not(_some(_not(answer) for answer in answers))


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer
