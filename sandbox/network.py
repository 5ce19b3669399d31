"""The sandbox's addresses, and the one link between it and the host.

All addresses come from 198.18.0.0/15, the range that RFC 2544 sets aside for benchmarks of network devices: it is
never a home's, an office's or the Internet's.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import processes
from sandbox.errors import SandboxError
from sandbox.supervisor import client

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST_ADDRESS = "198.18.254.1"
NODE_ADDRESS = "198.18.254.2"
"""The node: API server, PostgreSQL and MinIO listen here; the host and the pods both reach it."""
INGRESS_ADDRESS = "198.18.254.10"
"""An external address of the ingress controller's Service, as a load balancer would give it."""
EDGE_ADDRESS = "198.18.254.20"
"""Where the double of Cloudflare's edge listens, when production is rehearsed."""
LINK_PREFIX = 24
POD_RANGE = "198.18.0.0/24"
SERVICE_RANGE = "198.19.0.0/24"
API_SERVICE_ADDRESS = "198.19.0.1"
DNS_SERVICE_ADDRESS = "198.19.0.10"

HOST_LINK = "mlflow-sandbox"
"""The host's end of the link; interface names are limited to 15 characters."""
NODE_LINK = "node0"

DIRECT = (".local", NODE_ADDRESS, INGRESS_ADDRESS, EDGE_ADDRESS, "198.18.0.0/15")
"""In the words of NO_PROXY; some clients know no ranges."""

HOSTS_FILE = Path("/etc/hosts")
HOSTS_MARK = "# mlflow-platform sandbox"


def _host_has_link() -> bool:
    # The kernel's own list: `make down` also works on a machine that has no `ip` yet.
    return HOST_LINK in {name for _, name in socket.if_nameindex()}


def _node_has_link() -> bool:
    return processes.succeeds(client.inside(["ip", "link", "show", NODE_LINK]))


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
    """Links the host with the sandbox of supervisor `node_pid`; each step changes nothing where it was done before."""
    demand_free_range()
    if not (_host_has_link() and _node_has_link()):
        disconnect()  # the end of a link whose other end went with an earlier sandbox
        _ip("link", "add", HOST_LINK, "type", "veth", "peer", "name", NODE_LINK, "netns", str(node_pid))
    _ip("address", "replace", f"{HOST_ADDRESS}/{LINK_PREFIX}", "dev", HOST_LINK)
    _ip("link", "set", HOST_LINK, "up")
    script = f"""
        ip address replace {NODE_ADDRESS}/{LINK_PREFIX} dev {NODE_LINK}
        ip address replace {EDGE_ADDRESS}/32 dev {NODE_LINK}
        ip link set {NODE_LINK} up
        ip route replace default via {HOST_ADDRESS}
        echo 1 > /proc/sys/net/ipv4/ip_forward
    """
    processes.output_of(client.inside(["sh", "-ec", script]), what="setting up the sandbox's network")
    for destination in (POD_RANGE, SERVICE_RANGE):
        _ip("route", "replace", destination, "via", NODE_ADDRESS)
    _ip("route", "replace", f"{INGRESS_ADDRESS}/32", "via", NODE_ADDRESS)


def disconnect() -> None:
    """Removes the link if it outlived the sandbox's network namespace."""
    if _host_has_link():
        subprocess.run(["ip", "link", "delete", HOST_LINK], check=False, capture_output=True)


def publish(addresses: Mapping[str, str]) -> None:
    """Makes host names, and no others of the sandbox, resolve to addresses of it on this machine."""
    ours = "".join(f"{address} {host} {HOSTS_MARK}\n" for host, address in addresses.items())
    # On top, so that it wins over an entry of somebody else's, and whether the file ends in a line feed stays as it is.
    _write_hosts(ours.encode() + _hosts_of_others())


def withdraw() -> None:
    """Removes the host names again; the rest of the file stays as it was."""
    _write_hosts(_hosts_of_others())


def without_proxy() -> dict[str, str]:
    """Settings that keep a machine's web proxy, where it has one, out of the way to the sandbox."""
    if not any(
        os.environ.get(name) for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
    ):
        return {}
    known = (os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(",")
    direct = ",".join(dict.fromkeys(word for word in (*known, *DIRECT) if word))
    return {"NO_PROXY": direct, "no_proxy": direct}


def _hosts_of_others() -> bytes:
    # Bytes, since nobody says what encoding other people's comments are in.
    lines = HOSTS_FILE.read_bytes().split(b"\n")
    return b"\n".join(line for line in lines if HOSTS_MARK.encode() not in line)


def _write_hosts(content: bytes) -> None:
    # In place: in a container the file is a mount, which cannot be replaced by another.
    if HOSTS_FILE.read_bytes() != content:
        HOSTS_FILE.write_bytes(content)
