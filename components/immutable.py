"""Immutable ConfigMaps and Secrets.

They have no fixed names: a changed value makes a new object, which rolls the pods, and the old one stays until the last
pod that reads it has gone. So pods of the old ReplicaSet can still start while a rotated password rolls out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.scope import Placed, Scope


def config_map(scope: Scope[Placed], suffix: str, data: Mapping[str, pulumi.Input[str]]) -> core.v1.ConfigMap:
    """Make a ConfigMap."""
    return core.v1.ConfigMap(
        f"{scope.name}-{suffix}", metadata=scope.metadata(), immutable=True, data=data, opts=scope.options()
    )


def secret(scope: Scope[Placed], suffix: str, file: str, content: pulumi.Output[str]) -> core.v1.Secret:
    """Make a Secret of one file."""
    return core.v1.Secret(
        f"{scope.name}-{suffix}",
        metadata=scope.metadata(),
        immutable=True,
        type="Opaque",
        string_data={file: content},
        opts=scope.options(),
    )
