"""The rules that follow from a resource's properties: check, plan and diff, all without a server."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.engine.plugins.protocol.properties import DEFAULTS, Failure, Property, check_fields, snake_case
from sandbox.engine.plugins.protocol.values import UNKNOWN, Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ENGINE_KEYS: Final = frozenset({DEFAULTS, "__internal", "version", "pluginDownloadURL", "pluginChecksums"})


@dataclass(frozen=True)
class Change:
    """A property whose wanted value differs from the stored one."""

    name: str
    added: bool
    removed: bool
    replaces: bool


class Schema:
    """The properties of one resource type (or of a provider's configuration)."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        self.properties = dict(properties)
        self.secret = frozenset(name for name, prop in properties.items() if prop.secret)

    def check(self, name: str, news: Values, olds: Values, seed: bytes) -> tuple[Values, list[Failure]]:
        """Fill in defaults and find what is wrong.

        Args:
            name: the resource's own name, for messages and for a generated name.
            news: inputs of the program; may hold unknown values.
            olds: inputs of the last run, so that a generated name stays.
            seed: randomness from the engine, the same in preview and update.
        """
        inputs = {key: value for key, value in news.items() if key not in ENGINE_KEYS and value is not None}
        failures = list(self._failures(inputs, name))
        defaulted = []
        for key, prop in self.properties.items():
            if key in inputs or any(other in inputs for other in prop.conflicts):
                continue
            if prop.autoname:
                inputs[key] = _kept_name(key, olds) or generated_name(name, seed)
            elif prop.default:
                inputs[key] = prop.default
            else:
                continue
            defaulted.append(key)
        if defaulted:
            inputs[DEFAULTS] = sorted(defaulted)
        return inputs, failures

    def _failures(self, inputs: Values, name: str) -> Iterator[Failure]:
        yield from check_fields(self.properties, inputs, f"{name}.")
        for key, prop in self.properties.items():
            for other in prop.conflicts:
                if key in inputs and other in inputs:
                    text = f'"{snake_case(key)}": conflicts with {snake_case(other)}.'
                    reason = f"Conflicting configuration arguments. {text} Examine values at '{name}.{key}'."
                    yield Failure(f"{name}.{key}", reason)
            for other in prop.needs:
                if key in inputs and other not in inputs:
                    text = f'Attribute "{snake_case(other)}" must be specified when "{snake_case(key)}" is specified.'
                    reason = f"Invalid Attribute Combination. {text} Examine values at '{name}.{key}'."
                    yield Failure(f"{name}.{key}", reason)

    def plan(self, inputs: Values, prior: Values | None = None) -> Values:
        """Say what the outputs will be: inputs, then what is stored, then defaults; the rest is unknown."""
        planned: Values = {}
        for key, prop in self.properties.items():
            if prop.write_only:
                planned[key] = None
            elif key in inputs:
                planned[key] = inputs[key]
            elif prop.computed:
                stays = prior is not None and not self._changed(prop.follows, prior, inputs)
                planned[key] = prior.get(key) if prior is not None and stays else UNKNOWN
            else:
                planned[key] = prop.default
        return planned

    def _changed(self, names: Iterable[str], state: Values, inputs: Values) -> bool:
        wanted = {name: self.properties[name] for name in names if name in inputs}
        return any(not prop.equal(state.get(name), inputs[name]) for name, prop in wanted.items())

    def completed(self, state: Values) -> Values:
        """Add to stored outputs what they lack: an import has none yet, an older version may have had fewer."""
        return {key: None if prop.write_only else prop.default for key, prop in self.properties.items()} | state

    def diff(self, state: Values, inputs: Values, ignored: Iterable[str] = ()) -> list[Change]:
        """Compare what is stored with what is wanted; ``ignored`` are property paths of ``ignoreChanges``."""
        skipped = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in ignored}
        changes = []
        for key, prop in self.properties.items():
            if not prop.given or prop.write_only or key in skipped or (prop.computed and key not in inputs):
                continue
            old, new = state.get(key), inputs.get(key, prop.default)
            if not prop.equal(old, new):
                changes.append(Change(key, added=old is None, removed=new is None, replaces=prop.force_new))
        return changes

    def inputs_of(self, state: Values, known: Values | None = None) -> Values:
        """Derive inputs from what the server has, after a refresh (``known`` inputs given) or an import.

        A refresh follows drift in what the program had set and adds nothing; an import takes all that is not default.
        """
        if known:
            refreshed = {
                key: value if prop.equal(state.get(key), value) else prop.refreshed(value, state.get(key))
                for key, value in known.items()
                if (prop := self.properties.get(key))
            }
            return refreshed | ({DEFAULTS: known[DEFAULTS]} if DEFAULTS in known else {})
        return {
            key: prop.described(state[key])
            for key, prop in self.properties.items()
            if prop.given and not prop.write_only and state.get(key) not in (None, prop.kind.zero)
        }


def generated_name(name: str, seed: bytes) -> str:
    """Make a unique name from the resource's own: seven hexadecimal digits, as the bridge appends."""
    return f"{name}-{hashlib.sha256(seed).hexdigest()[:7] if seed else secrets.token_hex(4)[:7]}"


def _kept_name(key: str, olds: Values) -> Any:
    return olds.get(key) if key in olds.get(DEFAULTS, []) else None
