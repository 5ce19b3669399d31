"""Resources as data: what the engine knows of each one before it asks a provider to make it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECRET = "[secret]"  # noqa: S105 - stands for one
"""In the place of each value that the engine encrypts, as `pulumi preview --json` writes it."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""In the place of each value that a provider has yet to compute (`UnknownStringValue` of Pulumi's SDKs)."""

_KUBERNETES = "kubernetes:"
_PATCH = "Patch"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource; components and providers are resources too."""

    urn: str
    type: str
    """Token, such as `kubernetes:apps/v1:Deployment`."""
    parent: str = ""
    """URN; empty at the root."""
    protect: bool = False
    """Whether the engine refuses to delete it."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """In camel case, with `SECRET` and `UNKNOWN` in the places of values that nobody reads."""

    @property
    def name(self) -> str:
        """Name in the program, the end of the URN."""
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        """Stack that it belongs to, from the URN."""
        return self.urn.removeprefix("urn:pulumi:").partition("::")[0]

    @property
    def kind(self) -> str:
        """Kind of a Kubernetes object, whatever its API version and whether all of it is given; empty for others."""
        return self.type.rpartition(":")[2].removesuffix(_PATCH) if self.type.startswith(_KUBERNETES) else ""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """`metadata` of a Kubernetes object."""
        return mapping(self.inputs.get("metadata"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """`spec` of a Kubernetes object."""
        return mapping(self.inputs.get("spec"))


def mapping(value: object) -> Mapping[str, Any]:
    """Return a value that is a mapping, and an empty one for what is absent or not known yet."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """Return a value that is a list, and an empty one for what is absent or not known yet."""
    return value if isinstance(value, list) else []


def shown(value: object) -> str:
    """Name a value in a message."""
    if value == UNKNOWN:
        return "unknown until the update"
    return "not set" if value is None else repr(value)
