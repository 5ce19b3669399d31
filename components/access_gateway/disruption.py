"""The PodDisruptionBudget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import policy

if TYPE_CHECKING:
    from components.access_gateway.scope import Scope


def disruption_budget(scope: Scope) -> policy.v1.PodDisruptionBudget:
    """Let a node drain take one gateway at a time.

    `maxUnavailable` and not `minAvailable`: with a single replica the latter would block every drain for ever.
    """
    return policy.v1.PodDisruptionBudget(
        f"{scope.name}-disruption-budget",
        metadata=scope.metadata(scope.args.service.name),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=scope.selector(),
            # A pod that is not ready serves nobody: it must not hold up the drain.
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=scope.options(),
    )
