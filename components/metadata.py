"""Metadata of every Kubernetes object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

_THE_PROGRAM_WINS = {"pulumi.com/patchForce": "true"}
"""A field that somebody changed by `kubectl` belongs to kubectl from then on, and the API server refuses the program's
own value for it. With this annotation, read by Pulumi only, `pulumi up` takes the field back. It takes nothing else:
fields that the program leaves out, such as the replicas under an autoscaler, stay with whoever set them."""


def object_metadata(
    labels: Mapping[str, str],
    *,
    name: pulumi.Input[str] | None = None,
    namespace: pulumi.Input[str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> meta.v1.ObjectMetaArgs:
    """Describe an object; without `name`, Pulumi makes one that is new at each replacement."""
    return meta.v1.ObjectMetaArgs(
        name=name, namespace=namespace, labels=dict(labels), annotations={**_THE_PROGRAM_WINS, **(annotations or {})}
    )


def name_of(metadata: pulumi.Output[meta.v1.outputs.ObjectMeta]) -> pulumi.Output[str]:
    """Name that an object got; passing it on is what makes the user of an object wait for it."""
    return metadata.apply(lambda known: known.name or "")


def namespace_of(metadata: pulumi.Output[meta.v1.outputs.ObjectMeta]) -> pulumi.Output[str]:
    """Namespace of an object, known only once the object is there."""
    return metadata.apply(lambda known: known.namespace or "")
