"""containerd: images, containers, and the pods' network by CNI."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import network, paths, processes, tenants
from sandbox.parts import minio, postgresql
from sandbox.parts.part import API_SERVER_URL, Surroundings, folder
from sandbox.supervisor import client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.images import BuiltImage

SOCKET = paths.RUN / "containerd.sock"
CNI_PLUGINS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))

UNUSED_PLUGINS = (
    "snapshotter.v1.aufs",
    "snapshotter.v1.btrfs",
    "snapshotter.v1.devmapper",
    "snapshotter.v1.zfs",
    "internal.v1.opt",
)
"""They look for kernel modules and folders of the host."""

# Every pod gets a link and a route of its own, no bridge: all traffic between pods is routed, so that network policies
# see it without the br_netfilter module.
POD_LINK = {
    "type": "ptp",
    "ipMasq": False,
    "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": network.POD_RANGE}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    },
}


class Containerd:
    """The container runtime, with root, state and socket of its own."""

    name = "containerd"

    def start(self, around: Surroundings) -> None:
        """Runs it."""
        place = folder(self.name)
        networks = folder("cni")
        plugins = self._plugins(networks, around)
        configuration = place / "config.toml"
        configuration.write_text(
            f"""
version = 2
root = "{place}/root"
state = "/run/containerd"
disabled_plugins = [{", ".join(f'"io.containerd.{name}"' for name in UNUSED_PLUGINS)}]

[grpc]
  address = "{SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{around.pause_image}"
  # Where root lacks CAP_SYS_RESOURCE, runc may not lower a container's score and dies of it.
  restrict_oom_score_adj = true
  # CoreDNS serves port 53 without being root.
  enable_unprivileged_ports = true
  stream_server_address = "127.0.0.1"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{shutil.which("runc") or "runc"}"
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{networks}"
"""
        )
        client.start(self.name, [around.tools["containerd"], f"--config={configuration}"])

    def _plugins(self, networks: Path, around: Surroundings) -> Path:
        """Writes the pods' network, guards the shared servers from it, and returns the folder of its plugins."""
        tenants.guard([postgresql.PORT, minio.PORT])
        kubeconfig = around.authority.kubeconfig(
            networks / "tenants.kubeconfig", server=API_SERVER_URL, user=tenants.USER
        )
        plugins = [POD_LINK, tenants.plugin(around.tools["kubectl"], kubeconfig)]
        (networks / "10-pods.conflist").write_text(
            json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": plugins}, indent=2)
        )
        place = folder("cni/plugins")
        official = next((path for path in CNI_PLUGINS if (path / "ptp").exists()), CNI_PLUGINS[0])
        for executable in official.iterdir():
            link = place / executable.name
            link.unlink(missing_ok=True)
            link.symlink_to(executable)
        tenants.install(place)
        return place

    def ready(self, around: Surroundings) -> bool:
        """Whether it answers its own client."""
        return processes.succeeds(self._ctr(around, "version"))

    def load(self, around: Surroundings, images: Sequence[BuiltImage]) -> list[str]:
        """Imports the images that are not there yet and returns their references."""
        present = processes.output_of(self._ctr(around, "images", "list", "--quiet"), what="listing images").split()
        missing = [image for image in images if image.reference not in present]
        for image in missing:
            processes.output_of(
                self._ctr(around, "images", "import", "--snapshotter=overlayfs", image.archive),
                what=f"importing image {image.reference}",
                timeout=600,
            )
        return [image.reference for image in missing]

    def _ctr(self, around: Surroundings, *words: str | Path) -> list[str]:
        return client.inside([around.tools["ctr"], f"--address={SOCKET}", "--namespace=k8s.io", *words])
