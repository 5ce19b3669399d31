"""Who may reach the shared PostgreSQL and MinIO: the pods of namespaces that belong to the platform, and no others.

On a real platform both are pods, and their owners' NetworkPolicies say whom they serve. Here they are processes of the
node, where no NetworkPolicy counts, so a firewall rule in the sandbox's network namespace takes that place. This module
makes the rule, and is the CNI plugin that keeps its set of addresses: called for each pod after the plugin that gave
the pod its address, before the first of its containers starts.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from sandbox import network, paths, processes
from sandbox.supervisor import client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "tenants"
USER = "tenants"
"""To the API server; it may read namespaces."""
LABEL = "app.kubernetes.io/part-of"
PLATFORM = "mlflow-platform"
LOOKUP_SECONDS = 20
CNI_VERSIONS = ("0.4.0", "1.0.0")


def rules(ports: Sequence[int]) -> str:
    """The firewall's rules, in nft's words: applied again they change nothing and forget no pod."""
    shared = ", ".join(str(port) for port in ports)
    strangers = f"ip saddr {network.POD_RANGE} ip saddr != @pods tcp dport {{ {shared} }}"
    return f"""
        add table inet {NAME}
        add set inet {NAME} pods {{ type ipv4_addr; }}
        add chain inet {NAME} input {{ type filter hook input priority filter; policy accept; }}
        flush chain inet {NAME} input
        add rule inet {NAME} input {strangers} reject with tcp reset
    """


def guard(ports: Sequence[int]) -> None:
    """Puts the rule in place.

    Raises:
        SandboxError: the kernel or nft refuses it.
    """
    processes.output_of(client.inside(["nft", "--file", "-"]), what="guarding the shared servers", stdin=rules(ports))


def install(folder: Path) -> None:
    """Puts the plugin's executable where the container runtime looks for plugins."""
    launcher = folder / NAME
    clone, python = shlex.quote(str(paths.CLONE)), shlex.quote(sys.executable)
    launcher.write_text(f"#!/bin/sh\nPYTHONPATH={clone} exec {python} -P -m sandbox.tenants\n")
    launcher.chmod(0o755)


def plugin(kubectl: Path, kubeconfig: Path) -> dict[str, str]:
    """The plugin's entry in a network's list of plugins."""
    return {"type": NAME, "kubectl": str(kubectl), "kubeconfig": str(kubeconfig)}


def addresses(configuration: dict[str, Any]) -> list[str]:
    """The IPv4 addresses that the plugins before this one gave the pod."""
    given = (configuration.get("prevResult") or {}).get("ips") or []
    return [each["address"].partition("/")[0] for each in given if ":" not in each["address"]]


def namespace_of(arguments: str) -> str:
    """The pod's namespace, out of CNI_ARGS: `KEY=VALUE` with semicolons between them."""
    return dict(pair.partition("=")[::2] for pair in arguments.split(";")).get("K8S_POD_NAMESPACE", "")


def _is_tenant(namespace: str, configuration: dict[str, Any]) -> bool:
    label = LABEL.replace(".", r"\.")
    words = ["get", "namespace", namespace, f"--output=jsonpath={{.metadata.labels.{label}}}"]
    command = [configuration["kubectl"], f"--kubeconfig={configuration['kubeconfig']}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LOOKUP_SECONDS)
    return done.stdout.strip() == PLATFORM


def _change(verb: str, address: str, *, check: bool) -> None:
    command = ["nft", verb, "element", "inet", NAME, "pods", f"{{ {address} }}"]
    subprocess.run(command, check=check, capture_output=True, text=True)


def call(command: str, arguments: str, configuration: dict[str, Any]) -> dict[str, Any] | None:
    """What the plugin does and answers for one command of the CNI specification.

    Args:
        command: `ADD`, `DEL`, `CHECK` or `VERSION`.
        arguments: the value of CNI_ARGS.
        configuration: what the runtime sent, with the earlier plugins' result.

    Raises:
        subprocess.SubprocessError: the namespace cannot be looked up, or the address not let in.
    """
    if command == "VERSION":
        return {"cniVersion": CNI_VERSIONS[-1], "supportedVersions": list(CNI_VERSIONS)}
    if command in {"ADD", "DEL"}:
        for address in addresses(configuration):
            # An address comes round again, and its last owner's right must not.
            _change("delete", address, check=False)
    if command != "ADD":
        return None
    if _is_tenant(namespace_of(arguments), configuration):
        for address in addresses(configuration):
            _change("add", address, check=True)
    result: dict[str, Any] = configuration["prevResult"]
    return result


def main() -> None:
    """Answers the container runtime; the kubelet tries again what failed."""
    # The runtime calls plugins with a bare environment.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin", "/bin"])
    configuration = json.load(sys.stdin)
    try:
        answer = call(os.environ["CNI_COMMAND"], os.environ.get("CNI_ARGS", ""), configuration)
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", None) or ""
        answer = {"cniVersion": configuration.get("cniVersion"), "code": 100, "msg": f"{NAME}: {error} {said}".strip()}
        json.dump(answer, sys.stdout)
        sys.exit(1)
    if answer is not None:
        json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
