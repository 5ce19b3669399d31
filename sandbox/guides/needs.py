"""Which values need which others: found out by trying every switch, alone and with others, and reading what is said."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sandbox.guides.values import SOMETHING, problems
from sandbox.stack import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sandbox.guides.schema import Key
    from stacks.config_reader import Problem

_ELSEWHERE = "https://elsewhere.example.com"
_OTHERS: Mapping[str, str] = {
    "accessDelivery": "tunnel",
    "databaseLogin": "separate",
    "databaseSslMode": "require",
    "datahubUrl": _ELSEWHERE,
    "backupEndpoint": _ELSEWHERE,
}
"""Values beside those of switches that change what is needed."""


@dataclass(frozen=True)
class Need:
    """What a configuration asks for beside the values that it is about."""

    given: tuple[tuple[str, Any], ...]
    """Values, of which each has its part in it; empty for what every stack needs."""
    missing: tuple[str, ...]
    """Keys that have to be set."""
    refusals: tuple[str, ...]
    """What the program says of values that do not go together."""


@dataclass(frozen=True)
class _Said:
    """What the program has against a configuration."""

    missing: frozenset[str]
    refusals: frozenset[str]

    def beyond(self, others: Iterable[_Said]) -> _Said:
        """What none of others has said."""
        known = list(others)
        return _Said(
            self.missing.difference(*(each.missing for each in known)),
            self.refusals.difference(*(each.refusals for each in known)),
        )

    def about(self, *given: tuple[str, Any]) -> Need:
        """The same, of values."""
        return Need(given, tuple(sorted(self.missing)), tuple(sorted(self.refusals)))

    def __bool__(self) -> bool:
        return bool(self.missing or self.refusals)


def needs(keys: Sequence[Key]) -> Iterator[Need]:
    """What every stack needs, what the switches need that are on by default, and what the others need beside that.

    All pairs are tried, and beyond them whatever adds one to a set that needs something.
    """
    defaults = {key.name: key.default for key in keys}
    switches = {key.name: not key.default for key in keys if key.type == "boolean"} | dict(_OTHERS)
    empty = _said(problems(keys, {}))
    relieved = {name: empty.beyond([_said(problems(keys, {name: value}))]) for name, value in switches.items()}
    yield empty.beyond(relieved.values()).about()
    for name, said in relieved.items():
        if said:
            yield said.about((name, defaults[name]))
    complete: dict[str, Any] = dict.fromkeys(empty.missing, SOMETHING)
    known = {frozenset[str](): _said(problems(keys, complete))}
    tried = [frozenset(each) for size in (1, 2) for each in combinations(switches, size)]
    while tried:
        names = tried.pop(0)
        if names in known:
            continue
        given = {name: value for name, value in switches.items() if name in names}
        known[names] = _said(problems(keys, complete | given))
        new = known[names].beyond(said for smaller, said in known.items() if smaller < names)
        if new:
            yield new.about(*given.items())
            tried += [names | {name} for name in switches]


def _said(found: Iterable[Problem]) -> _Said:
    missing: set[str] = set()
    refusals: set[str] = set()
    for each in found:
        key = each.key.removeprefix(f"{PROJECT}:")
        if each.what.startswith(("is not set", "is empty", "'' is empty")):
            missing.add(key)
        else:
            refusals.add(f"`{key}` {each.what}")
    return _Said(frozenset(missing), frozenset(refusals))
