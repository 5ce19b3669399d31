"""By what the engine knows a resource again: its URN without stack and project, and what its aliases make of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.engine import Recording, Registration


@dataclass(frozen=True, order=True)
class Identity:
    """What a resource is called, and below which components."""

    type: str
    """Its own, after those of the components that it is below, joined by `$`."""
    name: str

    def __str__(self) -> str:
        """The end of the URN."""
        return f"{self.type}::{self.name}"


class Identities:
    """Those of a program's resources. Under Pulumi's mocks, a URN has the type of the nearest component alone."""

    def __init__(self, recording: Recording) -> None:
        self._registered = {resource.urn: resource for resource in recording}

    def of(self, resource: Registration) -> Identity:
        """That under which the next state has it."""
        parent = self._registered.get(resource.parent)
        return _below(self.of(parent) if parent else None, resource.type, resource.name)

    def former(self, resource: Registration) -> set[Identity]:
        """Those under which the engine finds it in a state as well: its aliases, and what those above it pass on.

        As the engine computes them (pulumi/pulumi, `generateAliases` in pkg/resource/deploy/step_generator.go).
        """
        found: set[Identity] = set()
        relative = [(resource.type, resource.name)]
        for alias in resource.aliases:
            spec: dict[str, Any] = alias.get("spec", {})
            called = spec.get("type", resource.type), spec.get("name", resource.name)
            if "urn" in alias:
                found.add(_parsed(alias["urn"]))
            elif spec.get("noParent"):
                found.add(Identity(*called))
            elif spec.get("parentUrn"):  # empty for the parent that it has
                found.add(_below(self._at(spec["parentUrn"]), *called))
            else:
                relative.append(called)
        parent = self._registered.get(resource.parent)
        if parent is None:
            found |= {Identity(type_, name) for type_, name in relative}
        else:
            for holder in {self.of(parent), *self.former(parent)}:
                for type_, name in relative:
                    inherits = name.startswith(parent.name)
                    carried = f"{holder.name}{name.removeprefix(parent.name)}" if inherits else name
                    found.add(_below(holder, type_, carried))
        return found - {self.of(resource)}

    def _at(self, urn: str) -> Identity:
        registered = self._registered.get(urn)
        return self.of(registered) if registered else _parsed(urn)


def _below(holder: Identity | None, type_: str, name: str) -> Identity:
    return Identity(f"{holder.type}${type_}" if holder else type_, name)


def _parsed(urn: str) -> Identity:
    _, _, type_, name = urn.split("::", 3)
    return Identity(type_, name)
