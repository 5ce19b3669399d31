"""What every module of a component needs to make an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import pulumi
from pulumi_kubernetes import meta

from components.metadata import object_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.labels import Labels


class Placed(Protocol):
    """Arguments of a component whose objects live in one namespace."""

    @property
    def namespace(self) -> pulumi.Input[str]:
        """Flows into every object, so that they wait for the namespace."""


Args_co = TypeVar("Args_co", bound=Placed, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Scope(Generic[Args_co]):
    """A component, or one part of it that has labels of its own."""

    name: str
    """Prefix of every Pulumi name."""
    args: Args_co
    labels: Labels
    parent: pulumi.Resource

    def metadata(self, name: str | None = None, annotations: Mapping[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
        """Describe an object of this part; without `name`, Pulumi makes one that is new at each replacement."""
        return object_metadata(self.labels.all, name=name, namespace=self.args.namespace, annotations=annotations)

    def selector(self) -> meta.v1.LabelSelectorArgs:
        """Select the pods of this part."""
        return meta.v1.LabelSelectorArgs(match_labels=self.labels.selector)

    def options(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options of a child; `after` is for what has to exist first although no value of it flows here."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(after) or None)
