"""A provider: its configuration and the resource types that it serves."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from sandbox.engine.plugins.protocol.properties import Failure, Kind, check_fields, coerced
from sandbox.engine.plugins.protocol.resource import ClientT, Function, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import ENGINE_KEYS, Change, Schema
from sandbox.engine.plugins.protocol.values import UNKNOWN, Values, has_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping


class Provider(ABC, Generic[ClientT]):
    """What the service needs to know of one provider."""

    name: ClassVar[str]
    version: ClassVar[str]
    config: ClassVar[Schema]
    environment: ClassVar[Mapping[str, tuple[str, ...]]]  # config key -> variables that stand in for it, best first

    def __init__(self, resources: tuple[Resource[ClientT], ...], functions: tuple[Function[ClientT], ...] = ()) -> None:
        self.resources = {resource.token: resource for resource in resources}
        self.functions = {function.token: function for function in functions}

    @abstractmethod
    def client(self, config: Values) -> ClientT:
        """Make a client of a complete, typed configuration. It must not contact the server before the first call."""

    def check_config(self, name: str, news: Values) -> list[Failure]:
        """Find what is wrong with a configuration; what a preview does not know yet is not looked at."""
        values = {key: _decoded(self.config, key, value) for key, value in news.items() if key not in ENGINE_KEYS}
        known = {key: value for key, value in values.items() if value is not None}
        completed = self._from_environment() | known
        failures = list(check_fields(self.config.properties, completed, f"{name}."))
        prefix = "could not validate provider configuration: "
        return [Failure(failure.path, prefix + failure.reason) for failure in failures]

    def diff_config(self, olds: Values, news: Values) -> list[Change]:
        """Compare configurations. No change replaces the provider: a server that moved keeps its objects."""
        keys = sorted((olds.keys() | news.keys()) - ENGINE_KEYS)
        return [
            Change(key, added=key not in olds, removed=key not in news, replaces=False)
            for key in keys
            if has_unknown(news.get(key)) or olds.get(key) != news.get(key)
        ]

    def configured(self, arguments: Values) -> ClientT:
        """Make the client from the engine's arguments, the environment and the defaults."""
        values: Values = {key: prop.default for key, prop in self.config.properties.items()}
        given = {key: _decoded(self.config, key, value) for key, value in arguments.items() if key not in ENGINE_KEYS}
        for key, value in (self._from_environment() | given).items():
            if value is not None and key in values:
                try:
                    values[key] = coerced(self.config.properties[key].kind, value)
                except ValueError as error:
                    raise ResourceError(f"{self.name}: the value of `{key}` has the wrong type") from error
        return self.client(values)

    def _from_environment(self) -> Values:
        found: Values = {}
        for key, variables in self.environment.items():
            for variable in variables:
                if os.environ.get(variable):
                    found.setdefault(key, os.environ[variable])
        return found


def _decoded(config: Schema, key: str, value: Any) -> Any:
    """Undo what the SDKs do to provider arguments that are not strings: they arrive as JSON text."""
    prop = config.properties.get(key)
    if prop and prop.kind is Kind.OBJECT and isinstance(value, str) and value is not UNKNOWN:
        try:
            return json.loads(value)
        except ValueError:
            return value  # the check of its type refuses it
    return value
