"""What the pods of the server and of the migration have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.pods import pod_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_kubernetes import core

    from components.mlflow_server.args import MlflowServerArgs
    from components.mounts import Mount


def server_pod(
    args: MlflowServerArgs,
    service_account: core.v1.ServiceAccount,
    container: core.v1.ContainerArgs,
    mounts: Sequence[Mount],
) -> core.v1.PodSpecArgs:
    """Describe a pod that runs the server's image."""
    return pod_spec(container, mounts, service_account=service_account, image_pull_secret=args.image_pull_secret)
