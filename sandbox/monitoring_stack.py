"""What the sandbox has in the place of a stock kube-prometheus-stack, where `MONITORING=1` asks for it.

The same operator, names, labels and selectors, so that what the platform is told about that stack holds here too.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.parts import alert_receiver
from sandbox.parts.part import answers, wait_until
from sandbox.toolchain import go_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MANIFESTS = Path(__file__).parent / "manifests" / "monitoring"
NAMESPACE = "monitoring"
RELEASE = "kube-prometheus-stack"
"""The value of label `release` by which Prometheus selects monitors and rules."""
PROMETHEUS_ADDRESS = "198.19.0.11"
ALERTMANAGER_ADDRESS = "198.19.0.12"
"""Of the Services; among the first sixteen of the range, which the API server gives to nobody by itself."""
PROMETHEUS_URL = f"http://{PROMETHEUS_ADDRESS}:9090"
ALERTMANAGER_URL = f"http://{ALERTMANAGER_ADDRESS}:9093"
WORKLOADS = {
    "prometheus-operator",
    "kube-state-metrics",
    f"prometheus-{RELEASE}-prometheus",
    f"alertmanager-{RELEASE}-alertmanager",
}
READY_SECONDS = 180.0


@dataclass(frozen=True)
class MonitoringStack:
    """Applies the stack's manifests, once the operator's CustomResourceDefinitions are there."""

    kubectl: Callable[..., str]
    """Given kubectl's words, and what it reads as `stdin`, returns what it prints."""
    images: Mapping[str, str]
    """References of the images by their names."""

    def manifests(self) -> str:
        """Every object, as YAML."""
        values = {
            "prometheus_address": PROMETHEUS_ADDRESS,
            "alertmanager_address": ALERTMANAGER_ADDRESS,
            "alert_receiver": alert_receiver.URL,
            "prometheus_version": go_modules.PROMETHEUS_VERSION,
            "alertmanager_version": go_modules.ALERTMANAGER_VERSION,
        } | {f"{name.replace('-', '_')}_image": reference for name, reference in self.images.items()}
        # Sorted by name, the namespace comes first.
        texts = [string.Template(path.read_text()).substitute(values) for path in sorted(MANIFESTS.glob("*.yaml"))]
        return "\n---\n".join(texts)

    def apply(self) -> None:
        """Applies them; what is as it should be stays untouched."""
        self.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=self.manifests())

    def wait(self) -> None:
        """Waits until everything runs, and Prometheus and Alertmanager answer at their Services."""
        wait_until(lambda: self._ready() >= WORKLOADS, what=f"the pods of {NAMESPACE}", timeout=READY_SECONDS)
        for url in (PROMETHEUS_URL, ALERTMANAGER_URL):
            wait_until(lambda url=url: answers(f"{url}/-/ready"), what=url, timeout=READY_SECONDS)  # type: ignore[misc]

    def _ready(self) -> set[str]:
        """Names of the workloads whose pods are all of the newest generation and ready."""
        told = self.kubectl("get", "deployments,statefulsets", f"--namespace={NAMESPACE}", "--output=json")
        return {each["metadata"]["name"] for each in json.loads(told)["items"] if _is_ready(each)}


def _is_ready(workload: Mapping[str, Any]) -> bool:
    status, wanted = workload["status"], workload["spec"]["replicas"]
    pods = [status.get("updatedReplicas"), status.get("readyReplicas")]
    seen: bool = status.get("observedGeneration") == workload["metadata"]["generation"]
    return seen and pods == [wanted, wanted]
