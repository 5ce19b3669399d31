"""The one place that orders the sandbox's parts: what starts when, what waits for what, and how all of it ends."""

from __future__ import annotations

import contextlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import cgroups, network, paths, sysctls
from sandbox.errors import SandboxError
from sandbox.parts.alert_receiver import AlertReceiver
from sandbox.parts.api_server import ApiServer
from sandbox.parts.containerd import Containerd
from sandbox.parts.controller_manager import ControllerManager
from sandbox.parts.etcd import Etcd
from sandbox.parts.kube_proxy import KubeProxy
from sandbox.parts.kube_router import KubeRouter
from sandbox.parts.kubelet import Kubelet
from sandbox.parts.minio import Minio
from sandbox.parts.part import Part, Surroundings, wait_until
from sandbox.parts.postgresql import PostgreSQL
from sandbox.parts.scheduler import Scheduler
from sandbox.supervisor import client
from sandbox.supervisor.daemon import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.addons import Addons
    from sandbox.images import BuiltImage
    from sandbox.monitoring_stack import MonitoringStack
    from sandbox.progress import Progress

READY_SECONDS = 60.0

FIRST: Sequence[Part] = (Etcd(), Containerd(), PostgreSQL(), Minio())
"""They need nobody else."""
CONTROL_PLANE: Sequence[Part] = (ApiServer(),)
"""Needs etcd."""
CLIENTS: Sequence[Part] = (ControllerManager(), Scheduler(), Kubelet(), KubeProxy(), KubeRouter())
"""They need the API server; the kubelet also needs containerd."""


def _start(parts: Sequence[Part], around: Surroundings) -> None:
    # A part that runs keeps its files as they are: kube-proxy ends when its configuration is written again.
    running = client.status()
    for part in parts:
        if part.name not in running:
            part.start(around)


def _wait(parts: Sequence[Part], around: Surroundings) -> None:
    for part in parts:
        wait_until(lambda part=part: part.ready(around), what=part.name, timeout=READY_SECONDS)  # type: ignore[misc]


def start(
    around: Surroundings,
    addons: Addons,
    images: Sequence[BuiltImage],
    hosts: Mapping[str, str],
    progress: Progress,
    *,
    monitoring: MonitoringStack | None = None,
) -> None:
    """Brings up what does not run yet and returns when everything serves.

    Args:
        around: tools, certificates and secrets.
        addons: what to apply to the cluster.
        images: the images that the node must have.
        hosts: addresses of the sandbox by the names that they get on this machine.
        progress: told what is being done.
        monitoring: Prometheus and what belongs to it; None for a sandbox without.

    Raises:
        SandboxError: a part died or does not become ready; names it, with the end of its log.
    """
    pid = client.launch()
    cgroups.prepare()
    sysctls.remember()
    network.connect(pid)
    client.forget_ended()
    running = client.status()
    clients = [*CLIENTS, AlertReceiver()] if monitoring else CLIENTS
    missing = [part.name for part in (*FIRST, *CONTROL_PLANE, *clients) if part.name not in running]
    progress.say("sandbox", f"starting {', '.join(missing)}" if missing else "every part runs")
    _start(FIRST, around)
    with ThreadPoolExecutor(max_workers=1) as background:
        _wait((Containerd(),), around)
        loading = background.submit(Containerd().load, around, images)
        _start(CONTROL_PLANE, around)
        _wait(CONTROL_PLANE, around)
        _start(clients, around)
        addons.apply()
        _wait([*FIRST, *clients], around)
        with progress.step("sandbox", "importing images"):
            loading.result()
    addons.wait()
    if monitoring:
        with progress.step("monitoring", "starting Prometheus, its operator, Alertmanager and kube-state-metrics"):
            monitoring.apply()
            monitoring.wait()
    network.publish(hosts)
    progress.say("sandbox", "the cluster, PostgreSQL and MinIO serve")


def stop() -> None:
    """Ends every process, and removes every mount, link, route, cgroup, hosts entry and file of the sandbox.

    Finds them on the machine itself rather than in a record, so that it works after a crash, half-way up, and for a
    sandbox of another clone.

    Raises:
        SandboxError: something cannot be removed.
    """
    client.end()
    network.disconnect()
    network.withdraw()
    cgroups.remove()
    sysctls.restore()
    for hidden in PRIVATE:
        # Made to be mounted over, where the machine did not have it.
        with contextlib.suppress(OSError):
            Path(hidden).rmdir()
    for place in (paths.RUN, paths.STATE):
        shutil.rmtree(place, ignore_errors=True)
        if place.exists() and any(place.iterdir()):
            raise SandboxError(
                f"{place} cannot be removed", f"see what uses it (fuser -vm {place}), then `make down` again"
            )


def exists() -> bool:
    """Whether anything of a sandbox is on this machine."""
    return client.init_process() is not None or Path(paths.STATE).exists()
