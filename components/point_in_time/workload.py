"""The pod of the receiver, and how it is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, core, meta

from components.mounts import scratch_mount
from components.pods import pod_spec, variables_of
from components.point_in_time import configuration

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.point_in_time.args import PointInTimeScope

_USER = 10001
"""Of the image: Barman asks the system for the name of its user."""
_EXIT_SECONDS = 30
_ALIVE_MINUTES = 15
"""A round takes seconds, and some minutes where the bucket does not answer."""
_OLD_REVISIONS = 2


def stateful_set(
    scope: PointInTimeScope, service_account: core.v1.ServiceAccount, after: Sequence[pulumi.Resource]
) -> apps.v1.StatefulSet:
    """Make the StatefulSet: never two pods at a time, since a slot has one receiver."""
    args, volume = scope.args, scope.args.volume
    container = _container(scope)
    mounts = configuration.mounts(scope)
    if not volume.claim:
        mounts.append(scratch_mount(configuration.VOLUME, configuration.FOLDER, volume.size))
    pod = pod_spec(
        container, mounts, user=_USER, service_account=service_account, image_pull_secret=args.image_pull_secret
    )
    if volume.claim:
        container.volume_mounts = [*(mount.in_container for mount in mounts), configuration.claimed()]
    pod.termination_grace_period_seconds = _EXIT_SECONDS
    return apps.v1.StatefulSet(
        f"{scope.name}-stateful-set",
        metadata=scope.metadata(args.name),
        spec=apps.v1.StatefulSetSpecArgs(
            replicas=1,
            revision_history_limit=_OLD_REVISIONS,
            # Of no Service: nobody calls it.
            service_name=args.name,
            selector=scope.selector(),
            template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=pod),
            volume_claim_templates=_claims(scope) if volume.claim else None,
        ),
        opts=scope.options(after),
    )


def _claims(scope: PointInTimeScope) -> list[core.v1.PersistentVolumeClaimArgs]:
    volume = scope.args.volume
    return [
        core.v1.PersistentVolumeClaimArgs(
            metadata=meta.v1.ObjectMetaArgs(name=configuration.VOLUME, labels=scope.labels.selector),
            spec=core.v1.PersistentVolumeClaimSpecArgs(
                access_modes=["ReadWriteOnce"],
                storage_class_name=volume.storage_class,
                resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": volume.size}),
            ),
        )
    ]


def _container(scope: PointInTimeScope) -> core.v1.ContainerArgs:
    # Touched with every round. That the server or the bucket is away is no reason to start again.
    fresh = f'test -n "$(find {configuration.FOLDER}/alive -mmin -{_ALIVE_MINUTES})"'
    return core.v1.ContainerArgs(
        name="receiver",
        image=scope.args.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", "mlflow_backup", "pitr-run"],
        env_from=variables_of(configuration.settings(scope)),
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": "192Mi"}, limits={"cpu": "1", "memory": "512Mi"}
        ),
        liveness_probe=core.v1.ProbeArgs(
            exec_=core.v1.ExecActionArgs(command=["sh", "-c", fresh]),
            initial_delay_seconds=60,
            period_seconds=60,
            timeout_seconds=10,
            failure_threshold=3,
        ),
    )
