"""What the pods of the server and of the migration have in common: identity, hardening, mounted files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.mlflow_server import files
from components.mlflow_server.scope import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.mlflow_server.args import MlflowServerArgs

_USER = 10001
"""User and group of the processes; any number will do, the image needs no entry for it."""
_GROUP_READABLE = 0o440


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A volume, and where the one container of the pod sees it."""

    volume: core.v1.VolumeArgs
    path: str
    read_only: bool = True

    @property
    def in_container(self) -> core.v1.VolumeMountArgs:
        """The container's side."""
        return core.v1.VolumeMountArgs(
            name=self.volume.name, mount_path=self.path, read_only=True if self.read_only else None
        )


def secret_mount(name: str, secret: core.v1.Secret, path: str) -> Mount:
    """Mount a Secret, readable for the pod's group only."""
    source = core.v1.SecretVolumeSourceArgs(secret_name=name_of(secret.metadata), default_mode=_GROUP_READABLE)
    return Mount(volume=core.v1.VolumeArgs(name=name, secret=source), path=path)


def authorities_mount(config_map: core.v1.ConfigMap) -> Mount:
    """Mount the certificate authorities."""
    source = core.v1.ConfigMapVolumeSourceArgs(name=name_of(config_map.metadata))
    return Mount(volume=core.v1.VolumeArgs(name="authorities", config_map=source), path=files.AUTHORITIES_DIR)


def scratch_mount(name: str, path: str, size: str) -> Mount:
    """Mount an empty directory; a pod that fills it beyond `size` is evicted, instead of its whole node."""
    volume = core.v1.VolumeArgs(name=name, empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit=size))
    return Mount(volume=volume, path=path, read_only=False)


def pod_spec(
    args: MlflowServerArgs,
    service_account: core.v1.ServiceAccount,
    container: core.v1.ContainerArgs,
    mounts: Sequence[Mount],
) -> core.v1.PodSpecArgs:
    """Describe a pod of one container that satisfies the Pod Security Standard `restricted`.

    Args:
        args: The server's arguments.
        service_account: Identity without rights, whose token is not mounted.
        container: Its security context and its mounts are set here.
        mounts: Volumes of the pod.
    """
    container.security_context = core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )
    container.volume_mounts = [mount.in_container for mount in mounts]
    pull_secret = args.image_pull_secret
    return core.v1.PodSpecArgs(
        service_account_name=name_of(service_account.metadata),
        automount_service_account_token=False,
        # A Service called mlflow would put MLFLOW_PORT=tcp://... into the environment, which the server reads.
        enable_service_links=False,
        image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=pull_secret)] if pull_secret else None,
        security_context=core.v1.PodSecurityContextArgs(
            run_as_non_root=True,
            run_as_user=_USER,
            run_as_group=_USER,
            fs_group=_USER,
            seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
        ),
        containers=[container],
        volumes=[mount.volume for mount in mounts],
    )


def environment(variables: dict[str, pulumi.Input[str]]) -> list[core.v1.EnvVarArgs]:
    """Turn a mapping into a container's `env`, in its order."""
    return [core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.items()]
