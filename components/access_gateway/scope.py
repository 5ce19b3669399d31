"""What every module of this package needs to make an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import meta

from components.metadata import object_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.access_gateway.args import AccessGatewayArgs
    from components.labels import Labels


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The gateway within one component."""

    name: str
    """Prefix of every Pulumi name."""
    args: AccessGatewayArgs
    labels: Labels
    parent: pulumi.Resource

    def metadata(self, name: str | None = None) -> meta.v1.ObjectMetaArgs:
        """Describe an object; without `name`, Pulumi makes one that is new at each replacement."""
        return object_metadata(self.labels.all, name=name, namespace=self.args.namespace)

    def selector(self) -> meta.v1.LabelSelectorArgs:
        """Select the gateway's pods."""
        return meta.v1.LabelSelectorArgs(match_labels=self.labels.selector)

    def options(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options of a child; `after` is for what has to exist first although no value of it flows here."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(after) or None)


def name_of(metadata: pulumi.Output[meta.v1.outputs.ObjectMeta]) -> pulumi.Output[str]:
    """Name that an object got; passing it on is what makes the user of an object wait for it."""
    return metadata.apply(lambda known: known.name or "")
