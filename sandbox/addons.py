"""What runs in the cluster itself before the program comes: DNS, the ingress controller, the monitoring's CRDs."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import network, processes
from sandbox.parts import minio, postgresql
from sandbox.parts.part import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MANIFESTS = Path(__file__).parent / "manifests"
DEPLOYMENTS = (("kube-system", "coredns"), ("ingress-nginx", "ingress-nginx"))
READY_SECONDS = 120.0


@dataclass(frozen=True)
class Addons:
    """Applies the add-ons with the administrator's kubeconfig."""

    kubectl: Path
    kubeconfig: Path
    custom_resources: Path
    """The folder of the Prometheus operator's CustomResourceDefinitions."""
    images: Mapping[str, str]
    """References of the images `coredns` and `traefik`."""
    edge_hosts: Sequence[str]
    """Names by which the pods find Cloudflare's double, when there is one."""
    ingress_host: str
    """By which they find the ingress controller."""

    def kubectl_output(self, *words: str | Path, stdin: str | None = None) -> str:
        """What kubectl prints."""
        return processes.output_of(
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", *words], what=f"kubectl {words[0]}", stdin=stdin
        )

    def apply(self) -> None:
        """Applies every manifest; what is as it should be stays untouched."""
        values = {
            "node_address": network.NODE_ADDRESS,
            "dns_address": network.DNS_SERVICE_ADDRESS,
            "edge_address": network.EDGE_ADDRESS,
            "edge_hosts": " ".join(self.edge_hosts),
            "ingress_host": self.ingress_host,
            "ingress_address": network.INGRESS_ADDRESS,
            "postgresql_host": postgresql.HOST,
            "minio_host": minio.HOST,
            "coredns_image": self.images["coredns"],
            "traefik_image": self.images["traefik"],
        }
        manifests = [string.Template(path.read_text()).substitute(values) for path in sorted(MANIFESTS.glob("*.yaml"))]
        manifests += [path.read_text() for path in sorted(self.custom_resources.glob("*.yaml"))]
        self.kubectl_output(
            "apply", "--server-side", "--force-conflicts", "--filename=-", stdin="\n---\n".join(manifests)
        )

    def node_ready(self) -> bool:
        """Whether the node takes pods."""
        condition = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
        return self.kubectl_output("get", "nodes", f"--output={condition}").strip() == "True"

    def wait(self) -> None:
        """Waits until the node and every add-on are ready."""
        wait_until(self.node_ready, what="the node to become Ready", timeout=READY_SECONDS)
        for namespace, name in DEPLOYMENTS:
            wait_until(
                lambda namespace=namespace, name=name: self._available(namespace, name),  # type: ignore[misc]
                what=f"deployment {name} in {namespace}",
                timeout=READY_SECONDS,
            )

    def _available(self, namespace: str, name: str) -> bool:
        # No status yet, or one of an older generation, prints something else than "1 1".
        fields = "jsonpath={.status.availableReplicas} {.status.updatedReplicas}"
        return self.kubectl_output("get", "deployment", name, f"--namespace={namespace}", f"--output={fields}") == "1 1"
