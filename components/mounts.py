"""Files and directories that a pod is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.metadata import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

_GROUP_READABLE = 0o440


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A volume, and where a container of the pod sees it."""

    name: str
    """Of the volume, within the pod."""
    volume: core.v1.VolumeArgs
    path: str
    read_only: bool = True

    @property
    def in_container(self) -> core.v1.VolumeMountArgs:
        """The container's side."""
        return core.v1.VolumeMountArgs(name=self.name, mount_path=self.path, read_only=True if self.read_only else None)


def secret_mount(name: str, secret: core.v1.Secret, path: str) -> Mount:
    """Mount a Secret, readable for the pod's group only."""
    return existing_secret_mount(name, name_of(secret.metadata), path)


def existing_secret_mount(name: str, secret: pulumi.Input[str], path: str) -> Mount:
    """Mount the Secret of a name; a pod waits for one that is not there."""
    source = core.v1.SecretVolumeSourceArgs(secret_name=secret, default_mode=_GROUP_READABLE)
    return Mount(name=name, volume=core.v1.VolumeArgs(name=name, secret=source), path=path)


def config_map_mount(
    name: str, config_map: core.v1.ConfigMap, path: str, files: Mapping[str, str] | None = None
) -> Mount:
    """Mount a ConfigMap; `files` says where each key goes, by default each is a file of its own name."""
    items = [core.v1.KeyToPathArgs(key=key, path=file) for key, file in files.items()] if files else None
    source = core.v1.ConfigMapVolumeSourceArgs(name=name_of(config_map.metadata), items=items)
    return Mount(name=name, volume=core.v1.VolumeArgs(name=name, config_map=source), path=path)


def scratch_mount(name: str, path: str, size: str) -> Mount:
    """Mount an empty directory; a pod that fills it beyond `size` is evicted, instead of its whole node."""
    volume = core.v1.VolumeArgs(name=name, empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit=size))
    return Mount(name=name, volume=volume, path=path, read_only=False)
