"""The vocabulary of pods: what they may do, how their health is asked for, and where they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_kubernetes import core, meta

from components.metadata import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.mounts import Mount

_ANY_USER = 10001
"""Number of a user and of a group whom no image and no node need to know."""
_TOPOLOGY_KEYS = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


@dataclass(frozen=True, kw_only=True)
class Helper:
    """A container that runs to its end before the pod's own begins; with restart policy `Always` beside it instead."""

    container: core.v1.ContainerArgs
    mounts: Sequence[Mount]
    """A volume of the same name as one of the pod's own is that one."""


def pod_spec(
    container: core.v1.ContainerArgs,
    mounts: Sequence[Mount],
    *,
    user: int = _ANY_USER,
    service_account: core.v1.ServiceAccount,
    image_pull_secret: str | None,
    helpers: Sequence[Helper] = (),
) -> core.v1.PodSpecArgs:
    """Describe a pod of one container, maybe with helpers, that satisfies the Pod Security Standard `restricted`.

    Args:
        container: Its security context and its mounts are set here.
        mounts: What it sees.
        user: User and group of the processes; named where the image insists on its own.
        service_account: Identity without rights, whose token is not mounted.
        image_pull_secret: Name of the Secret with which the image is pulled, where it takes one.
        helpers: Further containers, in the order in which they begin; hardened like it.
    """
    _confine(container, mounts)
    for helper in helpers:
        _confine(helper.container, helper.mounts)
    every = [*mounts, *(mount for helper in helpers for mount in helper.mounts)]
    return core.v1.PodSpecArgs(
        service_account_name=name_of(service_account.metadata),
        automount_service_account_token=False,
        # A Service called mlflow would put MLFLOW_PORT=tcp://... into the environment, which the server reads.
        enable_service_links=False,
        image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=image_pull_secret)] if image_pull_secret else None,
        security_context=_unprivileged(user),
        init_containers=[helper.container for helper in helpers] or None,
        containers=[container],
        volumes=list({mount.name: mount.volume for mount in every}.values()),
    )


def variables_of(config_map: core.v1.ConfigMap) -> list[core.v1.EnvFromSourceArgs]:
    """For a container each of whose variables is an entry of a ConfigMap."""
    source = core.v1.ConfigMapEnvSourceArgs(name=name_of(config_map.metadata))
    return [core.v1.EnvFromSourceArgs(config_map_ref=source)]


def complete_names() -> core.v1.PodDNSConfigArgs:
    """For pods whose every name is complete: without it each lookup would try the search domains first."""
    return core.v1.PodDNSConfigArgs(options=[core.v1.PodDNSConfigOptionArgs(name="ndots", value="1")])


def probe(path: str, port: str, *, period: int, failures: int, timeout: int = 5) -> core.v1.ProbeArgs:
    """Ask for a path at a named port every `period` seconds; so many failures in a row count as one."""
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port=port),
        period_seconds=period,
        timeout_seconds=timeout,
        failure_threshold=failures,
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


def _confine(container: core.v1.ContainerArgs, mounts: Sequence[Mount]) -> None:
    container.security_context = _hardened()
    container.volume_mounts = [mount.in_container for mount in mounts]


def _unprivileged(user: int) -> core.v1.PodSecurityContextArgs:
    """Run a pod as a user and group without rights."""
    return core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def _hardened() -> core.v1.SecurityContextArgs:
    """Take from a container every right that it could have, its own image included."""
    return core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def _selector(labels: Mapping[str, str]) -> meta.v1.LabelSelectorArgs:
    return meta.v1.LabelSelectorArgs(match_labels=dict(labels))
