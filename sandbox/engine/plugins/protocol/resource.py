"""What a resource type has to implement, and the errors that it may raise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.schema import Schema
    from sandbox.engine.plugins.protocol.values import Values

ClientT = TypeVar("ClientT")


class ResourceError(Exception):
    """An operation failed; the message is for the user and holds no secret."""


class PartialFailureError(ResourceError):
    """The object exists on the server although the operation failed; the engine records it and repeats the rest."""

    def __init__(self, identifier: str, state: Values, reason: str) -> None:
        super().__init__(reason)
        self.identifier = identifier
        self.state = state


class Created(NamedTuple):
    """Id of a new object, and outputs that only its creation tells (generated keys)."""

    identifier: str
    outputs: Values


class Function(ABC, Generic[ClientT]):
    """Something that a program can ask a provider for, without a resource."""

    token: ClassVar[str]
    arguments: ClassVar[Schema]

    @abstractmethod
    def call(self, client: ClientT, arguments: Values) -> Values:
        """Return the answer; it repeats the arguments, as the bridge's do."""


class Resource(ABC, Generic[ClientT]):
    """One resource type of a provider.

    ``state`` and ``old`` are stored outputs; ``new`` is planned outputs, with None for what is neither set nor known.
    """

    token: ClassVar[str]
    schema: ClassVar[Schema]
    importable: ClassVar[bool] = True
    # Properties that name the object on the server. A replacement that keeps all of them has to delete first: the
    # deletion of the old resource would otherwise undo the new one.
    identity: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def create(self, client: ClientT, new: Values) -> Created:
        """Create the object.

        Raises:
            PartialFailureError: it exists now, but is not as wanted.
            ResourceError: it does not exist.
        """

    @abstractmethod
    def read(self, client: ClientT, identifier: str, state: Values) -> Values | None:
        """Return the outputs that the server knows, None if the object is gone. ``state`` is empty at an import."""

    def update(self, client: ClientT, identifier: str, old: Values, new: Values) -> Values:
        """Change the object to ``new``; return outputs that only the change tells."""
        raise NotImplementedError(type(self).__name__)

    def imported(self, identifier: str) -> tuple[str, Values]:
        """Split the id that an import gives into the object's own id and the properties that lead to the object."""
        return identifier, {}

    @abstractmethod
    def delete(self, client: ClientT, identifier: str, state: Values) -> None:
        """Delete the object; one that is gone already is no error."""
