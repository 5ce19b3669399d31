"""Reads what concerns the server: size, scale, image, and who may talk to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.mlflow_server import AccessArgs, PublicPeers, ResourceArgs, ScalingArgs
from stacks import checks
from stacks.peers import read_peers

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_NO_POD = "Kubernetes would refuse the pods"


def read_resources(reader: ConfigReader) -> ResourceArgs:
    """Read the size of one pod."""
    return ResourceArgs(
        cpu_request=reader.text("cpuRequest", _NO_POD, checks.quantity),
        cpu_limit=reader.text("cpuLimit", _NO_POD, checks.quantity),
        memory_request=reader.text("memoryRequest", _NO_POD, checks.quantity),
        memory_limit=reader.text("memoryLimit", _NO_POD, checks.quantity),
        tmp_size=reader.text("tmpSize", _NO_POD, checks.quantity),
    )


def read_scaling(reader: ConfigReader) -> ScalingArgs:
    """Read how many pods, processes and connections."""
    scaling = ScalingArgs(
        replicas=reader.integer("replicas", 1, 50, "no server would run"),
        max_replicas=reader.integer("maxReplicas", 0, 100, "the autoscaler could not be made"),
        cpu_percent=reader.integer("autoscaleCpuPercent", 10, 95, "the autoscaler would flap or never act"),
        workers=reader.integer("workers", 1, 32, "the server could not start, or would exhaust its pod"),
        pool_size=reader.integer("databasePoolSize", 1, 50, "MLflow would use a default of its own"),
        max_overflow=reader.integer(
            "databaseMaxOverflow", 1, 50, "MLflow reads 0 as its default of 10 and exceeds the connection limit"
        ),
    )
    if reader.sound("replicas", "maxReplicas") and 0 < scaling.max_replicas <= scaling.replicas:
        reader.report(
            "maxReplicas",
            f"'{scaling.max_replicas}' is not above replicas ({scaling.replicas})",
            "the autoscaler would have nothing to do",
            "raise maxReplicas, or set it to 0 for a fixed number of replicas",
        )
    return scaling


def read_access(reader: ConfigReader, host: str, *, tls_required: bool, clients_confined: bool) -> AccessArgs:
    """Read who may talk to the server, and compute the origins that a browser sends."""
    extra_hosts = []
    for value in reader.structure("extraAllowedHosts", list, "the allow-list could not be computed"):
        what = checks.host_header(str(value))
        if what:
            reader.report(
                "extraAllowedHosts", f"{value!r} {what}", "the server would answer nobody by it, or everybody"
            )
        else:
            extra_hosts.append(str(value))
    schemes = ("https",) if tls_required else ("https", "http")
    return AccessArgs(
        public_host=host,
        origins=tuple(f"{scheme}://{host}" for scheme in schemes),
        extra_hosts=tuple(extra_hosts),
        public_peers=PublicPeers(
            name="ingress",
            peers=read_peers(reader, "ingressPeers", needed_because="nobody outside could reach the server"),
        ),
        client_peers=read_peers(reader, "clientPeers"),
        clients_confined=clients_confined,
        metrics_peers=read_peers(reader, "metricsPeers"),
    )
