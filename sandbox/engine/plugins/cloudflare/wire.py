"""How properties of a program become JSON of the API, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.engine.plugins.protocol.properties import Kind, Property, snake_case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.plugins.protocol.values import Values

    Naming = Callable[[str], str]

# Names that are more than another spelling. The bridge makes the names of lists plural; the API has its own oddities.
_REST: Final = {
    "azureAd": "azureAD",
    "excludes": "exclude",
    "githubOrganization": "github-organization",
    "includes": "include",
    "requires": "require",
    "serviceAuth401Redirect": "service_auth_401_redirect",
    "userRiskScores": "user_risk_score",
}
_TUNNEL: Final = {
    "audTags": "audTag",
    "ingresses": "ingress",
    "matchSnItoHost": "matchSNItoHost",
    "noTlsVerify": "noTLSVerify",
}


def rest_name(name: str) -> str:
    """Name a property as most of the API does."""
    return _REST.get(name) or snake_case(name)


def tunnel_name(name: str) -> str:
    """Name a property as the configuration of a tunnel does, which is that of ``cloudflared``."""
    return _TUNNEL.get(name, name)


def to_wire(properties: Mapping[str, Property], values: Values, naming: Naming) -> dict[str, Any]:
    """Write what a program may set, without what it leaves to the server."""
    wanted = {name: values.get(name, prop.default) for name, prop in properties.items() if prop.given}
    return {
        naming(name): _converted(properties[name], value, lambda fields, item: to_wire(fields, item, naming))
        for name, value in wanted.items()
        if value is not None
    }


def from_wire(properties: Mapping[str, Property], record: Mapping[str, Any], naming: Naming) -> Values:
    """Read the properties that a record has; what else the API may add is left out."""
    found = {name: record[naming(name)] for name in properties if naming(name) in record}

    def nested(fields: Mapping[str, Property], item: Mapping[str, Any]) -> Values:
        return {name: value for name, value in from_wire(fields, item, naming).items() if value is not None}

    return {name: _converted(properties[name], value, nested) for name, value in found.items()}


def _converted(prop: Property, value: Any, convert: Callable[[Mapping[str, Property], Any], Values]) -> Any:
    if prop.kind is Kind.OBJECT and isinstance(value, dict):
        return convert(prop.fields, value)
    if prop.kind in {Kind.OBJECTS, Kind.OBJECT_SET} and isinstance(value, list):
        return [convert(prop.fields, item) for item in value]
    return value
