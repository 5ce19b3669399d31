"""The PodDisruptionBudget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import policy

if TYPE_CHECKING:
    from components.scope import Placed, Scope


def disruption_budget(scope: Scope[Placed], name: str) -> policy.v1.PodDisruptionBudget:
    """Let a node drain take one pod at a time.

    `maxUnavailable` and not `minAvailable`: with a single replica the latter would block every drain for ever.
    """
    return policy.v1.PodDisruptionBudget(
        f"{scope.name}-disruption-budget",
        metadata=scope.metadata(name),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            selector=scope.selector(),
            # A pod that is not ready serves nobody: it must not hold up the drain.
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=scope.options(),
    )
