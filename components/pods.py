"""The vocabulary of pods: what they may do, and where they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core, meta

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPOLOGY_KEYS = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


def unprivileged(user: int) -> core.v1.PodSecurityContextArgs:
    """Run a pod as a user and group without rights; with `hardened`, it satisfies the standard `restricted`."""
    return core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def hardened() -> core.v1.SecurityContextArgs:
    """Take from a container every right that it could have, its own image included."""
    return core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def apart(labels: Mapping[str, str]) -> core.v1.AffinityArgs:
    """Keep pods with these labels on nodes of their own, where there are enough."""
    term = core.v1.PodAffinityTermArgs(topology_key="kubernetes.io/hostname", label_selector=_selector(labels))
    return core.v1.AffinityArgs(
        pod_anti_affinity=core.v1.PodAntiAffinityArgs(
            preferred_during_scheduling_ignored_during_execution=[
                core.v1.WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=term)
            ]
        )
    )


def spread(labels: Mapping[str, str]) -> list[core.v1.TopologySpreadConstraintArgs]:
    """Spread pods with these labels over zones and nodes; preferred, since a cluster of one node has to do too."""
    return [
        core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=_selector(labels),
            # Without it, the pods that a rollout is about to remove count too and skew the new ones.
            match_label_keys=["pod-template-hash"],
        )
        for key in _TOPOLOGY_KEYS
    ]


def _selector(labels: Mapping[str, str]) -> meta.v1.LabelSelectorArgs:
    return meta.v1.LabelSelectorArgs(match_labels=dict(labels))
