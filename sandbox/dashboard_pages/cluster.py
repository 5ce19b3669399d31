"""The dashboards on the cluster, found as Grafana's sidecar finds them: ConfigMaps of any namespace, by their label."""

from __future__ import annotations

import json

from sandbox import processes, stack
from sandbox.dashboard_pages.board import Board, read_board
from sandbox.errors import SandboxError

SELECTOR = "grafana_dashboard=1"
"""What the sidecar of a stock kube-prometheus-stack looks for."""


def boards() -> dict[str, Board]:
    """Dashboards by the names of their files.

    Raises:
        SandboxError: the API server does not answer, or there are none.
    """
    told = processes.output_of(
        [
            stack.BIN / "kubectl",
            f"--kubeconfig={stack.KUBECONFIG}",
            "get",
            "configmaps",
            "--all-namespaces",
            f"--selector={SELECTOR}",
            "--output=json",
        ],
        what="asking the cluster for dashboards",
    )
    files = {name: text for each in json.loads(told)["items"] for name, text in each.get("data", {}).items()}
    if not files:
        raise SandboxError(
            f"the cluster has no dashboards: no ConfigMap with label {SELECTOR}",
            "in the shell of `make env`: pulumi config set dashboards true, then pulumi up",
        )
    return {name.removesuffix(".json"): read_board(text) for name, text in sorted(files.items())}
