"""The sandbox's addresses, and the one link between it and the host.

All addresses come from 198.18.0.0/15, the range that RFC 2544 sets aside for benchmarks of network devices: it is
never a home's, an office's or the Internet's.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from sandbox import processes
from sandbox.errors import SandboxError
from sandbox.supervisor import client

HOST_ADDRESS = "198.18.254.1"
NODE_ADDRESS = "198.18.254.2"
"""The node: API server, PostgreSQL and MinIO listen here; the host and the pods both reach it."""
INGRESS_ADDRESS = "198.18.254.10"
"""An external address of the ingress controller's Service, as a load balancer would give it."""
LINK_PREFIX = 24
POD_RANGE = "198.18.0.0/24"
SERVICE_RANGE = "198.19.0.0/24"
API_SERVICE_ADDRESS = "198.19.0.1"
DNS_SERVICE_ADDRESS = "198.19.0.10"

HOST_LINK = "mlflow-sandbox"
"""The host's end of the link; interface names are limited to 15 characters."""
NODE_LINK = "node0"

HOSTS_FILE = Path("/etc/hosts")
HOSTS_MARK = "# mlflow-platform sandbox"


def _host_links() -> set[str]:
    links = json.loads(processes.output_of(["ip", "-json", "link"], what="listing the network links"))
    return {link["ifname"] for link in links}


def demand_free_range() -> None:
    """Raises a SandboxError when another network of the machine already uses the sandbox's addresses."""
    routes = json.loads(processes.output_of(["ip", "-json", "route"], what="listing the routes"))
    for route in routes:
        if re.match(r"198\.1[89]\.", route["dst"]) and route.get("dev") != HOST_LINK:
            raise SandboxError(
                f"the sandbox's address range 198.18.0.0/15 is in use: {route['dst']} on {route.get('dev')}",
                f"take that network down (`ip route del {route['dst']}`) while the sandbox runs",
            )


def _ip(*words: str) -> None:
    processes.output_of(["ip", *words], what=f"ip {' '.join(words)}")


def connect(node_pid: int) -> None:
    """Links the host with the sandbox of supervisor `node_pid`, unless the link is there."""
    if HOST_LINK in _host_links():
        return
    demand_free_range()
    _ip("link", "add", HOST_LINK, "type", "veth", "peer", "name", NODE_LINK, "netns", str(node_pid))
    _ip("address", "add", f"{HOST_ADDRESS}/{LINK_PREFIX}", "dev", HOST_LINK)
    _ip("link", "set", HOST_LINK, "up")
    script = f"""
        ip address add {NODE_ADDRESS}/{LINK_PREFIX} dev {NODE_LINK}
        ip link set {NODE_LINK} up
        ip route add default via {HOST_ADDRESS}
        echo 1 > /proc/sys/net/ipv4/ip_forward
    """
    processes.output_of(client.inside(["sh", "-ec", script]), what="setting up the sandbox's network")
    for destination in (POD_RANGE, SERVICE_RANGE):
        _ip("route", "replace", destination, "via", NODE_ADDRESS)
    _ip("route", "replace", f"{INGRESS_ADDRESS}/32", "via", NODE_ADDRESS)


def disconnect() -> None:
    """Removes the link if it outlived the sandbox's network namespace."""
    if HOST_LINK in _host_links():
        subprocess.run(["ip", "link", "delete", HOST_LINK], check=False, capture_output=True)


def publish(*hosts: str) -> None:
    """Makes host names resolve to the ingress on this machine."""
    lines = [line for line in HOSTS_FILE.read_text().splitlines() if HOSTS_MARK not in line]
    lines += [f"{INGRESS_ADDRESS} {host} {HOSTS_MARK}" for host in hosts]
    # Written in place: in a container the file is a mount, which cannot be replaced by another.
    HOSTS_FILE.write_text("\n".join(lines) + "\n")


def withdraw() -> None:
    """Removes the host names again; the rest of the file stays as it was."""
    text = HOSTS_FILE.read_text()
    if HOSTS_MARK in text:
        HOSTS_FILE.write_text("".join(line for line in text.splitlines(keepends=True) if HOSTS_MARK not in line))
